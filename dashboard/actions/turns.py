"""A run's turns at the vendor, taken only while the run is still ours."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from dashboard.actions.machine import State
from dashboard.contracts.errors import OutcomeUnknown
from dashboard.kit.http import Client
from dashboard.store import actions as table
from dashboard.store.actions import ActionRun
from dashboard.store.base import Store

# Half of what makes the others take a process for dead.
SURE_SECONDS = 5.0


class Turns:
    """Stands before every call of one run.

    A process that was frozen for a while may have been taken for dead, its run recovered by
    another one: it must not call after it wakes up.
    """

    def __init__(self, store: Store, run: ActionRun) -> None:
        self._store, self._run = store, run
        self._sure_at = time.monotonic()
        self.met = False

    def kept(self, client: Client) -> Client:
        """The client, calling only in its turn; from here on the vendor counts as met."""
        self.met = True
        take = client.access.before_call
        client.access = replace(client.access, before_call=partial(self._before, take))
        return client

    def _before(self, take: Callable[[], None]) -> None:
        take()
        if self._run.state == State.RUNNING and time.monotonic() - self._sure_at > SURE_SECONDS:
            self._be_ours()

    def _be_ours(self) -> None:
        with self._store.transaction() as session:
            ours = table.is_held(session, self._run.id, self._run.executor)
        if not ours:
            raise OutcomeUnknown(detail="another process has taken this run over")
        self._sure_at = time.monotonic()
