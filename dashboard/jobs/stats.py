"""What the queues hold, as the status page and monitoring show it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dashboard.store.executors import Living, Standing

DEAD = ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


@dataclass(frozen=True, kw_only=True)
class LaneStats:
    """One queue. `oldest_seconds` is how long its longest-waiting job could have been done."""

    queued: int = 0
    running: int = 0
    delayed: int = 0
    dead: int = 0
    oldest_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class JobStats:
    """How much waits and runs.

    Args:
        dead: Jobs that failed too often; they are kept for two weeks.
        executors: Ids of the processes heard of lately, those of the role `web` included.
        workers: How many of them do jobs.
        lanes: By name: interactive, normal, bulk.
        lag_seconds: How long the longest-waiting job or due connection waits for a worker.
    """

    queued: int
    running: int
    delayed: int
    dead: int
    executors: list[str]
    workers: int = 0
    lanes: Mapping[str, LaneStats] = field(default_factory=dict)
    lag_seconds: float = 0.0


def told(
    standings: Iterable[Standing],
    living: Iterable[Living],
    lanes: Iterable[str],
    due_seconds: float,
) -> JobStats:
    """The figures out of what the tables hold.

    Args:
        lanes: Queues that are named even when they are empty.
        due_seconds: How long the schedule itself is late.
    """
    rows, executors = list(standings), list(living)
    by_lane = {name: _lane([row for row in rows if row.lane == name]) for name in lanes}
    whole = _lane(rows)
    return JobStats(
        queued=whole.queued,
        running=whole.running,
        delayed=whole.delayed,
        dead=whole.dead,
        executors=[one.id for one in executors],
        workers=sum(one.role != "web" for one in executors),
        lanes=by_lane,
        lag_seconds=max(whole.oldest_seconds, due_seconds),
    )


def _lane(rows: list[Standing]) -> LaneStats:
    def count(*states: str) -> int:
        return sum(row.jobs for row in rows if row.state in states)

    return LaneStats(
        queued=count("ENQUEUED"),
        running=count("PENDING"),
        delayed=count("DELAYED"),
        dead=count(*DEAD),
        oldest_seconds=max((r.oldest_seconds for r in rows if r.state == "ENQUEUED"), default=0.0),
    )
