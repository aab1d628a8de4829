"""Around the mapping table: preview, versions, undo, and what changed at the vendor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.contracts.accounts import VendorField
from dashboard.mapping.known import AgentField
from dashboard.mapping.mappings import Drift
from dashboard.mapping.preview import Sample
from dashboard.mapping.rules import MappingRow, Problem
from dashboard.queries.overview import Link
from dashboard.ui import edits, frame, guard, mapping_rows, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, plain

LONGEST = 200


def preview(connection_id: str, provider: str, stream: str, sides: "Sides") -> None:
    """What the lines do to a real customer and to awkward ones; read only when looked at."""
    opened = st.expander(
        say("mappingpage.preview"),
        icon=":material/visibility:",
        key=f"mapping.{connection_id}.{stream}.preview",
        on_change="rerun",
    )
    if not opened.open:
        return
    with opened, guard.explained(provider):
        frame.readable()
        for sample in desk().mappings.preview(connection_id, stream, sides.rows):
            _sample(sample, sides)


@dataclass(frozen=True, kw_only=True)
class Sides:
    """The lines, and the fields on both of their sides."""

    rows: Sequence[MappingRow]
    ours: Sequence[AgentField]
    theirs: Sequence[VendorField]


def _sample(sample: Sample, sides: Sides) -> None:
    their_names = {one.name: one.label for one in sides.theirs}
    st.markdown(f"**{say(f'mappingpage.sample_{sample.name}')}**")
    if sample.name == "real":
        st.markdown(gray(say("mappingpage.preview_to")))
        why_not = "preview_empty" if sample.given else "preview_no_values"
        result(sample.to_vendor, their_names, say(f"mappingpage.{why_not}"))
        st.markdown(gray(say("mappingpage.preview_from")))
        why_not = "preview_unlearned" if sample.taken else "preview_unread"
        result(sample.from_vendor, our_names(sides.ours), say(f"mappingpage.{why_not}"))
    else:
        result(sample.to_vendor, their_names, say("mappingpage.preview_empty"))
    if sample.problems:
        st.markdown(
            "\n".join(
                f"- :orange[:material/warning: {problem(one, sides)}]" for one in sample.problems
            )
        )


def problem(found: Problem, sides: Sides) -> str:
    """What is wrong with a line, its fields called as the table calls them."""
    labels = {one.name: one.label for one in sides.theirs} | our_names(sides.ours)
    return wording.problem(
        found.code, "", {k: _labelled(v, labels) for k, v in found.values.items()}
    )


def _labelled(value: Any, labels: Mapping[str, str]) -> str:
    return plain(labels.get(str(value), value))


def result(values: Mapping[str, Any], names: Mapping[str, str], why_not: str) -> None:
    """Fields and values as a table, long values cut; where there are none, why not."""
    lines = [
        f"| {plain(names.get(name, name))} | {plain(str(value)[:LONGEST])} |"
        for name, value in values.items()
    ]
    if lines:
        head = f"| {say('recordspage.field')} | {say('recordspage.value')} |"
        st.markdown("\n".join([head, "|:--|:--|", *lines]))
    else:
        st.markdown(gray(why_not))


def our_names(fields: Sequence[AgentField]) -> dict[str, str]:
    """Labels of the agent's fields by name."""
    return {one.name: mapping_rows.agent_label(one) for one in fields}


def drift(link: Link, stream: str, theirs: Sequence[VendorField]) -> None:
    """Fields that were renamed or deleted since the mapping was saved."""
    found = desk().mappings.drift(link.id, stream, theirs)
    if found:
        lines = [f"- {_drifted(one)}" for one in found]
        text = "\n".join([say("mappingpage.drift"), *lines])
        st.warning(text, icon=":material/difference:")


def _drifted(one: Drift) -> str:
    was, now = plain(one.was), plain(one.now)
    if one.kind == "type_changed":
        was, now = (say(f"shared.types.{kind}") for kind in (one.was, one.now))
    return say(f"mappingpage.drift_{one.kind}", row=one.row + 1, was=was, now=now)


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
