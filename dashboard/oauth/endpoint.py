"""The vendor's token endpoint: one question, one answer, and what its refusals mean."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx

from dashboard import clock
from dashboard.contracts.errors import (
    AuthExpired,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Unavailable,
)
from dashboard.contracts.manifest import OAuth2
from dashboard.kit import http
from dashboard.kit.access import Access
from dashboard.kit.digits import number
from dashboard.store.connections import Connection

# How a connection's hosts and network are found; the room above knows.
Reach = Callable[[Connection, Mapping[str, str]], Access]

APP_ERRORS = frozenset({"invalid_client", "unauthorized_client", "wrong_client"})
SOON_ERRORS = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
LONGEST_LIFE = timedelta(days=3650)


@dataclass(frozen=True, kw_only=True)
class App:
    """The installation's own app at a vendor."""

    client_id: str
    client_secret: str = field(repr=False)


def exchange_code(
    access: Access, method: OAuth2, app: App, asked: Mapping[str, str]
) -> dict[str, str]:
    """Turn a code into credentials to keep.

    Args:
        asked: `code`, `redirect_uri`, and `code_verifier` where PKCE is used.
    Raises:
        ProviderError: AuthExpired for a dead code, Rejected when the app itself is refused.
    """
    answer = _ask(access, method, app, {"grant_type": "authorization_code", **asked})
    return _tokens(answer, {"scope": " ".join(scope.name for scope in method.scopes)})


def refresh(
    access: Access, method: OAuth2, app: App, kept: Mapping[str, str], redirect_uri: str
) -> dict[str, str]:
    """Turn a refresh token into credentials to keep; the old refresh token stays unless replaced.

    Raises:
        ProviderError: AuthExpired when the vendor has withdrawn the grant; OutcomeUnknown when it
            may have replaced the refresh token and the answer was lost.
    """
    asked = {"grant_type": "refresh_token", "refresh_token": kept["refresh_token"]}
    if not method.standard_params:
        # Vendors that know the redirect address from the app's card compare it here as well.
        asked["redirect_uri"] = redirect_uri
    return _tokens(_ask(access, method, app, asked), kept)


def _ask(access: Access, method: OAuth2, app: App, asked: Mapping[str, str]) -> Mapping[str, Any]:
    hidden = {"client_secret": app.client_secret, **asked}
    client = http.Client(replace(access, credentials=hidden), explain=_explainer(asked))
    who = {"client_id": app.client_id, "client_secret": app.client_secret}
    body = {**({} if method.basic_auth else who), **asked}
    shaped: dict[str, Any] = {
        "host": method.token.host,
        "headers": {"accept": "application/json", **(_basic(app) if method.basic_auth else {})},
        "json" if method.json_body else "form": body,
        # A second try with the same refresh token may be one too many: lost answers are told apart.
        "safe": (safe := not _is_refresh(asked)),
    }
    try:
        answer = client.call("POST", method.token.path, **shaped).body
    finally:
        client.close()
    if not isinstance(answer, dict) or not answer.get("access_token"):
        lost = Unavailable if safe else OutcomeUnknown
        raise _named(answer, asked, 200, "") or lost(detail="no access_token in the answer")
    return answer


def _tokens(answer: Mapping[str, Any], kept: Mapping[str, str]) -> dict[str, str]:
    life = _seconds(answer.get("expires_in"))
    ends = (clock.now() + life).isoformat() if life else ""
    return {
        "access_token": str(answer["access_token"]),
        "refresh_token": str(answer.get("refresh_token") or kept.get("refresh_token", "")),
        "expires_at": ends,
        "lifetime": str(int(life.total_seconds())) if life else "",
        "scope": _scope(answer.get("scope"), kept.get("scope", "")),
    }


def _scope(given: Any, before: str) -> str:
    """RFC 6749, 5.1: an answer without scope grants what was asked."""
    if isinstance(given, list):
        return " ".join(map(str, given))
    return before if given is None else str(given)


def _seconds(said: Any) -> timedelta | None:
    """`expires_in` as vendors write it: a number or digits; anything else means unknown."""
    count = number(str(said).split(".", 1)[0])
    return min(timedelta(seconds=min(count, 10**9)), LONGEST_LIFE) if count else None


def _basic(app: App) -> dict[str, str]:
    """RFC 6749, 2.3.1: both parts are url-encoded before they are joined."""
    pair = f"{quote(app.client_id, safe='')}:{quote(app.client_secret, safe='')}"
    return {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _explainer(asked: Mapping[str, str]) -> http.Explain:
    def explain(response: httpx.Response) -> ProviderError | None:
        status, detail = response.status_code, http.describe(response)
        if status in (400, 401, 403):
            return _named(http.parsed(response), asked, status, detail)
        if 300 <= status < 400:
            # Token endpoints do not move; something between us and the vendor answers.
            return Unavailable(detail=detail)
        error = http.explain(response)
        if isinstance(error, Rejected):
            error.code = _refused(asked)
        return error

    return explain


def _named(body: Any, asked: Mapping[str, str], status: int, detail: str) -> ProviderError | None:
    """What a refusal means; only the vendor's own words may end a grant."""
    answer = body if isinstance(body, dict) else {}
    error, reason = str(answer.get("error") or ""), _reason(answer)
    if error in APP_ERRORS:
        return Rejected(code="oauth.app_refused", detail=detail, reason=reason, status=status)
    if error in SOON_ERRORS:
        return Unavailable(detail=detail, reason=reason)
    if error == "invalid_grant" or (not error and _hints_at_dead_grant(answer, asked, status)):
        return AuthExpired(detail=detail, reason=reason)
    if status == 200 and not error:
        return None
    if not answer and _is_refresh(asked):
        # A page for people or nothing at all: a firewall or a proxy spoke, not the vendor.
        return Unavailable(detail=detail)
    return Rejected(code=_refused(asked), detail=detail, reason=reason, status=status)


def _reason(answer: Mapping[str, Any]) -> str:
    told = ("error_description", "hint", "detail", "title", "error")
    return str(next((answer[name] for name in told if answer.get(name)), ""))[:300]


def _hints_at_dead_grant(answer: Mapping[str, Any], asked: Mapping[str, str], status: int) -> bool:
    """Some vendors name no error when a refresh token is dead, only a hint for people."""
    return status in (400, 401) and _is_refresh(asked) and bool(_reason(answer))


def _refused(asked: Mapping[str, str]) -> str:
    return "oauth.refresh_refused" if _is_refresh(asked) else "oauth.code_refused"


def _is_refresh(asked: Mapping[str, str]) -> bool:
    return asked["grant_type"] == "refresh_token"
