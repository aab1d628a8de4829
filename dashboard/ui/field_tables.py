"""The two field kinds that are small tables: weekly hours and pairs."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.contracts.errors import Refusal
from dashboard.ui import edits, schedule
from dashboard.ui.session import say
from dashboard.ui.wording import gray

PAIR = {"name": "", "value": ""}


def hours(key: str, week: schedule.Week) -> None:
    """A row a day; a day without hours is closed."""
    rows = edits.begin(key, lambda: schedule.to_rows(week or {}))
    # A data frame gives the editor columns of their own; pandas is loaded only for it.
    import pandas as pd

    st.data_editor(
        pd.DataFrame([{**row, "day": say(f"shared.days.{row['day']}")} for row in rows]),
        key=edits.widget_key(key),
        hide_index=True,
        num_rows="fixed",
        disabled=["day"],
        column_config={
            "day": st.column_config.TextColumn(say("setup.day"), width="small"),
            "hours": st.column_config.TextColumn(say("setup.open_hours"), default=""),
        },
    )
    st.markdown(gray(say("setup.hours_hint")))


def read_hours(key: str, week: schedule.Week) -> dict[str, list[list[str]]]:
    """The week as it stands now.

    Raises:
        Refusal: `setup.hours_wrong`, naming the day that cannot be read.
    """
    if f"{key}.rows" not in st.session_state:
        return {day: [list(span) for span in (week or {}).get(day, ())] for day in schedule.DAYS}
    try:
        return schedule.to_week(edits.current(key, {}))
    except ValueError as day:
        named = {"day": say(f"shared.days.{day}")}
        raise Refusal("setup.hours_wrong", field="working_hours", values=named) from day


def pairs(key: str, given: Mapping[str, str] | None) -> None:
    """Names and values; empty names are left out."""
    rows = edits.begin(key, lambda: _rows(given))
    import pandas as pd

    st.data_editor(
        pd.DataFrame(rows, columns=list(PAIR)),
        key=edits.widget_key(key),
        hide_index=True,
        num_rows="dynamic",
        column_config={
            "name": st.column_config.TextColumn(say("setup.pair_name"), default=""),
            "value": st.column_config.TextColumn(say("setup.pair_value"), default=""),
        },
    )


def read_pairs(key: str, given: Mapping[str, str] | None) -> dict[str, str]:
    """The pairs as they stand now."""
    if f"{key}.rows" not in st.session_state:
        return dict(given or {})
    rows = edits.current(key, dict(PAIR))
    return {_clean(row["name"]): _clean(row["value"]) for row in rows if _clean(row["name"])}


def _rows(given: Mapping[str, str] | None) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in (given or {}).items()]


def _clean(value: object) -> str:
    return str(value or "").strip()
