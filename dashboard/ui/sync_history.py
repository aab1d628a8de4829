"""Past runs: filters, a chart, a table and a CSV file."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import streamlit as st
from babel import dates

from dashboard import clock, registry
from dashboard.queries.syncing import RunRow, Standing
from dashboard.ui import exports, frame, session, sync_status, wording
from dashboard.ui.session import desk, say
from dashboard.ui.wording import spoken

DAYS = (1, 7, 30)
# What a run wrote, and its colour, readable on light and dark.
WRITTEN = {"new": "#3d7bea", "changed": "#e0a030", "deleted": "#d6455d"}
LONG = 8
COLUMNS = (
    "started_at",
    "integration",
    "state",
    "reason",
    "new",
    "changed",
    "deleted",
    "refused",
    "seconds",
    "error",
)


def draw(agent_id: str) -> None:
    """Runs of the chosen days."""
    standings = {one.link.id: one for one in desk().queries.syncing.standings(agent_id)}
    if not standings:
        return
    st.markdown(f"#### {say('syncpage.history')}", anchors=False)
    chosen, state, days = _filters(standings)
    runs = desk().queries.syncing.history(chosen, state=state, days=days)
    if not runs:
        st.markdown(f":gray[{say('syncpage.no_runs')}]")
        return
    _chart(runs, days)
    _table(runs, standings)


def _filters(standings: dict[str, Standing]) -> tuple[list[str], str, int]:
    frame.readable()
    with st.container(horizontal=True):
        one = st.selectbox(
            say("syncpage.integration"),
            ["", *standings],
            key="history.connection",
            format_func=spoken(
                ["", *standings], lambda key: standings[key].name if key else say("common.all")
            ),
            width=220,
        )
        state = st.selectbox(
            say("syncpage.run_state"),
            ["", *sync_status.STATES],
            key="history.state",
            format_func=spoken(["", *sync_status.STATES], _state_name),
            width=200,
        )
        days = st.segmented_control(
            say("syncpage.days"),
            DAYS,
            key="history.days",
            default=7,
            required=True,
            format_func=spoken(DAYS, lambda count: say("common.days", count=count)),
        )
    return ([one] if one else list(standings)), state or "", int(days or 7)


def _state_name(state: str) -> str:
    return say(f"syncpage.state.{state}") if state else say("common.all")


def _chart(runs: Sequence[RunRow], days: int) -> None:
    """Written records by hour or day."""
    import pandas as pd

    sums: dict[str, Counter[str]] = {one: Counter() for one in _ticks(days)}
    for run in runs:
        bar = sums.setdefault(_tick(run.created_at, days), Counter())
        bar.update(new=run.new, changed=run.changed, deleted=run.deleted)
    rows = [
        {"at": moment, **{say(f"syncpage.{name}"): bar[name] for name in WRITTEN}}
        for moment, bar in sums.items()
    ]
    chart = pd.DataFrame(rows).set_index("at")
    st.bar_chart(
        chart, height=260, x_label="", y_label="", color=list(WRITTEN.values()), sort=False
    )


def _ticks(days: int) -> list[str]:
    """Every hour of a day or day of the period, so that quiet ones show as gaps."""
    step, count = (timedelta(hours=1), 24) if days == 1 else (timedelta(days=1), days)
    return [_tick(clock.now() - step * back, days) for back in reversed(range(count))]


def _tick(moment: datetime, days: int) -> str:
    local = moment.astimezone(wording.zone())
    if days == 1:
        return local.strftime("%H:00")
    return dates.format_date(local, "d MMM", locale=session.language())


def _table(runs: Sequence[RunRow], standings: dict[str, Standing]) -> None:
    import pandas as pd

    rows = [_row(run, standings) for run in runs]
    names = [say(f"syncpage.column.{name}") for name in COLUMNS]
    st.dataframe(
        pd.DataFrame(rows, columns=names),
        hide_index=True,
        height=320 if len(rows) > LONG else "auto",
    )
    st.download_button(
        say("common.csv"),
        exports.as_csv(names, rows),
        "sync-runs.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _row(run: RunRow, standings: dict[str, Standing]) -> dict[str, object]:
    standing = standings.get(run.connection_id)
    provider = standing.link.provider if standing else ""
    values = {
        "started_at": wording.when(run.started_at or run.created_at),
        "integration": registry.manifest(provider).name if provider else "",
        "state": say(f"syncpage.state.{run.state}"),
        "reason": say(f"syncpage.reason.{run.reason}"),
        "new": run.new,
        "changed": run.changed,
        "deleted": run.deleted,
        "refused": run.refused,
        "seconds": round(run.seconds, 1) if run.seconds is not None else None,
        "error": wording.problem(run.error_code, provider),
    }
    return {say(f"syncpage.column.{name}"): value for name, value in values.items()}
