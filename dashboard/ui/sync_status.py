"""How far each connection has come: live numbers, and the buttons that steer a run."""

import streamlit as st

from dashboard.contracts.people import Role
from dashboard.queries.overview import Badge, badge
from dashboard.queries.syncing import RunRow, Standing, StreamRow
from dashboard.ui import cards, frame, guard, icons, session, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, number, plain, said

STATES = {
    "queued": ("blue", ":material/hourglass_top:"),
    "running": ("blue", ":material/sync:"),
    "succeeded": ("green", ":material/check_circle:"),
    "partial": ("orange", ":material/warning:"),
    "failed": ("red", ":material/error:"),
    "cancelled": ("gray", ":material/cancel:"),
}


def draw(agent_id: str) -> None:
    """Every connection of the agent that can sync, refreshed while the page is open."""
    _board(agent_id)


@st.fragment(run_every=2.0)
def _board(agent_id: str) -> None:
    guard.notices("sync")
    standings = desk().queries.syncing.standings(agent_id)
    if not standings:
        frame.empty(":material/sync_disabled:", say("syncpage.empty"), say("syncpage.empty_text"))
    for standing in standings:
        with st.container(border=True, key=f"standing-{standing.link.id}"):
            _head(standing)
            _progress(standing)
            _streams(standing)


def reason(run: RunRow, provider: str) -> str:
    """Why a run went wrong, and what to do about it; empty when it did not."""
    if not run.error_code:
        return ""
    text = wording.problem(run.error_code, provider)
    return (
        f"{text} {gray(wording.reason(run.error_reason, provider))}" if run.error_reason else text
    )


def _head(standing: Standing) -> None:
    link = standing.link
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            st.markdown(icons.image(link.provider), width=40)
            title = f"### {standing.name} {_badges(standing)}"
            st.markdown(title, anchors=False, width="stretch")
        # What only arrives by webhook cannot be asked for.
        readable = any(not row.events_only for row in standing.streams)
        if readable and session.allowed(Role.OPERATOR):
            _buttons(standing)
    st.markdown(gray(" · ".join(_facts(standing))))


def _badges(standing: Standing) -> str:
    """The state of the newest run, or the login that is due; a pause and a sandbox."""
    shown = []
    if badge(standing.link) is Badge.NEEDS_REAUTH:
        shown.append(cards.badges(Badge.NEEDS_REAUTH, sandbox=False))
    elif standing.latest:
        color, icon = STATES.get(standing.latest.state, ("gray", ":material/help:"))
        shown.append(f":{color}-badge[{icon} {say(f'syncpage.state.{standing.latest.state}')}]")
    if standing.link.paused:
        shown.append(f":gray-badge[:material/pause_circle: {say('syncpage.paused')}]")
    if standing.link.in_sandbox:
        shown.append(f":violet-badge[:material/science: {say('integrations.badge.sandbox')}]")
    return " ".join(shown)


def _facts(standing: Standing) -> list[str]:
    link, run = standing.link, standing.latest
    facts = [plain(link.account_name)] if link.account_name else []
    facts.append(say("syncpage.last", ago=wording.ago(link.last_sync_at)))
    if link.next_due_at and not link.paused:
        facts.append(say("syncpage.next", ago=wording.ago(link.next_due_at)))
    if run:
        facts.append(say("syncpage.took", time=wording.lasted(run.seconds)))
        if run.per_second:
            facts.append(say("syncpage.per_second", number=number(round(run.per_second, 1))))
        counts = {name: number(getattr(run, name)) for name in ("new", "changed", "deleted")}
        facts.append(say("syncpage.counts", **counts))
        if run.refused:
            facts.append(f":orange[{say('syncpage.refused', count=run.refused)}]")
    return facts


def _progress(standing: Standing) -> None:
    run, link = standing.latest, standing.link
    if link.error_code and not (run and run.error_code):
        st.markdown(f":red[{wording.problem(link.error_code, link.provider)}]")
    if run is None:
        return
    if run.error_code:
        st.markdown(f":red[{reason(run, standing.link.provider)}]")
    if run.retry_at and standing.running:
        st.markdown(gray(say("syncpage.retry", ago=wording.ago(run.retry_at))))
    if not standing.running:
        return
    text = say("syncpage.read_so_far", number=number(run.records))
    if run.share is not None:
        st.progress(run.share, text=text)
    else:
        st.markdown(f":blue[:material/sync:] {text}")


def _streams(standing: Standing) -> None:
    """A tile for each stream: how many records, how fresh, and what is wrong."""
    provider = standing.link.provider
    board = st.grid("auto", min_column_width=210, gap="small", border=True)
    for row in standing.streams:
        name = said(provider, "streams", row.stream)
        lines = [f"**{name}** · {number(row.records)}", _verdict(row, provider)]
        if not row.events_only:
            fresh = say("syncpage.last", ago=wording.ago(row.last_success_at))
            upto = say("syncpage.cursor", ago=wording.ago(row.cursor_at)) if row.cursor_at else ""
            lines += [gray(plain(fresh)), gray(plain(upto))]
        board.markdown("  \n".join(filter(None, lines)))


def _verdict(row: StreamRow, provider: str) -> str:
    if row.off_reason:
        return f":orange[:small[{wording.problem(row.off_reason, provider)}]]"
    if not row.enabled:
        return gray(say("syncpage.stream_off"))
    if row.error_code:
        return f":red[:small[{wording.problem(row.error_code, provider)}]]"
    if row.events_only:
        return gray(say("syncpage.by_events"))
    return f":green[:small[:material/check_circle: {say('syncpage.stream_on')}]]"


def _buttons(standing: Standing) -> None:
    link = standing.link
    with st.container(horizontal=True, gap="small", width="content"):
        if standing.running:
            _button(standing, "cancel", ":material/cancel:")
        else:
            _button(standing, "run", ":material/sync:")
        if link.paused:
            _button(standing, "resume", ":material/play_arrow:")
        else:
            _button(standing, "pause", ":material/pause:")
        _button(standing, "resync", ":material/restart_alt:")


def _button(standing: Standing, word: str, icon: str) -> None:
    st.button(
        say(f"syncpage.{word}"),
        key=f"{word}-{standing.link.id}",
        help=say(f"syncpage.{word}_help", name=standing.name),
        icon=icon,
        on_click=_steer,
        args=(word, standing.link.id, standing.link.provider),
        type="secondary" if word == "run" else "tertiary",
    )


def _steer(word: str, connection_id: str, provider: str) -> None:
    sync = desk().sync
    with guard.noted(provider, "sync"):
        if word == "run":
            sync.request(actor(), connection_id, "button")
        elif word == "cancel":
            sync.cancel(actor(), connection_id)
        elif word == "pause":
            sync.pause(actor(), connection_id)
        elif word == "resume":
            sync.resume(actor(), connection_id)
        else:
            sync.resync(actor(), connection_id)
        guard.tell(say(f"syncpage.{word}_done"), "sync")
