"""The one workflow DBOS knows, and the one engine of this process behind it.

DBOS keeps its registry and its instance once per process, so this module does too.
"""

from contextlib import suppress
from typing import TYPE_CHECKING

from dbos import DBOS

from dashboard.jobs.engine import WORKFLOW, Order

if TYPE_CHECKING:
    from dashboard.jobs.engine import Engine

# A job that has taken down this many processes is dead.
RECOVERIES = 10

_engine: "Engine | None" = None


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=RECOVERIES)
def run_job(text: str) -> None:
    """Do the packed order."""
    if _engine is not None:
        _engine.run(Order.unpacked(text))


def occupy(engine: "Engine") -> None:
    """Let `engine` do the jobs of this process.

    Raises:
        RuntimeError: Another one does.
    """
    global _engine  # noqa: PLW0603 - as DBOS itself: one per process
    if _engine is not None:
        raise RuntimeError("jobs are already running in this process")
    _engine = engine


def take_no_more() -> None:
    """Stop looking into the queues; what runs goes on."""
    import dbos._dbos as dbos

    with suppress(AttributeError):
        for event in dbos._dbos_global_instance.background_thread_stop_events:  # type: ignore[union-attr]  # noqa: SLF001
            event.set()


def leave() -> None:
    """Let go of DBOS, so that another engine may start."""
    global _engine  # noqa: PLW0603
    DBOS.destroy()
    _engine = None
