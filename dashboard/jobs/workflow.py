"""The one workflow DBOS knows, and the one worker of this process behind it.

DBOS keeps its registry and its instance once per process, so this module does too.
"""

from collections.abc import Callable
from contextlib import suppress

from dbos import DBOS

from dashboard.jobs.order import WORKFLOW, Order

# A job that has taken down this many processes is dead.
RECOVERIES = 20

_run: Callable[[Order], None] | None = None


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=RECOVERIES)
def run_job(text: str) -> None:
    """Do the packed order."""
    if _run is None:  # a job that nobody did must not count as done
        raise RuntimeError("no jobs are done in this process now")
    _run(Order.unpacked(text))


def occupy(run: Callable[[Order], None]) -> None:
    """Let `run` do the jobs of this process.

    Raises:
        RuntimeError: Another one does.
    """
    global _run  # noqa: PLW0603 - as DBOS itself: one per process
    if _run is not None:
        raise RuntimeError("jobs are already running in this process")
    _run = run


def take_no_more() -> None:
    """Stop looking into the queues; what runs goes on."""
    import dbos._dbos as dbos

    with suppress(AttributeError):
        for event in dbos._dbos_global_instance.background_thread_stop_events:  # type: ignore[union-attr]  # noqa: SLF001
            event.set()


def leave() -> None:
    """Let go of DBOS, so that another engine may start."""
    global _run  # noqa: PLW0603
    DBOS.destroy()
    _run = None
