"""Synced records: a searchable page of a table, and one record in full."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import streamlit as st

from dashboard import registry
from dashboard.contracts.manifest import Category
from dashboard.queries.overview import Card, Link
from dashboard.queries.records import SEARCHED, RecordPage, RecordRow
from dashboard.ui import frame, guard, mapped, wording
from dashboard.ui.session import desk, say
from dashboard.ui.wording import gray, number, said, spoken

SIZE = 25
# Each wish to search older records too looks through so many times as many.
DEEPER = 10
# The columns worth a place in a list, by kind of record; others are in the detail.
COLUMNS = {
    "deals": ("title", "amount", "pipeline", "stage", "closed", "tags", "updated_at"),
    "contacts": ("title", "phones", "emails", "tags", "updated_at"),
    "companies": ("title", "phones", "emails", "website", "updated_at"),
    "tasks": ("title", "due_at", "completed", "about_kind", "updated_at"),
    "events": ("title", "starts_at", "ends_at", "status", "location", "attendees"),
    "conversations": ("title", "customer_name", "updated_at"),
    "messages": ("title", "direction", "status", "sender", "updated_at"),
    "invoices": ("title", "number", "amount", "status", "due_at", "updated_at"),
    "payments": ("title", "amount", "status", "method", "updated_at"),
    "payment_links": ("title", "amount", "status", "pay_url", "updated_at"),
    "customers": ("title", "email", "phone", "updated_at"),
}
USUAL = ("title", "status", "updated_at")
HIDDEN = ("vendor_fields", "external_id", "currency", "url", "title")


def sources(agent_id: str) -> list[Card]:
    """Connected providers that keep records, CRMs first."""
    cards = desk().queries.overview.cards(agent_id)
    found = [
        c for c in cards if c.link and c.link.account_id and registry.manifest(c.provider).streams
    ]
    return sorted(found, key=lambda card: card.category is not Category.CRM)


def crm_missing(cards: list[Card]) -> bool:
    """True when no CRM is connected; says so and where to connect one."""
    if any(card.category is Category.CRM for card in cards):
        return False
    frame.empty(":material/handshake:", say("recordspage.no_crm"), say("recordspage.no_crm_text"))
    st.page_link(
        "../../pages/integrations.py", label=say("recordspage.connect"), icon=":material/hub:"
    )
    return True


def choose(cards: list[Card]) -> tuple[Link, str] | None:
    """Draw the choice of integration and stream."""
    by_id = {card.link.id: card for card in cards if card.link}
    if not by_id:
        return None
    frame.readable()
    with st.container(horizontal=True):
        chosen = st.selectbox(
            say("recordspage.source"),
            list(by_id),
            format_func=lambda key: by_id[key].name,
            key="records.connection",
            width=240,
        )
        card = by_id[chosen]
        streams = [stream.name for stream in registry.manifest(card.provider).streams]
        stream = st.segmented_control(
            say("recordspage.stream"),
            streams,
            default=streams[0],
            required=True,
            format_func=spoken(streams, lambda name: said(card.provider, "streams", name)),
            key=f"records.stream.{chosen}",
        )
    link = card.link
    return (link, str(stream or streams[0])) if link else None


def table(link: Link, stream: str) -> None:
    """One page of records, and the chosen one in full."""
    key = f"records.{link.id}.{stream}"
    text = _search(key)
    page = int(st.session_state.get(f"{key}.page", 1))
    depth = int(st.session_state.get(f"{key}.depth", SEARCHED))
    found = desk().queries.records.page(
        link.id, stream, search=text, depth=depth, page=page, size=SIZE
    )
    pages = max(1, -(-found.total // SIZE))
    st.markdown(gray(_how_many(found, searched=bool(text), depth=depth)))
    if found.partly:
        _deeper(key, depth)
    if not found.rows:
        _nothing(found, searched=bool(text))
        return
    st.markdown(gray(say("recordspage.choose")))
    place = _rows(link, stream, found.rows, key)
    if pages > 1:
        st.pagination(pages, key=f"{key}.page")
    if place is not None and place < len(found.rows):
        row = found.rows[place]
        title = wording.plain(row.title or row.external_id)
        dialog = st.dialog(title, width="large", on_dismiss=partial(_unchoose, key))
        dialog(detail)(link, stream, row)


def _search(key: str) -> str:
    text = st.text_input(
        say("recordspage.search"),
        key=f"{key}.search",
        on_change=_first_page,
        args=(key,),
        type="search",
        icon=":material/search:",
        placeholder=say("recordspage.search_hint"),
        label_visibility="collapsed",
    )
    return str(text or "").strip()


def _how_many(found: RecordPage, *, searched: bool, depth: int) -> str:
    many = "found_too_many" if searched else "found_many"
    word = many if found.more else "found"
    told = say(f"recordspage.{word}", count=found.total, number=number(found.total))
    return f"{told}. {say('recordspage.partly', number=number(depth))}" if found.partly else told


def _deeper(key: str, depth: int) -> None:
    st.button(
        say("recordspage.deeper"),
        key=f"{key}.deeper",
        icon=":material/manage_search:",
        type="tertiary",
        on_click=st.session_state.__setitem__,
        args=(f"{key}.depth", depth * DEEPER),
    )


def _unchoose(key: str) -> None:
    """A new key lets go of the ticked row, or the dialog would come back."""
    st.session_state[f"{key}.round"] = st.session_state.get(f"{key}.round", 0) + 1


def _first_page(key: str) -> None:
    st.session_state[f"{key}.page"] = 1
    st.session_state.pop(f"{key}.depth", None)


def detail(link: Link, stream: str, row: RecordRow) -> None:
    """Everything about one record, with its mapping applied."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(gray(f"{say('recordspage.id')}: `{row.external_id}`"), width="content")
        if row.url:
            name = registry.manifest(link.provider).name
            label = say("recordspage.open", name=name)
            st.link_button(label, row.url, icon=":material/open_in_new:")
    names = ("record", "agent", "vendor")
    ours, agents, theirs = frame.tabs([say(f"recordspage.tab_{name}") for name in names])
    with ours:
        _facts(row)
    with agents, guard.explained(link.provider):
        mapped.draw(link, stream, row)
    with theirs:
        frame.payload(row.fields.get("vendor_fields") or {}, expanded=1)


