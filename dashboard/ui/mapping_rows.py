"""Lines of a mapping as the table shows them, and back."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from dashboard.contracts.accounts import VendorField
from dashboard.mapping.known import AgentField
from dashboard.mapping.rules import DIRECTIONS, TRANSFORMS, MappingRow
from dashboard.ui import wording
from dashboard.ui.session import say
from dashboard.ui.wording import spoken

BLANK: Final[Mapping[str, Any]] = {
    "agent_field": "",
    "vendor_field": "",
    "direction": "both",
    "transform": "none",
    "argument": "",
    "required": False,
}


def to_row(shown: Mapping[str, Any]) -> MappingRow:
    """A line of the table as a rule."""
    return MappingRow(
        agent_field=str(shown["agent_field"] or ""),
        vendor_field=str(shown["vendor_field"] or ""),
        direction=str(shown["direction"] or "both"),
        transform=str(shown["transform"] or "none"),
        argument=str(shown["argument"] or "").strip(),
        required=bool(shown["required"]),
    )


def from_row(row: MappingRow) -> dict[str, Any]:
    """A rule as a line of the table."""
    return {
        "agent_field": row.agent_field,
        "vendor_field": row.vendor_field,
        "direction": row.direction,
        "transform": row.transform,
        "argument": _as_text(row.argument),
        "required": row.required,
    }


def columns(ours: Sequence[AgentField], theirs: Sequence[VendorField]) -> dict[str, Any]:
    """The table's columns with names in words."""
    our_names = {one.name: agent_label(one) for one in ours}
    their_names = {one.name: vendor_label(one) for one in theirs}
    directions = {one: say(f"shared.directions.{one}") for one in DIRECTIONS}
    transforms = {one: say(f"shared.transforms.{one}") for one in TRANSFORMS}
    column = st.column_config
    return {
        "agent_field": _choice("agent_field", our_names, "", width=170),
        "vendor_field": _choice("vendor_field", their_names, "", width=280),
        "direction": _choice("direction", directions, "both"),
        "transform": _choice("transform", transforms, "none"),
        "argument": column.TextColumn(
            say("mappingpage.argument"), help=say("mappingpage.argument_help"), default=""
        ),
        "required": column.CheckboxColumn(
            say("mappingpage.required"), default=False, width="small"
        ),
    }


def _choice(name: str, words: Mapping[str, str], default: str, *, width: int | None = None) -> Any:
    return st.column_config.SelectboxColumn(
        say(f"mappingpage.{name}"),
        options=list(words),
        format_func=spoken(words, words.__getitem__),
        default=default,
        required=bool(default),
        width=width,
    )


def vendor_label(field: VendorField) -> str:
    """A vendor's field with its type and marks."""
    marks = [
        say(f"shared.types.{field.type}")
        if wording.known(f"shared.types.{field.type}")
        else field.type
    ]
    marks += [say("mappingpage.custom")] if field.custom else []
    marks += [say("mappingpage.must")] if field.required else []
    marks += [say("mappingpage.read_only")] if field.read_only else []
    return f"{field.label} · {', '.join(marks)}"


def agent_label(field: AgentField) -> str:
    """An agent's field: its own label, or the standard one in words."""
    key = f"mapping.field.{field.name}"
    return say(key) if wording.known(key) else str(field.label or field.name)


def _as_text(argument: Any) -> str:
    """Named parts the way they are typed into the table."""
    if not isinstance(argument, Mapping):
        return str(argument or "")
    if "fields" in argument:
        return ", ".join(str(name) for name in argument["fields"])
    if set(argument) <= {"region", "format", "time_zone", "decimals", "value"}:
        return " ".join(str(part) for part in argument.values() if part not in (None, ""))
    return "; ".join(f"{ours}={theirs}" for ours, theirs in argument.items())
