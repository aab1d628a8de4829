"""What a person did in a table editor, applied to the rows it began with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

Row = dict[str, Any]


# Column -> what is kept -> the word that the editor shows for it.
Words = Mapping[str, Mapping[Any, str]]


def edited(
    rows: Sequence[Mapping[str, Any]],
    edits: Mapping[str, Any],
    blank: Row,
    words: Words | None = None,
) -> list[Row]:
    """The rows after edits, in the editor's own order: kept rows, then added ones.

    Args:
        edits: What Streamlit keeps under the editor's key.
        blank: What a new row begins with.
        words: As `worded` was given; the edits speak in them, the rows do not.
    """
    changes: Mapping[int, Row] = edits.get("edited_rows", {})
    gone = set(edits.get("deleted_rows", ()))
    kept = [
        {**row, **_meant(changes.get(place, {}), words)}
        for place, row in enumerate(rows)
        if place not in gone
    ]
    added = [
        {**blank, **{name: value for name, value in _meant(row, words).items() if name in blank}}
        for row in edits.get("added_rows", ())
    ]
    return kept + added


def worded(rows: Sequence[Mapping[str, Any]], words: Words) -> list[Row]:
    """The rows in the words that people read.

    The canvas can put words over codes, its hidden table for screen readers cannot.
    """
    return [
        {name: words.get(name, {}).get(value, value) for name, value in row.items()} for row in rows
    ]


def _meant(row: Row, words: Words | None) -> Row:
    codes = {name: {word: code for code, word in by.items()} for name, by in (words or {}).items()}
    return {name: codes.get(name, {}).get(value, value) for name, value in row.items()}


def begin(key: str, rows: Callable[[], list[Row]]) -> list[Row]:
    """The rows an editor began with, kept so that the editor never sees its own output."""
    if f"{key}.rows" not in st.session_state:
        st.session_state[f"{key}.rows"] = rows()
    found: list[Row] = st.session_state[f"{key}.rows"]
    return found


def current(key: str, blank: Row) -> list[Row]:
    """The rows as they stand now, the last keystroke included; usable in callbacks."""
    rows = st.session_state.get(f"{key}.rows", [])
    edits = st.session_state.get(widget_key(key))
    words = st.session_state.get(f"{key}.words")
    return edited(rows, edits if isinstance(edits, Mapping) else {}, blank, words)


def speak(key: str, words: Words, blank: Row) -> None:
    """Show the rows in these words from now on.

    Other words make another editor, so what was typed into the one before moves to the rows.
    """
    if st.session_state.get(f"{key}.words", words) != words:
        restart(key, current(key, blank))
    st.session_state[f"{key}.words"] = words


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
