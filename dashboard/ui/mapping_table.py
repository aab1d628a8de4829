"""The table that ties the agent's fields to the vendor's, and everything around it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import registry
from dashboard.contracts.accounts import VendorField
from dashboard.contracts.errors import Refusal
from dashboard.contracts.forms import MapFields
from dashboard.contracts.people import Role
from dashboard.mapping import fields as agent_side
from dashboard.mapping import rules
from dashboard.mapping.fields import Suggestion
from dashboard.mapping.known import AgentField
from dashboard.mapping.rules import MappingRow, Problem
from dashboard.queries.overview import Link
from dashboard.ui import edits, guard, mapping_rows, mapping_tools, session
from dashboard.ui.mapping_rows import BLANK
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, plain


def streams(provider: str) -> list[str]:
    """Streams whose fields are mapped."""
    steps = [s for s in registry.manifest(provider).steps if isinstance(s, MapFields)]
    return [stream for step in steps for stream in step.streams]


def workbench(link: Link, stream: str) -> None:
    """The table with saving, undo, versions, a preview and what has drifted."""
    key = _key(link.id, stream)
    guard.notices(key)
    with guard.explained(link.provider):
        mapping_tools.drift(link, stream, vendor_fields(link.id, stream))
        draw(link.id, link.provider, stream)
        if session.allowed(Role.OPERATOR):
            with st.container(horizontal=True):
                st.button(
                    say("mappingpage.save"),
                    key=f"{key}.save",
                    type="primary",
                    on_click=_saved,
                    args=(link, stream),
                )
                st.button(
                    say("mappingpage.suggest"),
                    key=f"{key}.suggest",
                    icon=":material/auto_awesome:",
                    on_click=_suggested,
                    args=(link, stream),
                )
                mapping_tools.undo(link, stream)
        mapping_tools.versions(link, stream)


def draw(connection_id: str, provider: str, stream: str) -> None:
    """The table, what is wrong in it, and what it does to a real record."""
    with guard.explained(provider):
        ours, theirs = agent_fields(connection_id), vendor_fields(connection_id, stream)
        key = _key(connection_id, stream)
        words = mapping_rows.words(ours, theirs)
        edits.speak(key, words, dict(BLANK))
        began = edits.begin(key, lambda: _first_rows(connection_id, stream, ours, theirs))
        _editor(key, edits.worded(began, words), words)
        rows = current(connection_id, stream)
        sides = mapping_tools.Sides(rows=rows, ours=ours, theirs=theirs)
        problems(rules.check(rows, ours, theirs), sides)
        mapping_tools.preview(connection_id, provider, stream, sides)
        if not theirs:
            st.markdown(gray(say("mappingpage.no_fields", name=registry.manifest(provider).name)))


def save(connection_id: str, stream: str) -> None:
    """Save the table as it stands; for callbacks.

    Raises:
        Refusal: A row is wrong, or the person may not.
    """
    if f"{_key(connection_id, stream)}.rows" not in st.session_state:
        return
    rows = current(connection_id, stream)
    found = rules.check(rows, agent_fields(connection_id), vendor_fields(connection_id, stream))
    if found:
        raise Refusal("mappingpage.fix_rows", values={"count": str(len(found))})
    desk().mappings.save(actor(), connection_id, stream, rows)


def current(connection_id: str, stream: str) -> list[MappingRow]:
    """The rows of the table as they stand, the last keystroke included."""
    shown = edits.current(_key(connection_id, stream), dict(BLANK))
    return [mapping_rows.to_row(row) for row in shown if row["agent_field"] or row["vendor_field"]]


def vendor_fields(connection_id: str, stream: str) -> list[VendorField]:
    """The vendor's fields, read live once for as long as the table is open."""
    key = f"live.{connection_id}.fields.{stream}"
    if key not in st.session_state:
        with st.spinner(say("mappingpage.reading")):
            st.session_state[key] = desk().lists.fields(connection_id, stream)
    found: list[VendorField] = st.session_state[key]
    return found


def agent_fields(connection_id: str) -> Sequence[AgentField]:
    """What the agent knows about a customer: the standard fields and its own."""
    link = desk().queries.overview.connection(connection_id)
    return desk().mappings.agent_fields(link.agent_id if link else "")


def problems(found: Sequence[Problem], sides: mapping_tools.Sides) -> None:
    """What is wrong, row by row, with what to do."""
    if not found:
        return
    lines = [f"- {_place(one)}{mapping_tools.problem(one, sides)}" for one in found]
    st.warning("\n".join(lines), icon=":material/rule:")


def _place(one: Problem) -> str:
    return f"**{say('mappingpage.row', number=one.row + 1)}**: " if one.row >= 0 else ""


def _key(connection_id: str, stream: str) -> str:
    return f"mapping.{connection_id}.{stream}"


def _first_rows(
    connection_id: str,
    stream: str,
    ours: Sequence[AgentField],
    theirs: Sequence[VendorField],
) -> list[dict[str, Any]]:
    saved = desk().mappings.current(connection_id, stream)
    if saved:
        return [mapping_rows.from_row(row) for row in saved]
    suggested = agent_side.suggest(ours, theirs)
    return [mapping_rows.from_row(one.row) for one in suggested] or [dict(BLANK)]


def _editor(key: str, rows: list[dict[str, Any]], words: edits.Words) -> None:
    import pandas as pd

    st.data_editor(
        pd.DataFrame(rows, columns=list(BLANK)),
        key=edits.widget_key(key),
        num_rows="dynamic" if session.allowed(Role.OPERATOR) else "fixed",
        disabled=not session.allowed(Role.OPERATOR),
        hide_index=True,
        column_config=mapping_rows.columns(words),
        alt=say("mappingpage.table"),
    )
    st.markdown(gray(say("mappingpage.hint")))


def _saved(link: Link, stream: str) -> None:
    key = _key(link.id, stream)
    with guard.noted(link.provider, key):
        save(link.id, stream)
        edits.restart(key)
        guard.tell(say("mappingpage.saved"), key)


def _suggested(link: Link, stream: str) -> None:
    key = _key(link.id, stream)
    with guard.noted(link.provider, key):
        have = [mapping_rows.from_row(row) for row in current(link.id, stream)]
        taken = {row["vendor_field"] for row in have} | {row["agent_field"] for row in have}
        fresh = [
            one
            for one in agent_side.suggest(agent_fields(link.id), vendor_fields(link.id, stream))
            if not {one.row.agent_field, one.row.vendor_field} & taken
        ]
        edits.restart(key, have + [mapping_rows.from_row(one.row) for one in fresh])
        guard.tell(_told(fresh, agent_fields(link.id)), key)


def _told(fresh: Sequence[Suggestion], ours: Sequence[AgentField]) -> str:
    if not fresh:
        return say("mappingpage.nothing_suggested")
    names = mapping_tools.our_names(ours)
    shown = ", ".join(
        f"{names[one.row.agent_field]} ({round(one.confidence * 100)} %)" for one in fresh
    )
    return say("mappingpage.suggested", rows=plain(shown))
