"""Telegram in a box: one bot, its chats, its webhook, and people who write to it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from dashboard.kit import moments
from dashboard.kit.sandbox import Call, Refused, Sandbox, State, token
from providers.telegram import sandbox_people
from providers.telegram.sandbox_people import deliver, public
from providers.telegram.sandbox_world import METHODS, arguments, failure, seed

HOOK_PORTS = (None, 80, 88, 443, 8443)
MEDIA = {"sendPhoto": "photo", "sendDocument": "document", "sendVideo": "video"}
MEDIA |= {"sendAudio": "audio"}


def refuse(status: int) -> httpx.Response:
    """Telegram's own 429, and the HTML of the gateway before it."""
    if status == 429:
        answer = failure(429, "Too Many Requests: retry after 3", {"retry_after": 3})
        return httpx.Response(429, json=answer.json(), headers={"retry-after": "3"})
    return httpx.Response(status, html="<html><body><h1>502 Bad Gateway</h1></body></html>")


sandbox = Sandbox(seed, refuse)
sandbox_people.install(sandbox)


@sandbox.sample_credentials
def _credentials(state: State, _method: str) -> dict[str, str]:
    return {"bot_token": state["token"]}


@sandbox.on_fault("revoke")
def _revoke(state: State) -> None:
    state["token"] = f"{state['bot']['id']}:{token('AA', 32)}"


@sandbox.route("GET", "/bot{token}/{method}")
@sandbox.route("POST", "/bot{token}/{method}")
def _call(call: Call, state: State) -> httpx.Response:
    if call.parts["token"] != state["token"]:
        number, _, rest = call.parts["token"].partition(":")
        well_formed = number.isdecimal() and len(rest) >= 30
        return failure(401, "Unauthorized") if well_formed else failure(404, "Not Found")
    method = next((m for m in METHODS if m.lower() == call.parts["method"].lower()), "")
    if not method:
        return failure(404, "Not Found")
    asked = arguments(call, method)
    if method in MEDIA or method == "sendMessage":
        return _send(state, method, asked)
    return ANSWERS[method](call, state, asked)


def _good(result: Any, description: str = "") -> httpx.Response:
    said = {"description": description} if description else {}
    return httpx.Response(200, json={"ok": True, "result": result, **said})


def _send(state: State, method: str, asked: Mapping[str, Any]) -> httpx.Response:
    chat = _reachable(state, asked)
    if refused := _unsendable(method, asked):
        return refused
    state["next_message"] += 1
    message = {
        "message_id": state["next_message"],
        "from": public(state["bot"]),
        "chat": chat["chat"],
        "date": moments.to_unix(moments.now()),
    }
    quoted = asked.get("reply_parameters", {}).get("message_id")
    found = next((m for m in chat["messages"] if m["message_id"] == quoted), None)
    if found:
        message["reply_to_message"] = {k: v for k, v in found.items() if k != "reply_to_message"}
    elif quoted and not asked["reply_parameters"].get("allow_sending_without_reply"):
        return failure(400, "Bad Request: message to be replied not found")
    message |= _content(method, asked)
    chat["messages"].append(message)
    return _good(message)


