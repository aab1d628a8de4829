"""The journal: filters, a table, one entry in full, export and the chain's proof."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import streamlit as st

from dashboard import clock, registry
from dashboard.queries.journal import Entry, Wanted
from dashboard.ui import chooser, exports, frame, journal_words, wording
from dashboard.ui.session import desk, say
from dashboard.ui.wording import gray, number, plain, spoken

SIZE = 50
OUTCOMES = ("ok", "refused", "failed", "unknown")
COLUMNS = ("seq", "at", "who", "action", "agent", "integration", "outcome", "detail", "request_id")
PERIODS = (1, 7, 30, 0)
AGENT = "journal.filter.agent"


def draw() -> None:
    """Everything about the journal."""
    wanted = _filters()
    _tools(wanted)
    total = desk().queries.journal.count(wanted)
    entries = _page(wanted)
    if not entries:
        frame.empty(":material/history:", say("journal.empty"), say("journal.empty_text"))
        return
    found = "journal.found_more" if total.more else "journal.found"
    st.markdown(gray(say(found, count=total.number, number=number(total.number))))
    names = desk().queries.overview.names(entry.agent_id for entry in entries)
    chosen = _table(entries, names)
    if total.number > SIZE:
        _turn(entries)
    if chosen is not None and chosen < len(entries):
        _detail(entries[chosen], names)


def action_name(action: str) -> str:
    """What was done, in words; an action without words is shown as it is named."""
    word = action.removeprefix("action.")
    if word != action and wording.known(f"shared.actions.{word}"):
        return say(f"shared.actions.{word}")
    key = f"actions.{action}"
    if wording.known(f"journal.{key}"):
        return say(f"journal.{key}")
    return action.replace("_", " ").replace(".", ": ").capitalize()


def _filters() -> Wanted:
    offer = chooser.offered(AGENT, [st.session_state.get(AGENT)])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        action = _choice("action", desk().queries.journal.actions(), action_name)
        outcome = _choice("outcome", list(OUTCOMES), lambda one: say(f"journal.outcome.{one}"))
        chooser.search(AGENT, offer, width=165)
        agent = _choice("agent", [one.id for one in offer.agents], chooser.named(offer))
        provider = _choice(
            "integration", list(registry.ids()), lambda one: registry.manifest(one).name
        )
        who = st.text_input(say("journal.who"), key="journal.who", on_change=_first_page, width=165)
        days = st.selectbox(
            say("journal.period"),
            PERIODS,
            index=1,
            key="journal.days",
            format_func=spoken(PERIODS, _period_name),
            on_change=_first_page,
            width=165,
        )
    chooser.tell(offer)
    return Wanted(
        action=action,
        outcome=outcome,
        agent_id=agent,
        provider=provider,
        who=str(who or ""),
        since=clock.now() - timedelta(days=days) if days else None,
    )


def _period_name(days: int) -> str:
    return say("common.days", count=days) if days else say("common.all_time")


def _choice(name: str, options: list[str], said: Callable[[str], str]) -> str:
    chosen = st.selectbox(
        say(f"journal.{name}"),
        ["", *options],
        key=f"journal.filter.{name}",
        format_func=spoken(["", *options], lambda one: said(one) if one else say("common.all")),
        on_change=_first_page,
        width=165,
    )
    return str(chosen or "")


def _tools(wanted: Wanted) -> None:
    with st.container(horizontal=True):
        if st.button(say("journal.verify"), icon=":material/verified:", key="journal.verify"):
            _verify()
        st.download_button(
            say("common.csv"),
            partial(_csv, wanted, [say(f"journal.column.{name}") for name in COLUMNS]),
            "journal.csv",
            "text/csv",
            icon=":material/download:",
            key="journal.csv",
            on_click="ignore",
        )


def _verify() -> None:
    with st.spinner(say("journal.verifying")):
        verdict = desk().audit.verify(desk().store)
    if verdict.ok:
        text = say("journal.chain_whole", number=number(verdict.entries))
        st.success(text, icon=":material/verified:")
        return
    cut = say("journal.chain_cut", count=verdict.missing)
    broken = say("journal.chain_broken", seq=str(verdict.broken_at))
    st.error(cut if verdict.missing else broken, icon=":material/gpp_bad:")


def _page(wanted: Wanted) -> list[Entry]:
    trail: list[int] = st.session_state.setdefault("journal.trail", [])
    before = trail[-1] if trail else None
    return desk().queries.journal.entries(replace(wanted, before=before), SIZE)


def _turn(entries: list[Entry]) -> None:
    trail: list[int] = st.session_state["journal.trail"]
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        st.button(say("journal.newer"), key="journal.newer", disabled=not trail, on_click=_newer)
        st.markdown(gray(say("common.page", number=len(trail) + 1)), width="content")
        st.button(
            say("journal.older"),
            key="journal.older",
            disabled=len(entries) < SIZE,
            on_click=trail.append,
            args=(entries[-1].seq,),
        )


def _newer() -> None:
    st.session_state["journal.trail"].pop()


def _first_page() -> None:
    st.session_state["journal.trail"] = []


def _table(entries: list[Entry], names: dict[str, str]) -> int | None:
    import pandas as pd

    rows = [_row(entry, names) for entry in entries]
    shown = [say(f"journal.column.{n}") for n in COLUMNS if n not in ("seq", "request_id")]
    chosen = st.dataframe(
        pd.DataFrame(rows, columns=shown),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="journal.table",
        height=420,
    )
    st.markdown(gray(say("journal.hint")))
    places = chosen["selection"]["rows"]
    return int(places[0]) if places else None


def _row(entry: Entry, names: dict[str, str]) -> dict[str, object]:
    values = {
        "seq": entry.seq,
        "at": wording.when(entry.at),
        "who": who(entry),
        "action": action_name(entry.action),
        "agent": names.get(entry.agent_id, entry.agent_id),
        "integration": _integration(entry.provider),
        "outcome": say(f"journal.outcome.{entry.outcome}"),
        "detail": journal_words.told(entry),
        "request_id": entry.vendor_request_id,
    }
    return {say(f"journal.column.{name}"): value for name, value in values.items()}


def who(entry: Entry) -> str:
    """Who did it: a person, a token, or the desk itself."""
    if entry.actor_kind == "system":
        return say("journal.system")
    if entry.actor_kind == "token":
        return say("journal.token", name=entry.actor_name)
    return entry.actor_name or entry.actor_id


def _integration(provider: str) -> str:
    return registry.manifest(provider).name if provider in registry.ids() else provider


def _csv(wanted: Wanted, heads: list[str]) -> bytes:
    """Runs in a thread of its own, so it says nothing in anybody's language."""
    entries = desk().queries.journal.everything(wanted)
    return exports.as_csv(heads, (dict(zip(heads, _raw(entry), strict=True)) for entry in entries))


def _raw(entry: Entry) -> tuple[object, ...]:
    return (
        entry.seq,
        entry.at.isoformat(),
        entry.actor_name or entry.actor_kind,
        entry.action,
        entry.agent_id,
        entry.provider,
        entry.outcome,
        json.dumps(dict(entry.detail), ensure_ascii=False),
        entry.vendor_request_id,
    )


def _detail(entry: Entry, names: dict[str, str]) -> None:
    with st.container(border=True):
        st.markdown(f"### {plain(action_name(entry.action))}", anchors=False)
        shown = dict(_row(entry, names))
        shown.pop(say("journal.column.detail"), None)
        shown[say("journal.exact_time")] = wording.exactly(entry.at)
        shown[say("journal.hash")] = entry.hash
        frame.facts({**shown, **journal_words.facts(entry)})
        if entry.detail:
            st.markdown(gray(say("journal.as_kept")))
            kept = json.dumps(dict(entry.detail), ensure_ascii=False, indent=2)
            st.code(kept, language=None, wrap_lines=True)
