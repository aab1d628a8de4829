"""A run's turns at the vendor, taken only while the run is still ours."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from dashboard.actions.machine import State
from dashboard.actions.outcomes import Outcome
from dashboard.contracts.errors import OutcomeUnknown
from dashboard.kit.http import Client
from dashboard.store import actions as table
from dashboard.store.actions import ActionRun
from dashboard.store.base import Store

# Half of what makes the others take a process for dead.
SURE_SECONDS = 5.0


# Opens the run's connection for one piece of work and gives what the work gives.
Door = Callable[[Callable[[Client], Outcome]], Outcome]


class Turns:
    """Stands before every call of one run.

    A process that was frozen for a while may have been taken for dead, its run recovered by
    another one: it must not call after it wakes up.

    Args:
        door: How the vendor is reached.
    """

    def __init__(self, store: Store, run: ActionRun, door: Door) -> None:
        self._store, self._door, self.run = store, door, run
        self._sure_at = time.monotonic()
        self.met = False

    def take(self, work: Callable[[Client], Outcome]) -> Outcome:
        """What `work` gives; from its beginning on the vendor counts as met."""
        return self._door(lambda client: work(self._kept(client)))

    def _kept(self, client: Client) -> Client:
        self.met = True
        take = client.access.before_call
        client.access = replace(client.access, before_call=partial(self._before, take))
        return client

    def _before(self, take: Callable[[], None]) -> None:
        take()
        if self.run.state == State.RUNNING and time.monotonic() - self._sure_at > SURE_SECONDS:
            self._be_ours()

    def _be_ours(self) -> None:
        with self._store.transaction() as session:
            ours = table.is_held(session, self.run.id, self.run.executor)
        if not ours:
            raise OutcomeUnknown(detail="another process has taken this run over")
        self._sure_at = time.monotonic()