def cell(name: str, fields: Mapping[str, Any]) -> str:
    """One value as people read it."""
    value = fields.get(name)
    if name in ("amount", "amount_paid"):
        return wording.money(value, fields.get("currency"))
    if isinstance(value, bool):
        return say("common.yes" if value else "common.no")
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    if name.endswith("_at") and value:
        return wording.when(datetime.fromisoformat(str(value)))
    if name in ("closed", "direction", "status", "about_kind") and value:
        return _word(str(value))
    return "" if value is None else str(value)


def _word(value: str) -> str:
    key = f"value.{value}"
    return say(f"recordspage.{key}") if wording.known(f"recordspage.{key}") else value


def _nothing(found: RecordPage, *, searched: bool) -> None:
    word = "nothing_found" if searched else "nothing_yet"
    text = "nothing_newer_text" if found.partly else f"{word}_text"
    frame.empty(":material/inbox:", say(f"recordspage.{word}"), say(f"recordspage.{text}"))


def _rows(link: Link, stream: str, rows: tuple[RecordRow, ...], key: str) -> int | None:
    import pandas as pd

    names = COLUMNS.get(stream, USUAL)
    cells = [[cell(name, {**row.fields, "title": row.title}) for name in names] for row in rows]
    heads = [column_name(name) for name in names]
    chosen = st.dataframe(
        pd.DataFrame(cells, columns=heads),
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-row",
        key=f"{key}.table.{st.session_state.get(f'{key}.round', 0)}",
        alt=said(link.provider, "streams", stream),
    )
    places = chosen["selection"]["rows"]
    return int(places[0]) if places else None


def _facts(row: RecordRow) -> None:
    shown = {name: cell(name, row.fields) for name in row.fields if name not in HIDDEN}
    frame.facts({column_name(name): value for name, value in shown.items()})
    st.markdown(gray(say("recordspage.saved", ago=wording.ago(row.saved_at))))


def column_name(name: str) -> str:
    """A record's field in words."""
    key = f"recordspage.column.{name}"
    return say(key) if wording.known(key) else name.replace("_", " ").capitalize()
