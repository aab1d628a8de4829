"""Signing in and out, joining by a one-time link, choosing a language."""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Role
from dashboard.http.page import Form, Input, alert, form_html, inside, keep_language, reader, render
from dashboard.staff.people import NewPerson
from dashboard.staff.room import StaffRoom
from dashboard.staff.sessions import COOKIE
from dashboard.texts import LANGUAGES, say

_EMAIL = Input(name="email", label="login.email", kind="email", autocomplete="username")
_PASSWORD = Input(
    name="password", label="login.password", kind="password", autocomplete="current-password"
)
_NEW = (
    Input(name="name", label="login.name", autocomplete="name"),
    _EMAIL,
    Input(
        name="password", label="login.new_password", kind="password", autocomplete="new-password"
    ),
    Input(name="repeated", label="login.repeat", kind="password", autocomplete="new-password"),
)


class SignIn:
    """The pages a person sees before, and after, the desk itself."""

    def __init__(self, staff: StaffRoom) -> None:
        self._staff = staff

    async def login(self, request: Request) -> Response:
        """GET shows the form; POST checks it and goes on to `next`."""
        if request.method != "POST":
            return self._login_page(request)
        form = await request.form()
        return await run_in_threadpool(self._let_in, request, form)

    def _let_in(self, request: Request, form: FormData) -> Response:
        email = _text(form, "email")
        address = request.client.host if request.client else ""
        try:
            cookie = self._staff.people.sign_in(email, _text(form, "password"), address=address)
        except Refusal as refusal:
            return self._login_page(request, refusal, email)
        return self._welcome(cookie, inside(request.query_params.get("next", "/")))

    def _login_page(
        self, request: Request, refusal: Refusal | None = None, email: str = ""
    ) -> Response:
        speech = reader(request)
        query = f"?{request.url.query}" if request.url.query else ""
        form = Form(action=f"/login{query}", submit="login.submit", inputs=(_EMAIL, _PASSWORD))
        body = f"<p>{say(speech, 'login.lead')}</p>{alert(_sentence(speech, refusal))}"
        body += form_html(form, speech, {"email": email})
        status = refusal.status if refusal else 200
        return render(request, speech, say(speech, "login.title"), body, status=status)

    async def join(self, request: Request) -> Response:
        """GET only looks at the link; POST uses it up and signs the new person in."""
        form = await request.form() if request.method == "POST" else FormData()
        return await run_in_threadpool(self._join, request, form)

    def _join(self, request: Request, form: FormData) -> Response:
        token, speech = request.path_params["token"], reader(request)
        try:
            role = self._staff.invites.role_behind(token)
        except Refusal as refusal:
            return self._dead_link(request, speech, refusal)
        if request.method != "POST":
            return self._join_page(request, role, {})
        typed = {name: _text(form, name) for name in ("name", "email", "password", "repeated")}
        try:
            cookie = self._staff.people.join(token, NewPerson(**typed, language=speech))
        except Refusal as refusal:
            kept = {name: typed[name] for name in ("name", "email")}
            return self._join_page(request, role, kept, refusal)
        return self._welcome(cookie, "/")

    def _join_page(
        self, request: Request, role: Role, kept: dict[str, str], refusal: Refusal | None = None
    ) -> Response:
        speech = reader(request)
        form = Form(action=request.url.path, submit="login.join_submit", inputs=_NEW)
        named = say(speech, f"people.role.{role.value}")
        body = f"<p>{say(speech, 'login.join_lead', role=named)}</p>"
        body += alert(_sentence(speech, refusal)) + form_html(form, speech, kept)
        status = refusal.status if refusal else 200
        return render(request, speech, say(speech, "login.join_title"), body, status=status)

    def _dead_link(self, request: Request, speech: str, refusal: Refusal) -> Response:
        link = f'<a href="/login">{say(speech, "login.to_login")}</a>'
        body = alert(_sentence(speech, refusal)) + link
        return render(request, speech, say(speech, "login.dead_title"), body, status=refusal.status)

    async def logout(self, request: Request) -> Response:
        """GET asks, POST ends the session; so no link of another site signs anybody out."""
        if request.method == "POST":
            await run_in_threadpool(self._end, request)
            answer = RedirectResponse("/login", 303)
            answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
            return answer
        speech = reader(request)
        form = Form(action="/logout", submit="login.logout_submit")
        body = f"<p>{say(speech, 'login.logout_lead')}</p>{form_html(form, speech, {})}"
        body += f'<p><a href="/">{say(speech, "login.back")}</a></p>'
        return render(request, speech, say(speech, "login.logout_title"), body)

    def _end(self, request: Request) -> None:
        person = self._staff.sessions.read(request.cookies.get(COOKIE, ""))
        if person:
            self._staff.people.sign_out(person.actor, person.session)

    async def choose_language(self, request: Request) -> Response:
        """Remember the language in a cookie and, when signed in, with the account."""
        chosen = request.query_params.get("set", "")
        answer = RedirectResponse(inside(request.query_params.get("next", "/")), 303)
        if chosen in LANGUAGES:
            await run_in_threadpool(self._remember, request, chosen)
            keep_language(answer, chosen)
        return answer

    def _remember(self, request: Request, chosen: str) -> None:
        person = self._staff.sessions.read(request.cookies.get(COOKIE, ""))
        if person:
            self._staff.people.set_language(person.id, chosen)

    def _welcome(self, cookie: str, target: str) -> Response:
        sessions = self._staff.sessions
        answer = RedirectResponse(target, 303, headers={"cache-control": "no-store"})
        answer.set_cookie(
            COOKIE,
            cookie,
            int(sessions.life.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=sessions.secure,
        )
        return answer


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    # No database keeps a NUL, and nobody types one.
    return value.replace("\0", "") if isinstance(value, str) else ""


def _sentence(speech: str, refusal: Refusal | None) -> str:
    return say(speech, refusal.code, **(refusal.values or {})) if refusal else ""
