"""Lines of a mapping as the table shows them, and back."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from dashboard.contracts.accounts import VendorField
from dashboard.mapping.rules import TRANSFORMS, MappingRow
from dashboard.ui import wording
from dashboard.ui.session import say

DIRECTIONS = ("to_vendor", "from_vendor", "both")
BLANK: Final[Mapping[str, Any]] = {
    "agent_field": "",
    "vendor_field": "",
    "direction": "both",
    "transform": "none",
    "argument": "",
    "required": False,
}


def to_row(shown: Mapping[str, Any]) -> MappingRow:
    """A line of the table as a rule; an enum's pairs are written "ours=theirs; ours=theirs"."""
    transform = str(shown["transform"] or "none")
    return MappingRow(
        agent_field=str(shown["agent_field"] or ""),
        vendor_field=str(shown["vendor_field"] or ""),
        direction=str(shown["direction"] or "both"),
        transform=transform,
        argument=_argument(transform, str(shown["argument"] or "")),
        required=bool(shown["required"]),
    )


def from_row(row: MappingRow) -> dict[str, Any]:
    """A rule as a line of the table."""
    argument = row.argument
    if isinstance(argument, Mapping):
        argument = "; ".join(f"{ours}={theirs}" for ours, theirs in argument.items())
    return {
        "agent_field": row.agent_field,
        "vendor_field": row.vendor_field,
        "direction": row.direction,
        "transform": row.transform,
        "argument": argument or "",
        "required": row.required,
    }


def columns(ours: Sequence[Any], theirs: Sequence[VendorField]) -> dict[str, Any]:
    """The table's columns with names in words."""
    our_names = {one.name: agent_label(one) for one in ours}
    their_names = {one.name: vendor_label(one) for one in theirs}
    column = st.column_config
    return {
        "agent_field": column.SelectboxColumn(
            say("mappingpage.agent_field"),
            options=list(our_names),
            format_func=lambda one: our_names.get(one, one),
            width="medium",
            default="",
        ),
        "vendor_field": column.SelectboxColumn(
            say("mappingpage.vendor_field"),
            options=list(their_names),
            format_func=lambda one: their_names.get(one, one),
            width="medium",
            default="",
        ),
        "direction": column.SelectboxColumn(
            say("mappingpage.direction"),
            options=list(DIRECTIONS),
            format_func=lambda one: say(f"shared.directions.{one}"),
            default="both",
            required=True,
        ),
        "transform": column.SelectboxColumn(
            say("mappingpage.transform"),
            options=list(TRANSFORMS),
            format_func=lambda one: say(f"shared.transforms.{one}"),
            default="none",
            required=True,
        ),
        "argument": column.TextColumn(
            say("mappingpage.argument"), help=say("mappingpage.argument_help"), default=""
        ),
        "required": column.CheckboxColumn(
            say("mappingpage.required"), default=False, width="small"
        ),
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


def agent_label(field: Any) -> str:
    """An agent's field: its own label, or the standard one in words."""
    key = f"mappingpage.field.{field.name}"
    return say(key) if wording.known(key) else str(field.label or field.name)


def _argument(transform: str, text: str) -> dict[str, str] | str:
    if transform != "enum":
        return text
    pairs = [piece.partition("=") for piece in text.replace("\n", ";").split(";") if "=" in piece]
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
