"""The bot behind the token, and what Telegram means by its refusals."""

from collections.abc import Mapping
from typing import Any

import httpx

from dashboard.contracts.accounts import Account, Revocation
from dashboard.contracts.errors import (
    AuthExpired,
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
    RateLimited,
    Rejected,
    Unavailable,
)
from dashboard.kit.access import Access
from dashboard.kit.http import Client, describe, parsed, pause, retry_after

BOTFATHER = "https://t.me/BotFather"

# Error codes are coarse, so the description decides; the first phrase that fits wins
# (error texts of tdlib/telegram-bot-api, Client.cpp at 01a3679, read 2026-11-23).
NO_RIGHT = (
    ("can't initiate conversation", "chat_not_started"),
    ("bot was kicked", "bot_not_in_chat"),
    ("bot is not a member", "bot_not_in_chat"),
    ("not enough rights", "no_rights_in_chat"),
    ("chat_write_forbidden", "no_rights_in_chat"),
    ("need administrator rights", "no_rights_in_chat"),
    ("topic_closed", "no_rights_in_chat"),
)
REFUSED = (
    ("bot was blocked by the user", "blocked_by_user"),
    ("user is deactivated", "user_deactivated"),
    ("chat not found", "chat_not_found"),
    ("message to be replied not found", "message_not_found"),
    ("message text is empty", "bad_text"),
    ("message is too long", "bad_text"),
    ("text is too long", "bad_text"),
    ("caption is too long", "bad_text"),
    ("failed to get http url content", "media_unreachable"),
    ("wrong type of the web page content", "media_unreachable"),
    ("wrong http url specified", "media_unreachable"),
    ("wrong file identifier", "media_unreachable"),
    ("file is too big", "too_large"),
    ("bad webhook", "bad_webhook_url"),
)
BY_STATUS = {409: "conflict", 413: "too_large", 421: "other_server"}


def connect(access: Access) -> Client:
    """A client for one bot."""
    return Client(access, explain=explain)


def read(client: Client, method: str) -> Any:
    """The `result` of a method that changes nothing."""
    return _result(client.call("GET", _path(client, method)).body, Unavailable)


def write(
    client: Client, method: str, body: Mapping[str, Any] | None = None, *, safe: bool = False
) -> Any:
    """The `result` of a method; `safe` when calling it twice does no harm."""
    answer = client.call("POST", _path(client, method), json=body or {}, safe=safe).body
    return _result(answer, Unavailable if safe else OutcomeUnknown)


def identify(client: Client) -> Account:
    """The bot's own name, and how much it sees and may do in groups."""
    bot = read(client, "getMe")
    name = bot.get("username", "")
    return Account(
        id=str(bot["id"]),
        name=f"{bot['first_name']} (@{name})" if name else bot["first_name"],
        url=f"https://t.me/{name}" if name else "",
        details={
            "privacy_mode": "off" if bot.get("can_read_all_group_messages") else "on",
            "can_join_groups": "yes" if bot.get("can_join_groups") else "no",
        },
    )


def revoke(_client: Client) -> Revocation:
    """Only the bot's owner can void a token, in a chat with BotFather; there is no method."""
    return Revocation(revoked=False, why_not="revoke_by_owner", manual_url=BOTFATHER)


def explain(response: httpx.Response) -> ProviderError | None:
    """Name a failure by Telegram's code and description."""
    status, detail = response.status_code, describe(response)
    if 200 <= status < 300:
        return None
    body = parsed(response)
    error = body if isinstance(body, dict) else {}
    reason = str(error.get("description", ""))
    method = response.request.url.path.rsplit("/", 1)[-1]
    # The cloud answers 404 to a token that was never valid, 401 to one that was withdrawn.
    if status == 401 or (status == 404 and method == "getMe"):
        return AuthExpired(code="wrong_token", detail=detail, reason=reason)
    if status == 429:
        said = pause(_parameters(error).get("retry_after"), 0.0)
        seconds = said or retry_after(response)
        return RateLimited(detail=detail, reason=reason, retry_after=seconds)
    if status >= 500:
        return Unavailable(detail=detail)
    return _refusal(status, detail, reason, _parameters(error))


def moved_to(refused: Rejected) -> str:
    """The new id of a group that became a supergroup; empty for any other refusal."""
    return refused.reason.rsplit(" ", 1)[-1] if refused.code == "chat_moved" else ""


def _refusal(status: int, detail: str, reason: str, parameters: Mapping[str, Any]) -> ProviderError:
    if new_id := parameters.get("migrate_to_chat_id"):
        return Rejected(
            code="chat_moved", detail=detail, reason=f"{reason}: {new_id}", status=status
        )
    text = reason.lower()
    if code := _first(REFUSED, text) or BY_STATUS.get(status, ""):
        return Rejected(code=code, detail=detail, reason=reason, status=status)
    right = _first(NO_RIGHT, text)
    if right or status == 403:
        return PermissionMissing(code=right, detail=detail, reason=reason)
    return Rejected(detail=detail, reason=reason, status=status)


def _first(phrases: tuple[tuple[str, str], ...], text: str) -> str:
    return next((code for phrase, code in phrases if phrase in text), "")


def _parameters(error: Mapping[str, Any]) -> Mapping[str, Any]:
    found = error.get("parameters")
    return found if isinstance(found, dict) else {}


def _path(client: Client, method: str) -> str:
    return f"/bot{client.access.credentials['bot_token']}/{method}"


def _result(body: Any, otherwise: type[ProviderError]) -> Any:
    if not isinstance(body, dict) or "result" not in body:
        raise otherwise(detail="the answer has no result")
    return body["result"]
