"""The sandbox's sample people and chats, and the parameters each method takes."""

import json
from email.message import Message as MimeMessage
from email.parser import BytesParser
from typing import Any

import httpx

from dashboard.kit import moments
from dashboard.kit.sandbox import Call, Refused, State, token

# Names and kinds as in the Bot API; `!` marks what must be given.
SEND = (
    "chat_id!id business_connection_id:str message_thread_id:int direct_messages_topic_id:int "
    "disable_notification:bool protect_content:bool allow_paid_broadcast:bool "
    "message_effect_id:str suggested_post_parameters:dict reply_parameters:dict reply_markup:dict "
    "parse_mode:str"
)
CAPTION = f"{SEND} caption:str caption_entities:list"
METHODS = {
    "getMe": "",
    "getWebhookInfo": "",
    "setWebhook": (
        "url!str certificate:str ip_address:str max_connections:int allowed_updates:list "
        "drop_pending_updates:bool secret_token:str"
    ),
    "deleteWebhook": "drop_pending_updates:bool",
    "getUpdates": "offset:int limit:int timeout:int allowed_updates:list",
    "sendMessage": f"{SEND} text!str entities:list link_preview_options:dict",
    "sendPhoto": f"{CAPTION} photo!str show_caption_above_media:bool has_spoiler:bool",
    "sendDocument": f"{CAPTION} document!str thumbnail:str disable_content_type_detection:bool",
    "sendVideo": (
        f"{CAPTION} video!str duration:int width:int height:int thumbnail:str cover:str "
        "start_timestamp:int show_caption_above_media:bool has_spoiler:bool "
        "supports_streaming:bool"
    ),
    "sendAudio": f"{CAPTION} audio!str duration:int performer:str title:str thumbnail:str",
    "getChat": "chat_id!id",
    "sendChatAction": "chat_id!id action!str business_connection_id:str message_thread_id:int",
    "getFile": "file_id!str",
    "deleteMessage": "chat_id!id message_id!int",
    "editMessageText": (
        "chat_id:id message_id:int inline_message_id:str business_connection_id:str text:str "
        "parse_mode:str entities:list link_preview_options:dict rich_message:dict "
        "reply_markup:dict"
    ),
}
KINDS: dict[str, type | tuple[type, ...]] = {
    "int": int,
    "str": str,
    "bool": bool,
    "list": list,
    "dict": dict,
    "id": (int, str),
}
PEOPLE = (
    ("Анна", "Смирнова", "anna_smirnova"),
    ("Тимур", "Ахметов", "timur_a"),
    ("Мария", "Кузнецова", ""),
    ("Oliver", "Hughes", "ollie_hughes"),
    ("Екатерина", "Волкова", "kate_volkova"),
    ("Дмитрий", "", "dmitry77"),
    ("Sophie", "Martin", "sophie_m"),
    ("Игорь", "Лебедев", ""),
    ("Алия", "Нурланова", "aliya_n"),
    ("Lucas", "Weber", "lucasweber"),
    ("Ольга", "Петрова", "olga_design"),
    ("James", "Carter", ""),
)
TALK = (
    ("Добрый день! Есть ли свободное время на завтра?", "Здравствуйте! Есть в 11:00 и в 15:30."),
    ("Hi, do you ship to Lisbon?", "Hello Oliver! Yes, it takes 4 working days."),
    ("Пришлите, пожалуйста, прайс", "Отправила файл, посмотрите."),
)


def seed() -> State:
    """A bot with a dozen private chats, a group that moved, and a person who never wrote."""
    number = 7100000000 + int(token(length=6), 16)
    bot = {
        "id": number,
        "is_bot": True,
        "first_name": "Мастерская «Север»",
        "username": f"sever_desk_{token(length=4)}_bot",
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }
    state: State = {
        "bot": bot,
        "token": f"{number}:{token('AA', 32)}",
        "webhook": {"url": ""},
        "updates": [],
        "next_update": 481_530_000,
        "next_message": 100,
        "chats": {},
    }
    for place, (first, last, username) in enumerate(PEOPLE):
        _add_person(state, 510_000_000 + 7919 * place, (first, last, username))
    for place, chat in enumerate(list(state["chats"].values())[: len(TALK)]):
        _add_talk(state, chat, TALK[place])
    _add_groups(state)
    return state


