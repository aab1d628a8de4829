"""The OAuth server inside a sandbox: consent page, codes, expiring and rotating tokens."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from dashboard.contracts.manifest import OAuth2
from dashboard.kit import moments
from dashboard.kit.sandbox import Call, Refused, Sandbox, State, token

CODE_SECONDS = 300
# Expired tokens are kept for a while, so that they can still be revoked.
FORGET_SECONDS = 24 * 3600
WORDS = {
    "en": {
        "title": "Sandbox sign-in",
        "lead": "This is not the real {vendor}: it is the desk's built-in sandbox.",
        "account": "Account",
        "asks": "The desk asks for:",
        "everything": "access to the sample data",
        "allow": "Allow",
        "deny": "Deny",
    },
    "ru": {
        "title": "Вход в песочницу",
        "lead": "Это не настоящий {vendor}, а встроенная песочница.",
        "account": "Аккаунт",
        "asks": "Запрашивается доступ:",
        "everything": "доступ к учебным данным",
        "allow": "Разрешить",
        "deny": "Отклонить",
    },
}


def _no_extras(_state: State) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True)
class OAuthBox:
    """Consent, token and bearer checks for one sandbox, after the provider's own manifest.

    Args:
        account: State -> the account name on the consent page.
        expires_in: Life of an access token, seconds.
        refresh_prefix, access_prefix: What the vendor's tokens look like.
        token_answer: State -> more members of the token answer.
        callback: State -> more parameters of the redirect back.
        old_refresh_until_used: With rotation, the replaced refresh token still works until the
            new pair is first used.
    """

    sandbox: Sandbox
    method: OAuth2
    vendor: str
    account: Callable[[State], str]
    expires_in: int = 3600
    access_prefix: str = "sandbox-access-"
    refresh_prefix: str = "sandbox-refresh-"
    token_answer: Callable[[State], Mapping[str, Any]] = _no_extras
    callback: Callable[[State], Mapping[str, str]] = _no_extras
    unauthorized: Callable[[], httpx.Response] = field(
        default=lambda: httpx.Response(401, json={"error": "invalid_token"})
    )
    old_refresh_until_used: bool = False

    def install(self) -> None:
        """Add the routes and the two token faults to the sandbox."""
        way, box = self.method, self.sandbox
        box.route("GET", way.authorize.path, way.authorize.host)(self._consent_page)
        box.route("POST", way.authorize.path, way.authorize.host)(self._decision)
        box.route("POST", way.token.path, way.token.host)(self._token)
        box.on_fault("expire_token")(expire_all)
        box.on_fault("revoke")(revoke_all)

    def seed(self) -> State:
        """A fresh state of this part; goes under `state["oauth"]`."""
        return {
            "client_id": token("sandbox-app-"),
            "client_secret": token("sandbox-secret-"),
            "codes": {},
            "access": {},
            "refresh": {},
            "refreshes": 0,
        }

    def app(self, state: State) -> dict[str, str]:
        """Client id and secret that work here; for `sample_credentials`."""
        return {name: state["oauth"][name] for name in ("client_id", "client_secret")}

    def require(self, call: Call, state: State) -> str:
        """The granted scopes behind the bearer token.

        Raises:
            Refused: No live token, in the vendor's words. A missing scope is the provider's to
                word: compare with the returned string.
        """
        row = state["oauth"]["access"].get(call.bearer)
        if not row or row["until"] < moments.now().timestamp():
            raise Refused(self.unauthorized())
        if not row["used"]:
            row["used"] = True
            state["oauth"]["refresh"].pop(row["replaces"], None)
        return str(row["scope"])

    def issue(self, state: State, scope: str, replaces: str = "") -> dict[str, Any]:
        """A new pair of tokens, as the token endpoint answers it."""
        access = token(self.access_prefix, 40)
        refresh = token(self.refresh_prefix, 40)
        oauth = state["oauth"]
        now = moments.now().timestamp()
        until = now + self.expires_in
        for old in [a for a, row in oauth["access"].items() if row["until"] < now - FORGET_SECONDS]:
            del oauth["access"][old]
        oauth["access"][access] = {
            "until": until,
            "scope": scope,
            "refresh": refresh,
            "used": False,
            "replaces": replaces,
        }
        oauth["refresh"][refresh] = {"scope": scope}
        return {
            "token_type": "Bearer",
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": self.expires_in,
            **({"scope": scope} if scope else {}),
            **self.token_answer(state),
        }

    # --- routes ---------------------------------------------------------------------------

    def _consent_page(self, call: Call, state: State) -> httpx.Response:
        if call.q("client_id") != state["oauth"]["client_id"]:
            return httpx.Response(400, text="invalid client_id")
        return _html(consent_html(call, self.vendor, self.account(state)))

    def _decision(self, call: Call, state: State) -> httpx.Response:
        if call.q("client_id") != state["oauth"]["client_id"]:
            return httpx.Response(400, text="invalid client_id")
        back = call.q("redirect_uri") or _desk_callback(call.base)
        if call.f("decision") != "allow":
            answer = {"error": "access_denied", "state": call.q("state")}
            return _sent_back(back, answer)
        code = token("sandbox-code-")
        scope = " ".join(value for name, value in call.form if name == "scope")
        state["oauth"]["codes"][code] = {
            "until": moments.now().timestamp() + CODE_SECONDS,
            "challenge": call.q("code_challenge"),
            "redirect_uri": back,
            "scope": scope,
        }
        return _sent_back(back, {"code": code, "state": call.q("state"), **self.callback(state)})

    def _token(self, call: Call, state: State) -> httpx.Response:
        asked = call.json if self.method.json_body else dict(call.form)
        oauth = state["oauth"]
        client = (asked.get("client_id"), asked.get("client_secret"))
        if self.method.basic_auth:
            client = _basic(call)
        if client != (oauth["client_id"], oauth["client_secret"]):
            return httpx.Response(401, json={"error": "invalid_client"})
        if asked.get("grant_type") == "authorization_code":
            return self._by_code(asked, state)
        if asked.get("grant_type") == "refresh_token":
            return self._by_refresh(asked, state)
        return httpx.Response(400, json={"error": "unsupported_grant_type"})

    def _by_code(self, asked: Mapping[str, str], state: State) -> httpx.Response:
        row = state["oauth"]["codes"].pop(asked.get("code", ""), None)
        if not row or row["until"] < moments.now().timestamp():
            return _invalid_grant("the code is unknown, used or too old")
        if asked.get("redirect_uri") != row["redirect_uri"]:
            return _invalid_grant("redirect_uri differs")
        if row["challenge"] and _s256(asked.get("code_verifier", "")) != row["challenge"]:
            return _invalid_grant("code_verifier does not fit")
        return httpx.Response(200, json=self.issue(state, row["scope"]))

    def _by_refresh(self, asked: Mapping[str, str], state: State) -> httpx.Response:
        oauth, old = state["oauth"], asked.get("refresh_token", "")
        row = oauth["refresh"].get(old)
        if not row:
            return _invalid_grant("Token has been expired or revoked.")
        oauth["refreshes"] += 1
        if not self.method.rotates:
            answer = self.issue(state, row["scope"])
            oauth["refresh"].pop(answer.pop("refresh_token"))
            oauth["access"][answer["access_token"]]["refresh"] = old
            return httpx.Response(200, json=answer)
        if not self.old_refresh_until_used:
            oauth["refresh"].pop(old)
        return httpx.Response(200, json=self.issue(state, row["scope"], replaces=old))


def expire_all(state: State) -> None:
    """Every access token has run out; refresh tokens still work."""
    just_now = moments.now().timestamp() - 1
    for row in state["oauth"]["access"].values():
        row["until"] = min(row["until"], just_now)


def revoke_all(state: State) -> None:
    """The account's owner has withdrawn every grant."""
    state["oauth"]["access"].clear()
    state["oauth"]["refresh"].clear()


