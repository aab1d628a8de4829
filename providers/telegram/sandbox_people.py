"""The people of the sandbox: what they do, and what the bot is told of it."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

import httpx

from dashboard.contracts.forms import Field, Kind
from dashboard.kit import moments
from dashboard.kit.sandbox import Call, Emitted, Sandbox, State, emit

# An empty list of allowed updates means everything but these.
NOT_BY_DEFAULT = ("chat_member", "message_reaction", "message_reaction_count")
CUSTOMER = Field(name="customer", kind=Kind.CHOICE, default="")
TEXT = Field(name="text", kind=Kind.LONG_TEXT, default="Здравствуйте! Сколько стоит доставка?")


def install(sandbox: Sandbox) -> None:
    """Offer what people can do, and a page with what was written."""
    sandbox.gesture("customer_message", CUSTOMER, TEXT, choices=_people)(_customer_message)
    sandbox.gesture("customer_blocks", CUSTOMER, choices=_people)(_customer_blocks)
    sandbox.gesture("other_system")(_other_system)
    sandbox.route("GET", "/chats")(_chats_page)


def public(bot: Mapping[str, Any]) -> dict[str, Any]:
    """The bot as others see it."""
    return {name: bot[name] for name in ("id", "is_bot", "first_name", "username")}


def _people(state: State) -> dict[str, dict[str, str]]:
    rows = {
        chat_id: f"{chat['person']['first_name']} {chat['person'].get('last_name', '')}".strip()
        for chat_id, chat in state["chats"].items()
        if chat["chat"]["type"] == "private" and chat.get("started", True)
    }
    return {"customer": rows}


def _customer_message(state: State, values: Mapping[str, Any], _base: str) -> None:
    chat = _chosen(state, values)
    if chat.pop("blocked", False):
        _member_update(state, chat, "kicked", "member")
    text = str(values.get("text") or "").strip()[:4096] or "👋"
    state["next_message"] += 1
    message = {
        "message_id": state["next_message"],
        "from": chat["person"],
        "chat": chat["chat"],
        "date": moments.to_unix(moments.now()),
        "text": text,
    }
    if text.startswith("/"):
        size = len(text.split(maxsplit=1)[0])
        message["entities"] = [{"type": "bot_command", "offset": 0, "length": size}]
    chat["messages"].append(message)
    _update(state, "message", message)


def _customer_blocks(state: State, values: Mapping[str, Any], _base: str) -> None:
    chat = _chosen(state, values)
    chat["blocked"] = True
    _member_update(state, chat, "member", "kicked")


def _other_system(state: State, _values: Mapping[str, Any], _base: str) -> None:
    state["webhook"] = {"url": "https://other-system.example/telegram", "max_connections": 40}


def _chosen(state: State, values: Mapping[str, Any]) -> dict[str, Any]:
    offered = _people(state)["customer"]
    wanted = str(values.get("customer") or "")
    chat: dict[str, Any] = state["chats"][wanted if wanted in offered else next(iter(offered))]
    return chat


def _member_update(state: State, chat: Mapping[str, Any], old: str, new: str) -> None:
    def member(status: str) -> dict[str, Any]:
        until = {"until_date": 0} if status == "kicked" else {}
        return {"user": public(state["bot"]), "status": status, **until}

    about = {"chat": chat["chat"], "from": chat["person"]}
    about |= {"date": moments.to_unix(moments.now())}
    about |= {"old_chat_member": member(old), "new_chat_member": member(new)}
    _update(state, "my_chat_member", about)


def _update(state: State, kind: str, about: Mapping[str, Any]) -> None:
    state["next_update"] += 1
    update = {"update_id": state["next_update"], kind: about}
    allowed = state["webhook"].get("allowed_updates") or []
    if kind not in allowed if allowed else kind in NOT_BY_DEFAULT:
        return
    if state["webhook"]["url"]:
        deliver(state, update)
    else:
        state["updates"].append(update)


def deliver(state: State, update: Mapping[str, Any]) -> None:
    """Post one update to the webhook."""
    hook = state["webhook"]
    headers = {"content-type": "application/json"}
    if hook.get("secret_token"):
        headers["x-telegram-bot-api-secret-token"] = hook["secret_token"]
    body = json.dumps(update, ensure_ascii=False).encode()
    emit(state, Emitted(url=hook["url"], body=body, headers=headers))


def _chats_page(_call: Call, state: State) -> httpx.Response:
    """What people and the bot have written, for whoever plays with the sandbox."""
    shown = [c for c in state["chats"].values() if c["messages"]]
    lines = "".join(
        f"<h2>{escape(chat['chat'].get('title') or chat['person']['first_name'])}</h2>"
        + "".join(
            f"<p><b>{escape(m['from']['first_name'])}:</b> "
            f"{escape(m.get('text') or m.get('caption') or '📎')}</p>"
            for m in chat["messages"][-20:]
        )
        for chat in shown
    )
    return httpx.Response(200, html=f"<!doctype html><meta charset=utf-8>{lines}")
