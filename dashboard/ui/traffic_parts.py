"""What lists of events and of deliveries share: the filter, the pages, the folded rows."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import clock, registry
from dashboard.queries.listed import Count
from dashboard.queries.overview import Link
from dashboard.ui import wording
from dashboard.ui.session import say
from dashboard.ui.wording import gray, number, plain, spoken

SIZE = 25
# How far back something is done again; None for everything that is kept.
SPANS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "all": None,
}
LONG_AGO = timedelta(days=3650)


def state(kind: str, states: Mapping[str, str]) -> str:
    """Draw the filter by state; the chosen one, empty for all.

    Args:
        kind: event | delivery, as the words are called.
        states: Colours by state.
    """

    def name(one: str) -> str:
        return say(f"webhooks.{kind}.{one}") if one else say("common.all")

    chosen = st.segmented_control(
        say("webhooks.state"),
        ["", *states],
        default="",
        required=True,
        key=f"{kind}.state",
        format_func=spoken(["", *states], name),
        label_visibility="collapsed",
        on_change=first_pages,
    )
    return str(chosen or "")


def page(kind: str) -> int:
    """The page that is looked at, from 1."""
    return int(st.session_state.get(f"{kind}.page", 1))


def first_pages() -> None:
    """Begin both lists at their newest, as when other rows are asked for."""
    st.session_state["event.page"] = st.session_state["delivery.page"] = 1


def found(kind: str, total: Count) -> None:
    """Draw how many there are.

    Args:
        kind: events | deliveries, as the words are called.
    """
    word = f"webhooks.{kind}_found_more" if total.more else f"webhooks.{kind}_found"
    st.markdown(gray(say(word, count=total.number, number=number(total.number))))


def pages(kind: str, count: int) -> None:
    """Draw the pages when one is not enough."""
    if count > 1:
        st.pagination(count, key=f"{kind}.page")


def row(key: str, badge: str, title: str, link: Link, moment: datetime) -> DeltaGenerator | None:
    """Draw a folded row; where to draw the rest of it, once it is opened."""
    name = registry.manifest(link.provider).name
    label = f"{badge} **{plain(title)}** · {name} · {plain(wording.when(moment))}"
    opened = st.expander(label, key=key, on_change="rerun")
    return opened if opened.open else None


def since(key: str) -> datetime:
    """Draw the choice of how far back; the moment."""
    chosen = st.segmented_control(
        say("webhooks.since"),
        list(SPANS),
        default="day",
        required=True,
        key=key,
        format_func=spoken(SPANS, lambda one: say(f"webhooks.since.{one}")),
    )
    return clock.now() - (SPANS[str(chosen or "day")] or LONG_AGO)
