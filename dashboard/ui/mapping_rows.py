"""Lines of a mapping as the table shows them, and back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from dashboard.contracts.accounts import VendorField
from dashboard.mapping.known import AgentField
from dashboard.mapping.rules import DIRECTIONS, TRANSFORMS, MappingRow
from dashboard.ui import wording
from dashboard.ui.edits import Words
from dashboard.ui.session import say

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
        required=shown["required"] is True,
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


def words(ours: Sequence[AgentField], theirs: Sequence[VendorField]) -> Words:
    """What people read in each column that offers a choice."""
    return {
        "agent_field": _distinct({one.name: agent_label(one) for one in ours}),
        "vendor_field": _distinct({one.name: vendor_label(one) for one in theirs}),
        "direction": {one: say(f"shared.directions.{one}") for one in DIRECTIONS},
        "transform": {one: say(f"shared.transforms.{one}") for one in TRANSFORMS},
        "required": {False: say("common.no"), True: say("common.yes")},
    }


def columns(chosen: Words) -> dict[str, Any]:
    """The table's columns with names and choices in words."""
    return {
        "agent_field": _choice("agent_field", chosen, width=170),
        "vendor_field": _choice("vendor_field", chosen, width=280),
        "direction": _choice("direction", chosen),
        "transform": _choice("transform", chosen),
        "argument": st.column_config.TextColumn(
            say("mappingpage.argument"), help=say("mappingpage.argument_help"), default=""
        ),
        "required": _choice("required", chosen),
    }


def _choice(name: str, chosen: Words, *, width: int | None = None) -> Any:
    default = chosen[name].get(BLANK[name], "")
    return st.column_config.SelectboxColumn(
        say(f"mappingpage.{name}"),
        options=list(chosen[name].values()),
        default=default,
        required=bool(default),
        width=width,
    )


def _distinct(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels, with the name where two fields share a label."""
    shared = Counter(labels.values())
    return {
        name: label if shared[label] == 1 else f"{label} · {name}" for name, label in labels.items()
    }


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
