"""Around the mapping table: preview, versions, undo, and what changed at the vendor."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.contracts.accounts import VendorField
from dashboard.mapping import apply
from dashboard.mapping.rules import MappingRow
from dashboard.queries.overview import Link
from dashboard.ui import edits, guard, mapping_rows, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, plain

# What real customers leave behind: spaces, an odd phone, an address in capitals, a long need.
AWKWARD = {
    "name": "  МАРИЯ   Петрова-Водкина ",
    "phone": "8 (916) 123-45-67 доб. 12",
    "email": " Maria.PETROVA@Example.COM ",
    "need": "Кухня, шкаф и стол. " * 20,
    "budget": "250 000,50 ₽",
}


def preview(connection_id: str, provider: str, stream: str, rows: Sequence[MappingRow]) -> None:
    """Both ways, on example values, on an awkward customer and on the newest real record."""
    with st.expander(say("mappingpage.preview"), icon=":material/visibility:"):
        link = desk().queries.overview.connection(connection_id)
        sample = desk().agents.get(actor(), link.agent_id).sample if link else {}
        with guard.explained(provider):
            st.markdown(f"**{say('mappingpage.preview_to')}**")
            result(apply.to_vendor(rows, sample))
            st.markdown(f"**{say('mappingpage.preview_odd')}**")
            result(apply.to_vendor(rows, AWKWARD))
        with guard.explained(provider):
            _real(connection_id, stream, rows)


def result(values: Mapping[str, Any]) -> None:
    """Names and values as a table."""
    lines = [f"| `{name}` | {plain(value)} |" for name, value in values.items()]
    if lines:
        st.markdown("\n".join(["| | |", "|:--|:--|", *lines]))
    else:
        st.markdown(gray(say("mappingpage.preview_empty")))


def drift(link: Link, stream: str, theirs: Sequence[VendorField]) -> None:
    """Fields that were renamed or deleted since the mapping was saved."""
    found = desk().mappings.drift(link.id, stream, theirs)
    if found:
        lines = [f"- {wording.problem(one.code, '', dict(one.values))}" for one in found]
        text = "\n".join([say("mappingpage.drift"), *lines])
        st.warning(text, icon=":material/difference:")


def undo(link: Link, stream: str) -> None:
    """Put the version before in force."""
    if len(desk().mappings.versions(link.id, stream)) > 1:
        st.button(
            say("mappingpage.undo"),
            key=f"mapping.{link.id}.{stream}.undo",
            icon=":material/undo:",
            type="tertiary",
            on_click=_undone,
            args=(link, stream),
        )


def versions(link: Link, stream: str) -> None:
    """Who saved what, and when."""
    found = desk().mappings.versions(link.id, stream)
    with st.expander(say("mappingpage.versions"), icon=":material/history:"):
        lines = [
            "- "
            + say(
                "mappingpage.version",
                version=one.version,
                author=plain(one.author),
                when=plain(wording.when(one.created_at)),
                count=len(one.rows),
            )
            for one in found
        ]
        st.markdown("\n".join(lines) or gray(say("mappingpage.no_versions")))


def _undone(link: Link, stream: str) -> None:
    key = f"mapping.{link.id}.{stream}"
    with guard.noted(link.provider, key):
        desk().mappings.undo(actor(), link.id, stream)
        edits.restart(
            key, [mapping_rows.from_row(r) for r in desk().mappings.current(link.id, stream)]
        )
        guard.tell(say("mappingpage.undone"), key)


def _real(connection_id: str, stream: str, rows: Sequence[MappingRow]) -> None:
    st.markdown(f"**{say('mappingpage.preview_from')}**")
    newest = desk().queries.records.page(connection_id, stream, size=1).rows
    if not newest:
        st.markdown(gray(say("mappingpage.no_record")))
        return
    st.markdown(gray(say("mappingpage.preview_record", title=plain(newest[0].title))))
    result(apply.from_vendor(rows, newest[0].fields.get("vendor_fields") or {}))