def _reachable(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
    chat = _chat(state, asked)
    if chat is None:
        raise Refused(failure(400, "Bad Request: chat not found"))
    if new_id := chat.get("moved_to"):
        text = "Bad Request: group chat was upgraded to a supergroup chat"
        raise Refused(failure(400, text, {"migrate_to_chat_id": new_id}))
    if chat.get("blocked"):
        raise Refused(failure(403, "Forbidden: bot was blocked by the user"))
    if not chat.get("started", True):
        said = "Forbidden: bot can't initiate conversation with a user"
        raise Refused(failure(403, said))
    return chat


def _unsendable(method: str, asked: Mapping[str, Any]) -> httpx.Response | None:
    text = asked.get("text", "") if method == "sendMessage" else asked.get("caption", "")
    if method == "sendMessage" and not text.strip():
        return failure(400, "Bad Request: message text is empty")
    if len(text) > (4096 if method == "sendMessage" else 1024):
        return failure(400, "Bad Request: message is too long")
    source = str(asked.get(MEDIA.get(method, ""), "https://x.test/a"))
    if not source.startswith(("http://", "https://", "AgAC", "BQAC", "attach://")):
        return failure(400, "Bad Request: wrong file identifier/HTTP URL specified")
    if urlsplit(source).path.endswith(".missing"):
        return failure(400, "Bad Request: failed to get HTTP URL content")
    return None


def _content(method: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    if method == "sendMessage":
        return {"text": asked["text"]}
    kind = MEDIA[method]
    file = {"file_id": token("AgAC", 40), "file_unique_id": token("AQ", 14), "file_size": 48213}
    sized = {"width": 800, "height": 600}
    caption = {"caption": asked["caption"]} if asked.get("caption") else {}
    if kind == "photo":
        return {"photo": [{**file, **sized}], **caption}
    extra = {"video": {**sized, "duration": 12}, "audio": {"duration": 12}}.get(kind, {})
    return {kind: {**file, **extra}, **caption}


def _me(_call: Call, state: State, _asked: Mapping[str, Any]) -> httpx.Response:
    return _good(state["bot"])


def _hook_info(_call: Call, state: State, _asked: Mapping[str, Any]) -> httpx.Response:
    hook = {name: value for name, value in state["webhook"].items() if name != "secret_token"}
    waiting = len(state["updates"])
    return _good({**hook, "has_custom_certificate": False, "pending_update_count": waiting})


def _set_hook(call: Call, state: State, asked: Mapping[str, Any]) -> httpx.Response:
    url = asked["url"]
    if asked.get("drop_pending_updates"):
        state["updates"].clear()
    if not url:
        state["webhook"] = {"url": ""}
        return _good(True, "Webhook was deleted")
    parts, here = urlsplit(url), urlsplit(call.base)
    # The desk itself may run without TLS next to its sandbox; the real service needs HTTPS.
    if parts.scheme != "https" and parts.netloc != here.netloc:
        said = "An HTTPS URL must be provided for webhook"
        return failure(400, f"Bad Request: bad webhook: {said}")
    if parts.port not in HOOK_PORTS and parts.netloc != here.netloc:
        said = "Webhook can be set up only on ports 80, 88, 443 or 8443"
        return failure(400, f"Bad Request: bad webhook: {said}")
    kept = {"max_connections": 40, **state["webhook"]}
    state["webhook"] = {**kept, **{k: v for k, v in asked.items() if k != "drop_pending_updates"}}
    for update in state["updates"]:
        deliver(state, update)
    state["updates"].clear()
    return _good(True, "Webhook was set")


def _delete_hook(_call: Call, state: State, asked: Mapping[str, Any]) -> httpx.Response:
    was = state["webhook"]["url"]
    state["webhook"] = {"url": ""}
    if asked.get("drop_pending_updates"):
        state["updates"].clear()
    return _good(True, "Webhook was deleted" if was else "Webhook is already deleted")


def _updates(_call: Call, state: State, asked: Mapping[str, Any]) -> httpx.Response:
    if state["webhook"]["url"]:
        said = "can't use getUpdates method while webhook is active; use deleteWebhook first"
        return failure(409, f"Conflict: {said}")
    if not 1 <= asked.get("limit", 100) <= 100:
        return failure(400, "Bad Request: limit must be between 1 and 100")
    first = asked.get("offset", 0)
    state["updates"] = [u for u in state["updates"] if u["update_id"] >= first]
    return _good(state["updates"][: asked.get("limit", 100)])


def _get_chat(_call: Call, state: State, asked: Mapping[str, Any]) -> httpx.Response:
    chat = _chat(state, asked)
    if chat is None:
        return failure(400, "Bad Request: chat not found")
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription")
    accepted = dict.fromkeys((*gifts, "gifts_from_channels"), False)
    more = {"accent_color_id": 3, "max_reaction_count": 11, "accepted_gift_types": accepted}
    return _good({**chat["chat"], **more})


def _typing(_call: Call, state: State, asked: Mapping[str, Any]) -> httpx.Response:
    _reachable(state, asked)
    return _good(True)


def _file(_call: Call, _state: State, asked: Mapping[str, Any]) -> httpx.Response:
    file_id = asked["file_id"]
    path = f"documents/{file_id[:12]}.bin"
    return _good({"file_id": file_id, "file_unique_id": file_id[-14:], "file_path": path})


@sandbox.route("GET", "/file/bot{token}/{path:path}")
def _download(call: Call, state: State) -> httpx.Response:
    if call.parts["token"] != state["token"]:
        return failure(401, "Unauthorized")
    return httpx.Response(200, content=b"sample file of the sandbox")


def _edit(_call: Call, state: State, asked: Mapping[str, Any]) -> httpx.Response:
    message = _own_message(state, asked)
    if message is None:
        return failure(400, "Bad Request: message to edit not found")
    if message.get("text") == asked.get("text"):
        return failure(400, "Bad Request: message is not modified")
    message |= {"text": asked["text"], "edit_date": moments.to_unix(moments.now())}
    return _good(message)


def _delete(_call: Call, state: State, asked: Mapping[str, Any]) -> httpx.Response:
    message = _own_message(state, asked)
    if message is None:
        return failure(400, "Bad Request: message to delete not found")
    (_chat(state, asked) or {})["messages"].remove(message)
    return _good(True)


ANSWERS = {
    "getMe": _me,
    "getWebhookInfo": _hook_info,
    "setWebhook": _set_hook,
    "deleteWebhook": _delete_hook,
    "getUpdates": _updates,
    "getChat": _get_chat,
    "sendChatAction": _typing,
    "getFile": _file,
    "editMessageText": _edit,
    "deleteMessage": _delete,
}


def _chat(state: State, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    wanted = str(asked.get("chat_id", ""))
    named = (c for c in state["chats"].values() if f"@{c['chat'].get('username')}" == wanted)
    found: dict[str, Any] | None = state["chats"].get(wanted)
    return found or next((c for c in named if c["chat"]["type"] != "private"), None)


def _own_message(state: State, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    rows = (_chat(state, asked) or {"messages": []})["messages"]
    mine = (m for m in rows if m["from"]["id"] == state["bot"]["id"])
    return next((m for m in mine if m["message_id"] == asked.get("message_id")), None)
