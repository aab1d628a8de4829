"""A Kommo account in a box."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import urlsplit

import httpx

from dashboard.contracts.manifest import OAuth2
from dashboard.kit.sandbox import Call, Handler, Refused, Sandbox, State
from dashboard.kit.sandbox_oauth import OAuthBox, expire_all, revoke_all
from providers.kommo import sandbox_people, sandbox_seed
from providers.kommo.manifest import MANIFEST
from providers.kommo.sandbox_hooks import EVENTS, listen
from providers.kommo.sandbox_wire import (
    ENTITIES,
    FILTERS,
    answer,
    asked,
    found,
    invalid,
    kept,
    linked,
    matches,
    nothing,
    ordered,
    page,
    problem,
    refusal,
    tree,
)
from providers.kommo.sandbox_writes import (
    batch,
    change,
    create,
    create_with_contact,
    next_id,
    note,
)

HOST = sandbox_seed.HOST
SETTINGS = "<h1>Sandbox: Settings, Integrations</h1>"
OAUTH = next(method for method in MANIFEST.auth if isinstance(method, OAuth2))


def _seed() -> State:
    return {**sandbox_seed.account_state(), "oauth": oauth.seed()}


sandbox = Sandbox(_seed, refusal)
oauth = OAuthBox(
    sandbox=sandbox,
    method=OAUTH,
    vendor="Kommo",
    account=lambda state: f"{state['account']['name']} ({HOST})",
    expires_in=86_400,
    refresh_prefix="def50200",
    callback=lambda state: {"referer": HOST, "client_id": state["oauth"]["client_id"]},
    unauthorized=lambda: problem(401, "Invalid access token"),
    old_refresh_until_used=True,
)
oauth.install()
sandbox_people.install(sandbox)


@sandbox.sample_credentials
def _credentials(state: State, method: str) -> Mapping[str, str]:
    own = {"token": state["token"]} if method == "token" else oauth.app(state)
    return {"subdomain": HOST, **own}


def _new_token(state: State) -> None:
    account = state["account"]
    state["token"] = sandbox_seed.long_lived(account["id"], account["current_user_id"])


@sandbox.on_fault("expire_token")
def _expire(state: State) -> None:
    expire_all(state)
    _new_token(state)


@sandbox.on_fault("revoke")
def _revoke(state: State) -> None:
    revoke_all(state)
    _new_token(state)


def _api(method: str, path: str) -> Callable[[Handler], Handler]:
    """A route of the API, for either kind of token."""

    def keep(handler: Handler) -> Handler:
        def signed(call: Call, state: State) -> httpx.Response:
            if call.bearer != state["token"]:
                oauth.require(call, state)
            return handler(call, state)

        return sandbox.route(method, f"/api/v4{path}")(signed)

    return keep


@_api("GET", "/account")
def _account(call: Call, state: State) -> httpx.Response:
    query = asked(call, more=("with",))
    extra: dict[str, Any] = {}
    if "datetime_settings" in query.get("with", "").split(","):
        zone = {"timezone": "Europe/Moscow", "timezone_offset": "+03:00"}
        extra["_embedded"] = {"datetime_settings": zone}
    return answer({**state["account"], **extra})


@_api("GET", "/users")
def _users(call: Call, state: State) -> httpx.Response:
    return page(call, asked(call, more=("with",)), "users", state["users"])


@_api("GET", "/leads/pipelines")
def _pipelines(_call: Call, state: State) -> httpx.Response:
    rows = state["pipelines"]
    return answer({"_total_items": len(rows), "_embedded": {"pipelines": rows}})


@_api("GET", "/{kind}/custom_fields")
def _fields(call: Call, state: State) -> httpx.Response:
    rows = state["fields"].get(call.parts["kind"], [])
    return page(call, asked(call), "custom_fields", rows)


@_api("GET", "/{kind}/tags")
def _tags(call: Call, state: State) -> httpx.Response:
    query = asked(call, more=("query",))
    rows = state["tags"].get(call.parts["kind"], [])
    text = query.get("query", "").casefold()
    return page(call, query, "tags", [row for row in rows if text in row["name"].casefold()])


@_api("GET", "/events")
def _events(call: Call, state: State) -> httpx.Response:
    query = asked(call, filters=("type", "created_at", "entity", "entity_id"), most=100)
    filters = query.get("filter", {})
    types = filters.get("type", "").split(",")
    made = {name: filters[name] for name in ("created_at",) if name in filters}
    rows = [row for row in state["events"] if kept(row, made)]
    shown = [row for row in rows if not filters.get("type") or row["type"] in types]
    return page(call, query, "events", shown)


@_api("GET", "/webhooks")
def _hooks(call: Call, state: State) -> httpx.Response:
    wanted = tree(call).get("filter", {}).get("destination")
    rows = [row for row in state["hooks"] if wanted in (None, row["destination"])]
    if not rows:
        return nothing()
    return answer({"_total_items": len(rows), "_embedded": {"webhooks": rows}})


@_api("POST", "/webhooks")
def _hook(call: Call, state: State) -> httpx.Response:
    body = call.json if isinstance(call.json, dict) else {}
    destination, settings = str(body.get("destination", "")), body.get("settings")
    if urlsplit(destination).scheme not in ("http", "https"):
        raise invalid("InvalidUrl", "destination", "This value is not a valid URL.")
    if not isinstance(settings, list) or not settings or set(settings) - EVENTS:
        raise invalid("NotSupportedChoice", "settings", "One of the events is not known.")
    return answer(listen(state, next_id(state), destination, settings), 201)


@_api("DELETE", "/webhooks")
def _unhook(call: Call, state: State) -> httpx.Response:
    gone = call.json.get("destination") if isinstance(call.json, dict) else None
    left = [hook for hook in state["hooks"] if hook["destination"] != gone]
    if len(left) == len(state["hooks"]):
        return problem(404, "Webhook not found")
    state["hooks"] = left
    return nothing()


@_api("GET", "/{kind}/{row_id}/notes")
def _notes(call: Call, state: State) -> httpx.Response:
    kind, row_id = call.parts["kind"], call.parts["row_id"]
    query = asked(call, filters=("note_type", "updated_at"), orders=("id", "updated_at"))
    mine = [n for n in state["notes"] if (n["kind"], str(n["entity_id"])) == (kind, row_id)]
    return page(call, query, "notes", ordered(mine, query))


@_api("POST", "/{kind}/{row_id}/notes")
def _add_notes(call: Call, state: State) -> httpx.Response:
    kind, row_id = call.parts["kind"], int(call.parts["row_id"])
    made = [note(state, kind, row_id, row, place) for place, row in enumerate(batch(call.json))]
    return answer({"_embedded": {"notes": made}})


@_api("POST", "/{kind}/notes")
def _add_notes_anywhere(call: Call, state: State) -> httpx.Response:
    rows, kind = batch(call.json), call.parts["kind"]
    made = [note(state, kind, row.get("entity_id", 0), row, n) for n, row in enumerate(rows)]
    return answer({"_embedded": {"notes": made}})


@_api("POST", "/{kind}/{row_id}/link")
def _link(call: Call, state: State) -> httpx.Response:
    row = found(state, call.parts["kind"], call.parts["row_id"])
    for link in batch(call.json):
        kind = link["to_entity_type"]
        other = found(state, kind, str(link["to_entity_id"]))
        links = row["_embedded"].setdefault(kind, [])
        if other["id"] not in [one["id"] for one in links]:
            links.append({"id": other["id"], **(link.get("metadata") or {})})
    made = [
        {**link, "entity_id": row["id"], "entity_type": call.parts["kind"]}
        for link in batch(call.json)
    ]
    return answer({"_embedded": {"links": made}})


@_api("POST", "/leads/complex")
def _complex(call: Call, state: State) -> httpx.Response:
    rows = batch(call.json, 50)
    made = [create_with_contact(state, lead, place) for place, lead in enumerate(rows)]
    return answer(made)


@_api("GET", "/{kind}")
def _list(call: Call, state: State) -> httpx.Response:
    kind = call.parts["kind"]
    if kind not in state["rows"]:
        return problem(404, "Not found")
    times = ("complete_till", "created_at", "id") if kind == "tasks" else ("updated_at", "id")
    orders = ("created_at", "updated_at", "id") if kind == "leads" else times
    extra = {"is_completed", "task_type", "task_type_id", "entity_type", "entity_id"}
    filters = FILTERS | extra if kind == "tasks" else FILTERS
    query = asked(call, filters=tuple(filters), orders=orders, more=("with", "query"))
    withs = query.get("with", "").split(",")
    rows = [row for row in state["rows"][kind] if row["is_deleted"] == ("only_deleted" in withs)]
    if state["filters"] or kind == "tasks":  # an account without filters ignores them
        rows = [row for row in rows if kept(row, query.get("filter", {}))]
    if text := query.get("query"):
        rows = [row for row in rows if matches(row, text)]
    shown = [_shown(call, kind, row, withs) for row in ordered(rows, query)]
    return page(call, query, kind, shown)


@_api("GET", "/{kind}/{row_id}")
def _one(call: Call, state: State) -> httpx.Response:
    kind, query = call.parts["kind"], asked(call, more=("with",))
    row = found(state, kind, call.parts["row_id"])
    return answer(_shown(call, kind, row, query.get("with", "").split(",")))


@_api("POST", "/{kind}")
def _create(call: Call, state: State) -> httpx.Response:
    kind = call.parts["kind"]
    if kind not in state["rows"]:
        return problem(404, "Not found")
    made = [create(state, kind, row, place) for place, row in enumerate(batch(call.json))]
    return answer({"_embedded": {kind: [linked(call, kind, row) for row in made]}})


@_api("PATCH", "/{kind}")
def _change_many(call: Call, state: State) -> httpx.Response:
    kind, rows = call.parts["kind"], batch(call.json)
    return answer({"_embedded": {kind: [_changed(call, state, kind, row) for row in rows]}})


@_api("PATCH", "/{kind}/{row_id}")
def _change_one(call: Call, state: State) -> httpx.Response:
    if not isinstance(call.json, dict):
        return problem(400, "Request body must be an object")
    given = {**call.json, "id": call.parts["row_id"]}
    return answer(_changed(call, state, call.parts["kind"], given))


def _changed(call: Call, state: State, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        row = found(state, kind, str(given["id"]))
    except Refused:
        raise Refused(problem(404, "Entity not found")) from None
    change(state, kind, row, given)
    return linked(call, kind, {"id": row["id"], "updated_at": row["updated_at"]})


def _shown(call: Call, kind: str, row: Mapping[str, Any], withs: list[str]) -> dict[str, Any]:
    """Linked contacts and leads come only when asked for by `with`."""
    if kind not in ENTITIES:
        return linked(call, kind, {k: v for k, v in row.items() if k != "is_deleted"})
    always = ("tags", "companies")
    embedded = {k: v for k, v in row["_embedded"].items() if k in always or k in withs}
    return linked(call, kind, {**row, "_embedded": embedded})


@sandbox.route("GET", "/{kind}/detail/{row_id}")
def _page(call: Call, state: State) -> httpx.Response:
    row = found(state, call.parts["kind"], call.parts["row_id"])
    return httpx.Response(200, html=f"<h1>{escape(str(row.get('name') or row['id']))}</h1>")


sandbox.route("GET", "/settings/widgets/")(lambda _call, _state: httpx.Response(200, html=SETTINGS))
