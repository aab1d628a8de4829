"""Events that wait for a login or for a person: how many, what they will do, letting them go."""

from collections.abc import Mapping

import streamlit as st

from dashboard import registry
from dashboard.contracts.people import Role
from dashboard.queries.overview import Link
from dashboard.queries.traffic import HeldEvent, HeldRow, Touch
from dashboard.ui import dialogs, guard, session, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, plain, said

FIRST = 10
MORE = 25


def draw(links: Mapping[str, Link]) -> None:
    """A box for each connection whose events wait; a way to let others wait."""
    waiting = desk().queries.traffic.held(list(links))
    guard.notices("held")
    for row in waiting:
        with st.container(border=True, key=f"held-{row.connection_id}"):
            _box(row, links[row.connection_id])
    if session.allowed(Role.OPERATOR):
        _hold_others(links, {row.connection_id for row in waiting})


def _box(row: HeldRow, link: Link) -> None:
    name = registry.manifest(link.provider).name
    told = say(f"webhooks.held.{row.waits_for}", name=name, count=row.count)
    since = plain(say("webhooks.held_since", ago=wording.ago(row.oldest_at)))
    st.markdown(f":orange[:material/pause_circle:] **{told}** {gray(since)}")
    if row.by_hand and row.waits_for != "person":
        st.markdown(gray(say("webhooks.held_by_hand")))
    opened = st.expander(say("webhooks.held_preview"), key=f"held-in-{link.id}", on_change="rerun")
    if opened.open:
        with opened:
            _preview(row, link)
    if session.allowed(Role.OPERATOR):
        _buttons(row, link)


def _preview(row: HeldRow, link: Link) -> None:
    """In the order they will be processed, and what each will do."""
    key = f"held-size-{link.id}"
    size = int(st.session_state.get(key, FIRST))
    heads = [say(f"webhooks.held_head.{name}") for name in ("came", "event", "does")]
    lines = ["| " + " | ".join(heads) + " |", "|:--|:--|:--|"]
    lines += [_line(one, link) for one in desk().queries.traffic.held_events(link.id, size=size)]
    st.markdown("\n".join(lines))
    if row.count > size:
        st.button(
            say("webhooks.held_more", count=row.count - size),
            key=f"held-more-{link.id}",
            type="tertiary",
            on_click=_show_more,
            args=(key, size),
        )


def _show_more(key: str, size: int) -> None:
    st.session_state[key] = size + MORE


def _line(one: HeldEvent, link: Link) -> str:
    event = one.event
    known = event.name != "unknown"
    title = said(link.provider, "events", event.name) if known else event.vendor_name
    does = "; ".join(_touch(touch, link.provider) for touch in one.touches)
    moment = plain(wording.when(event.received_at))
    return f"| {moment} | {plain(title)} | {does or say('webhooks.touch.nothing')} |"


def _touch(touch: Touch, provider: str) -> str:
    stream = said(provider, "streams", touch.stream)
    what = plain(touch.title or touch.external_id)
    return say(f"webhooks.touch.{touch.how}", stream=stream, what=what).strip(" :")


def _buttons(row: HeldRow, link: Link) -> None:
    with st.container(horizontal=True, gap="small"):
        if row.waits_for == "login":
            _login(link)
        if row.by_hand or row.waits_for == "person":
            _button("release", link, primary=row.waits_for == "person", count=row.count)
        else:
            _button("hold", link)
        with st.popover(say("webhooks.drop"), icon=":material/delete:", type="tertiary"):
            st.markdown(say("webhooks.drop_text", count=row.count))
            _button("drop", link, primary=True, count=row.count)


def _login(link: Link) -> None:
    label = say("integrations.login_again")
    if st.button(label, key=f"held-login-{link.id}", type="primary", icon=":material/key:"):
        dialogs.login_again(link.provider)
        st.switch_page("../../pages/integrations.py")


def _button(word: str, link: Link, *, primary: bool = False, count: int = 0) -> None:
    st.button(
        say(f"webhooks.held_{word}", count=count),
        key=f"{word}-{link.id}",
        type="primary" if primary else "secondary",
        on_click=_done,
        args=(word, link),
    )


def _done(word: str, link: Link) -> None:
    with guard.noted(link.provider, "held"):
        by_hand = desk().inbound.by_hand
        work = {"hold": by_hand.hold, "release": by_hand.release, "drop": by_hand.drop}[word]
        count = work(actor(), link.id)
        guard.tell(say(f"webhooks.held_{word}_done", count=count), "held")


def _hold_others(links: Mapping[str, Link], waiting: set[str]) -> None:
    """Connections that work as usual, and can be told to wait."""
    usual = [
        one
        for one in links.values()
        if one.id not in waiting
        and one.state in ("active", "degraded")
        and registry.manifest(one.provider).hooks is not None
    ]
    if not usual:
        return
    with st.popover(say("webhooks.hold_open"), icon=":material/pause_circle:", type="tertiary"):
        st.markdown(say("webhooks.hold_text"))
        for link in usual:
            name = registry.manifest(link.provider).name
            st.button(name, key=f"hold-{link.id}", on_click=_done, args=("hold", link))