def _add_person(state: State, number: int, names: tuple[str, str, str]) -> None:
    first, last, username = names
    about: dict[str, Any] = {"id": number, "first_name": first}
    about |= {"last_name": last} if last else {}
    about |= {"username": username} if username else {}
    person = {**about, "is_bot": False, "language_code": "ru" if first > "z" else "en"}
    state["chats"][str(number)] = {
        "chat": {**about, "type": "private"},
        "person": person,
        "messages": [],
        "started": first != "James",
    }


def _add_talk(state: State, chat: dict[str, Any], lines: tuple[str, str]) -> None:
    bot = {name: state["bot"][name] for name in ("id", "is_bot", "first_name", "username")}
    at = moments.to_unix(moments.now()) - 86_400
    for place, text in enumerate(lines):
        state["next_message"] += 1
        message = {
            "message_id": state["next_message"],
            "from": bot if place else chat["person"],
            "chat": chat["chat"],
            "date": at + 60 * place,
            "text": text,
        }
        chat["messages"].append(message)


def _add_groups(state: State) -> None:
    person = state["chats"]["510000000"]["person"]
    rows: tuple[tuple[int, str, int], ...] = (
        (-4_001_220, "group", -1_002_100_400_500),
        (-1_002_100_400_500, "supergroup", 0),
    )
    for number, kind, moved_to in rows:
        state["chats"][str(number)] = {
            "chat": {"id": number, "type": kind, "title": "Заказы / Orders"},
            "person": person,
            "messages": [],
            **({"moved_to": moved_to} if moved_to else {}),
        }


def failure(
    status: int, description: str, parameters: dict[str, Any] | None = None
) -> httpx.Response:
    """An error as Telegram words it."""
    body = {"ok": False, "error_code": status, "description": description}
    return httpx.Response(status, json=body | ({"parameters": parameters} if parameters else {}))


def arguments(call: Call, method: str) -> dict[str, Any]:
    """The parameters of a call, whichever of the four ways they came.

    Raises:
        Refused: One is missing, of the wrong kind, or not documented.
    """
    known = dict(_declared(word) for word in METHODS[method].split())
    given: dict[str, Any] = {**dict(call.query), **_body(call)}
    for name in given:
        if name not in known:
            raise Refused(failure(400, f"Bad Request: unknown parameter {name}"))
    for name, (_kind, due) in known.items():
        if due and given.get(name) in (None, "") and name not in ("url", "text"):
            raise Refused(failure(400, f"Bad Request: parameter {name} is required"))
    return {name: _typed(name, value, known[name][0]) for name, value in given.items()}


def _declared(word: str) -> tuple[str, tuple[str, bool]]:
    name, mark, kind = word.partition("!") if "!" in word else word.partition(":")
    return name, (kind, mark == "!")


def _body(call: Call) -> dict[str, Any]:
    kind = call.headers.get("content-type", "")
    if kind.startswith("application/json"):
        found = call.json
        return found if isinstance(found, dict) else {}
    if kind.startswith("multipart/form-data"):
        return _multipart(kind, call.body)
    return dict(call.form)


def _multipart(kind: str, body: bytes) -> dict[str, Any]:
    """Text parts as they are; a file becomes the address of its own part."""
    whole = BytesParser().parsebytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + body)
    return {_part_name(part): _part_text(part) for part in whole.walk() if _part_name(part)}


def _part_name(part: MimeMessage) -> str:
    return str(part.get_param("name", "", "content-disposition") or "")


def _part_text(part: MimeMessage) -> str:
    content = part.get_payload(decode=True)
    if part.get_filename() or not isinstance(content, bytes):
        return f"attach://{_part_name(part)}"
    return content.decode()


def _typed(name: str, value: Any, kind: str) -> Any:
    wanted = KINDS[kind]
    try:
        # A form carries text only: numbers, booleans and objects come as JSON in it.
        read = json.loads(value) if isinstance(value, str) and kind not in ("str", "id") else value
    except ValueError:
        read = value
    if isinstance(read, bool) and kind in ("int", "id", "str"):
        read = None
    if not isinstance(read, wanted):
        raise Refused(failure(400, f"Bad Request: parameter {name} must be {kind}"))
    return read
