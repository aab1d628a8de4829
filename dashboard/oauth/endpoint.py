"""The vendor's token endpoint: one question, one answer, and what its refusals mean."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx

from dashboard import clock
from dashboard.contracts.errors import AuthExpired, ProviderError, Rejected, Unavailable
from dashboard.contracts.manifest import OAuth2
from dashboard.kit import http
from dashboard.kit.access import Access
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
        ProviderError: AuthExpired when the vendor has withdrawn the grant.
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
    headers = {"accept": "application/json", **(_basic(app) if method.basic_auth else {})}
    shaped: dict[str, Any] = {"json": body} if method.json_body else {"form": body}
    try:
        answer = client.call(
            "POST", method.token.path, host=method.token.host, headers=headers, safe=True, **shaped
        ).body
    finally:
        client.close()
    if not isinstance(answer, dict) or not answer.get("access_token"):
        raise _named(answer, asked, 200, "") or Unavailable(detail="no access_token in the answer")
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
    text = str(said).split(".", 1)[0]
    if not text.isdigit() or int(text) == 0:
        return None
    return min(timedelta(seconds=min(int(text), 10**9)), LONGEST_LIFE)


def _basic(app: App) -> dict[str, str]:
    """RFC 6749, 2.3.1: both parts are url-encoded before they are joined."""
    pair = f"{quote(app.client_id, safe='')}:{quote(app.client_secret, safe='')}"
    return {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _explainer(asked: Mapping[str, str]) -> http.Explain:
    def explain(response: httpx.Response) -> ProviderError | None:
        detail = http.describe(response)
        if response.status_code in (400, 401, 403):
            return _named(http.parsed(response), asked, response.status_code, detail)
        return http.explain(response)

    return explain


def _named(body: Any, asked: Mapping[str, str], status: int, detail: str) -> ProviderError | None:
    answer = body if isinstance(body, dict) else {}
    error = str(answer.get("error") or "")
    told = next((answer[k] for k in ("error_description", "hint", "detail") if answer.get(k)), "")
    reason = str(told or error)[:300]
    if error in APP_ERRORS:
        return Rejected(code="oauth.app_refused", detail=detail, reason=reason, status=status)
    if error in SOON_ERRORS:
        return Unavailable(detail=detail, reason=reason)
    if error == "invalid_grant" or (not error and status != 200 and _is_refresh(asked)):
        # Some vendors name no error when a refresh token is dead, only a hint for people.
        return AuthExpired(detail=detail, reason=reason)
    if status == 200 and not error:
        return None
    return Rejected(code="oauth.code_refused", detail=detail, reason=reason, status=status)


def _is_refresh(asked: Mapping[str, str]) -> bool:
    return asked["grant_type"] == "refresh_token"
