"""The way to a vendor's consent page and back."""

import logging
import re
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.assembly import Dashboard
from dashboard.contracts.errors import ProviderError, Refusal
from dashboard.http.page import alert, reader, render
from dashboard.queries.for_api import ForApi
from dashboard.staff.sessions import COOKIE
from dashboard.store.connections import OAuthFlow
from dashboard.texts import has, problem, say

DONE = "/oauth/callback/done"
_CODE = re.compile(r"[a-z_]+(\.[a-z_]+){1,3}")
# The set-up dialog watches the popup and closes it too; this is for windows it cannot watch.
_CLOSE = "setTimeout(() => window.close(), 1500)"
_TOKEN = "token:"  # noqa: S105 - how the owner of a flow begun through the API is written
log = logging.getLogger(__name__)


class Consent:
    """Receives people back from the vendor.

    A flow is finished only by the browser session that began it. A flow begun through the API
    belongs to its token and has no browser: whoever carries its secret, single-use state back
    within ten minutes finishes it; PKCE ties the code to the flow, the oauth room decides.
    """

    def __init__(self, desk: Dashboard) -> None:
        self._desk, self._asks = desk, ForApi(desk.store)

    async def start(self, request: Request) -> Response:
        """Send the owner of a flow on to the vendor: the way around popup blockers."""
        return await run_in_threadpool(self._start, request)

    def _start(self, request: Request) -> Response:
        flow = self._asks.flow_of(request.path_params["flow_id"], self._owner(request))
        if flow is None:
            return _done("failed", "oauth.unknown_state")
        return RedirectResponse(flow.authorization_url, 303, headers=_PRIVATE)

    async def callback(self, request: Request) -> Response:
        """Finish the flow; whatever happened, the address ends up without code and state."""
        return await run_in_threadpool(self._finish, request)

    def _finish(self, request: Request) -> Response:
        try:
            flow = self._desk.connect.finish_flow(dict(request.query_params), self._owner(request))
        except Refusal as refusal:
            return _done("failed", refusal.code)
        if flow.status != "done":
            code = flow.error_code
            return _done("failed", code if "." in code else f"shared.errors.{code}")
        if flow.owner.startswith(_TOKEN):
            self._activate(flow)
        return _done("ok")

    def _activate(self, flow: OAuthFlow) -> None:
        """A program cannot press the last button of the set-up; the flow tells it the result."""
        try:
            actor = self._desk.staff.tokens.holder(flow.owner.removeprefix(_TOKEN))
            self._desk.connect.activate(actor, flow.connection_id)
        except (Refusal, ProviderError) as error:
            log.warning("connection %s was not activated: %s", flow.connection_id, error)

    def _owner(self, request: Request) -> str:
        person = self._desk.staff.sessions.read(request.cookies.get(COOKIE, ""))
        return person.session if person else ""

    async def done(self, request: Request) -> Response:
        """The page that says how it went and closes itself."""
        speech = reader(request)
        good = request.query_params.get("status") == "ok"
        stem = "login.oauth_done" if good else "login.oauth_failed"
        sentence = say(speech, stem)
        if not good:
            sentence = _why(speech, request.query_params.get("reason", "")) or sentence
        body = f"<p>{sentence}</p>" if good else alert(sentence)
        body += f'<a href="/">{say(speech, "login.back")}</a>'
        script = _CLOSE if good else ""
        return render(request, speech, say(speech, f"{stem}_title"), body, script=script)


_PRIVATE = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


def _done(status: str, reason: str = "") -> Response:
    told = {"status": status} | ({"reason": reason} if reason else {})
    return RedirectResponse(f"{DONE}?{urlencode(told)}", 303, headers=_PRIVATE)


def _why(speech: str, reason: str) -> str:
    """Our own sentence behind a code; nothing the address says is shown as it stands."""
    if not _CODE.fullmatch(reason) or not has(reason):
        return ""
    try:
        return problem(speech, reason)
    except KeyError:
        # The sentence has parts to fill that an address cannot be trusted with.
        return ""
