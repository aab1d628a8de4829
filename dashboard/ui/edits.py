"""What a person did in a table editor, applied to the rows it began with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

Row = dict[str, Any]


def edited(rows: Sequence[Mapping[str, Any]], edits: Mapping[str, Any], blank: Row) -> list[Row]:
    """The rows after edits, in the editor's own order: kept rows, then added ones.

    Args:
        edits: What Streamlit keeps under the editor's key.
        blank: What a new row begins with.
    """
    changes: Mapping[int, Mapping[str, Any]] = edits.get("edited_rows", {})
    gone = set(edits.get("deleted_rows", ()))
    kept = [
        {**row, **changes.get(place, {})} for place, row in enumerate(rows) if place not in gone
    ]
    added = [
        {**blank, **{name: value for name, value in row.items() if name in blank}}
        for row in edits.get("added_rows", ())
    ]
    return kept + added


def begin(key: str, rows: Callable[[], list[Row]]) -> list[Row]:
    """The rows an editor began with, kept so that the editor never sees its own output."""
    if f"{key}.rows" not in st.session_state:
        st.session_state[f"{key}.rows"] = rows()
    found: list[Row] = st.session_state[f"{key}.rows"]
    return found


def current(key: str, blank: Row) -> list[Row]:
    """The rows as they stand now, the last keystroke included; usable in callbacks."""
    rows = st.session_state.get(f"{key}.rows", [])
    edits = st.session_state.get(f"{key}.editor.{_round(key)}")
    return edited(rows, edits if isinstance(edits, Mapping) else {}, blank)


def widget_key(key: str) -> str:
    """The key of the editor itself."""
    return f"{key}.editor.{_round(key)}"


def restart(key: str, rows: list[Row] | None = None) -> None:
    """Begin anew, from the given rows or from what `begin` is next given."""
    st.session_state[f"{key}.round"] = _round(key) + 1
    st.session_state.pop(f"{key}.rows", None)
    if rows is not None:
        st.session_state[f"{key}.rows"] = rows


def _round(key: str) -> int:
    return int(st.session_state.get(f"{key}.round", 0))
