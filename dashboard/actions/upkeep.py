"""What goes on without anybody asking: lost runs are found out about, old proposals end."""

from datetime import timedelta

from dashboard import clock
from dashboard.actions.decide import PROPOSAL_LASTS, Decisions
from dashboard.actions.machine import State
from dashboard.actions.perform import Performer
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import SYSTEM
from dashboard.jobs import Again, Job, Jobs
from dashboard.store import actions as table
from dashboard.store.base import Store

DIED_AFTER = timedelta(minutes=5)
SWEEP_SECONDS = 5.0
# After one, two, four... minutes: about four hours, well inside the life of a vendor's key.
CHECKS = 8


class Upkeep:
    """The jobs and the tick of the actions' room."""

    def __init__(
        self, store: Store, jobs: Jobs, performer: Performer, decisions: Decisions
    ) -> None:
        self._store, self._jobs = store, jobs
        self._performer, self._decisions = performer, decisions

    def register(self) -> None:
        """Take the jobs and the tick."""
        self._jobs.register("actions.recover", self.recover)
        self._jobs.register("actions.check", self.check)
        self._jobs.every("actions.sweep", SWEEP_SECONDS, self.sweep)

    def recover(self, job: Job) -> None:
        """Job `actions.recover` {run_id}: its process died before the outcome was written."""
        run = self._performer.recover(SYSTEM, str(job.args["run_id"]))
        if run is not None and run.state == State.APPROVED:
            self._performer.perform(SYSTEM, run.id)

    def check(self, job: Job) -> None:
        """Job `actions.check` {run_id}: the vendor may tell now what it did not tell before.

        Raises:
            Again: It did not.
        """
        try:
            run = self._performer.check(SYSTEM, str(job.args["run_id"]))
        except Refusal:
            # Only a person can tell now; the run waits for one.
            return
        if run is not None and run.state == State.UNKNOWN and job.attempt < CHECKS:
            raise Again(timedelta(minutes=2**job.attempt))

    def sweep(self) -> None:
        """Queue the recovery of runs whose process died; deny proposals that are too old."""
        now = clock.now()
        with self._store.transaction() as session:
            abandoned = table.abandoned_runs(session, now - DIED_AFTER)
            stale = table.stale_proposals(session, now - PROPOSAL_LASTS)
        for run_id, provider in abandoned:
            self._jobs.enqueue(
                "actions.recover",
                {"run_id": run_id},
                key=run_id,
                group=provider,
                once=f"recover:{run_id}",
            )
        for run_id in stale:
            self._decisions.expire(run_id)
