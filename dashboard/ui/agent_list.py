"""Agents: made, renamed, deleted, with the fields each of them knows about a customer."""

from collections.abc import Sequence

import streamlit as st

from dashboard import registry
from dashboard.contracts.people import Role
from dashboard.queries.overview import Badge
from dashboard.queries.people import AGENTS, AgentRow
from dashboard.ui import cards, frame, guard, session
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, number, plain, spoken

TYPES = ("text", "number", "date", "boolean")


def draw() -> None:
    """All agents, and the way to make one."""
    if session.allowed(Role.OPERATOR):
        _make()
    words = _search()
    page = int(st.session_state.get("agents.page", 1))
    found = desk().queries.people.agents_page(search=words, page=page)
    if not found.rows and not words:
        frame.empty(
            ":material/smart_toy:", say("common.no_agents_title"), say("agentspage.empty_text")
        )
        return
    if not found.rows:
        frame.empty(":material/search_off:", say("agentspage.none"), say("agentspage.none_text"))
        return
    if found.total.more:
        st.markdown(gray(say("agentspage.found_more", number=number(found.total.number))))
    for row in found.rows:
        _agent(row)
    if found.pages > 1:
        st.pagination(found.pages, key="agents.page")
    _matrix(found.rows)


def _search() -> str:
    """A box to look for agents in, where there is more than a page of them."""
    everyone = desk().queries.people.agents_page(size=1)
    if everyone.total.number <= AGENTS:
        return ""
    text = st.text_input(
        say("agentspage.search"),
        key="agents.search",
        on_change=_first_page,
        type="search",
        icon=":material/search:",
        placeholder=say("agentspage.search"),
        label_visibility="collapsed",
    )
    return str(text or "")


def _first_page() -> None:
    st.session_state["agents.page"] = 1


def _make() -> None:
    row = st.form("agent.new", clear_on_submit=True, border=True)
    with row.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            say("agentspage.name"),
            key="agent.new.name",
            placeholder=say("agentspage.name_hint"),
        )
        st.form_submit_button(
            say("agentspage.make"), type="primary", icon=":material/add:", on_click=_made
        )


def _made() -> None:
    with guard.noted():
        agent = desk().agents.create(actor(), st.session_state["agent.new.name"])
        guard.tell(say("agentspage.made", name=plain(agent.name)))


def _agent(row: AgentRow) -> None:
    label = f"**{plain(row.name)}** · {say('agentspage.connected', count=row.connected)}"
    opened = st.expander(
        label, key=f"agent-{row.id}", icon=":material/smart_toy:", on_change="rerun"
    )
    if not opened.open:
        return
    with opened:
        guard.notices(f"agent-{row.id}")
        st.markdown(gray(say("agentspage.id")))
        st.code(row.id, language=None)
        _fields(row)
        if session.allowed(Role.OPERATOR):
            _rename(row)


def _fields(row: AgentRow) -> None:
    st.markdown(f"**{say('agentspage.fields')}**")
    st.markdown(gray(say("agentspage.fields_text")))
    for field in desk().queries.people.agent_fields(row.id):
        with st.container(horizontal=True, vertical_alignment="center"):
            kind = say(f"agentspage.type.{field.type}")
            st.markdown(f"{plain(field.label)} {gray(f'`{field.name}` · {kind}')}", width="stretch")
            if session.allowed(Role.OPERATOR):
                st.button(
                    say("agentspage.delete"),
                    icon=":material/delete:",
                    key=f"field-{field.id}",
                    help=say("agentspage.delete_field", name=field.label),
                    type="tertiary",
                    on_click=_field_deleted,
                    args=(row.id, field.name),
                )
    if session.allowed(Role.OPERATOR):
        _new_field(row.id)


def _new_field(agent_id: str) -> None:
    form = st.form(f"field.new.{agent_id}", clear_on_submit=True)
    with form.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(say("agentspage.field_label"), key=f"field.{agent_id}.label", width=200)
        st.text_input(
            say("agentspage.field_name"),
            key=f"field.{agent_id}.name",
            placeholder="client_city",
            width=160,
        )
        st.selectbox(
            say("agentspage.field_type"),
            TYPES,
            key=f"field.{agent_id}.type",
            format_func=spoken(TYPES, lambda one: say(f"agentspage.type.{one}")),
            width=140,
        )
        st.form_submit_button(
            say("agentspage.add_field"),
            icon=":material/add:",
            on_click=_field_added,
            args=(agent_id,),
        )


def _field_added(agent_id: str) -> None:
    held = {
        part: st.session_state[f"field.{agent_id}.{part}"] for part in ("label", "name", "type")
    }
    with guard.noted(place=f"agent-{agent_id}"):
        desk().agents.add_field(
            actor(), agent_id, name=held["name"], label=held["label"], kind=held["type"]
        )


def _field_deleted(agent_id: str, name: str) -> None:
    with guard.noted(place=f"agent-{agent_id}"):
        desk().agents.delete_field(actor(), agent_id, name)


def _rename(row: AgentRow) -> None:
    st.divider()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(say("agentspage.name"), value=row.name, key=f"rename.{row.id}", width=280)
        st.button(
            say("agentspage.rename"), key=f"rename-{row.id}", on_click=_renamed, args=(row.id,)
        )
        if session.allowed(Role.ADMIN):
            with st.popover(say("agentspage.delete"), icon=":material/delete:", type="tertiary"):
                st.markdown(say("agentspage.delete_text", name=plain(row.name)))
                st.button(
                    say("agentspage.delete_yes"),
                    key=f"delete-{row.id}",
                    type="primary",
                    on_click=_deleted,
                    args=(row.id,),
                )


def _renamed(agent_id: str) -> None:
    with guard.noted(place=f"agent-{agent_id}"):
        desk().agents.change(actor(), agent_id, name=st.session_state[f"rename.{agent_id}"])
        guard.tell(say("agentspage.renamed"), f"agent-{agent_id}")


def _deleted(agent_id: str) -> None:
    with guard.noted():
        desk().agents.delete(actor(), agent_id)
        guard.tell(say("agentspage.deleted"))


def _matrix(rows: Sequence[AgentRow]) -> None:
    """Each agent with its services; a line wraps where a table would leave a phone's screen."""
    found = desk().queries.overview.matrix([row.id for row in rows])
    providers = [p for p in registry.ids() if any((row.id, p) in found for row in rows)]
    if len(rows) < 2 or not providers:
        return
    frame.section(say("agentspage.matrix"), say("agentspage.matrix_text"))
    lines = []
    for row in rows:
        held = {p: found.get((row.id, p), Badge.NOT_CONNECTED) for p in providers}
        shown = [_linked(p, one) for p, one in held.items() if one is not Badge.NOT_CONNECTED]
        lines.append(f"- **{plain(row.name)}** {' '.join(shown) or ':gray[—]'}")
    st.markdown("\n".join(lines))


def _linked(provider: str, badge: Badge) -> str:
    """A service in the colour of its state, and the state in words where it is not well."""
    color, icon = cards.LOOKS[badge]
    name = registry.manifest(provider).name
    if badge is not Badge.CONNECTED:
        name = f"{name}: {say(f'integrations.badge.{badge.value}')}"
    return f":{color}-badge[{icon} {name}]"