def revoke_token(state: State, given: str) -> bool:
    """Withdraw the grant behind an access or refresh token; False when there is none."""
    oauth = state["oauth"]
    refresh = oauth["access"].get(given, {}).get("refresh", given)
    known = refresh in oauth["refresh"] or given in oauth["access"]
    oauth["refresh"].pop(refresh, None)
    gone = [a for a, row in oauth["access"].items() if row["refresh"] == refresh or a == given]
    for access in gone:
        del oauth["access"][access]
    return known


def consent_html(call: Call, vendor: str, account: str) -> str:
    """The page that asks for consent; each scope can be unticked, as on granular screens."""
    language = "ru" if call.headers.get("accept-language", "").lower().startswith("ru") else "en"
    words = WORDS[language]
    boxes = "".join(
        f'<label><input type="checkbox" name="scope" value="{escape(s)}" checked> '
        f"{escape(s.rsplit('/', 1)[-1])}</label>"
        for s in call.q("scope").split()
    )
    return _PAGE.format(
        language=language,
        title=words["title"],
        lead=escape(words["lead"].format(vendor=vendor)),
        account=f"{words['account']}: <b>{escape(account)}</b>",
        asks=words["asks"],
        boxes=boxes or words["everything"],
        allow=words["allow"],
        deny=words["deny"],
    )


_PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title><style>
:root{{color-scheme:light dark}}
body{{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:8vh auto;padding:0 1.2rem}}
label{{display:block;margin:.4rem 0}}button{{font:inherit;padding:.55rem 1.2rem;
border-radius:.6rem;border:1px solid #7a8496;margin:1rem .6rem 0 0;cursor:pointer}}
.yes{{background:#3257d6;color:#fff;border-color:#3257d6}}</style></head><body>
<h1>{title}</h1><p>{lead}</p><p>{account}</p><form method="post"><p>{asks}</p>{boxes}
<button class="yes" name="decision" value="allow">{allow}</button>
<button name="decision" value="deny">{deny}</button></form></body></html>"""


def _html(text: str) -> httpx.Response:
    return httpx.Response(200, html=text)


def _sent_back(address: str, answer: Mapping[str, str]) -> httpx.Response:
    joint = "&" if "?" in address else "?"
    return httpx.Response(303, headers={"location": f"{address}{joint}{urlencode(answer)}"})


def _desk_callback(base: str) -> str:
    """Where a vendor without a redirect_uri parameter sends people: the desk's own callback."""
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}/oauth/callback"


def _invalid_grant(why: str) -> httpx.Response:
    return httpx.Response(400, json={"error": "invalid_grant", "error_description": why})


def _s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _basic(call: Call) -> tuple[str, str]:
    _, _, packed = call.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(packed).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password
