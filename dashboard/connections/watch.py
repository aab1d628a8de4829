"""Asks vendors now and then whether a connection still lives, whether or not it reads anything."""

from dataclasses import asdict
from datetime import timedelta

from dashboard import clock
from dashboard.connections import probes
from dashboard.connections.machine import LIVING, WORKING
from dashboard.connections.open import Opened
from dashboard.connections.schedule import PROBE_EVERY, PROBE_SOON, jittered
from dashboard.connections.tools import Tools
from dashboard.contracts.accounts import Check
from dashboard.contracts.errors import AuthExpired, ProviderError, RateLimited, Refusal, Unavailable
from dashboard.jobs import Job
from dashboard.store import connections, due
from dashboard.store.connections import Connection
from dashboard.store.due import Work

# Long enough for a queue that stands still; a lost job is given out again after it.
LEASE = timedelta(minutes=30)
BATCH = 200
TICK_SECONDS = 5.0


class Watch:
    """Job kind `connections.probe`; one cheap call, so doing it twice does no harm."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def register(self) -> None:
        """Take the jobs and the tick."""
        self._tools.jobs.register("connections.probe", self.probe)
        self._tools.jobs.every("connections.probe_due", TICK_SECONDS, self.due)

    def due(self) -> None:
        """Queue the probes whose time has come; any number of processes may tick."""
        now = clock.now()
        with self._tools.store.transaction() as session:
            if not due.anything(session, Work.PROBE, now):
                return
            for row in due.claim(session, Work.PROBE, now, LEASE, BATCH):
                self._tools.jobs.enqueue_in(
                    session,
                    "connections.probe",
                    {"connection_id": row.id},
                    key=f"probe:{row.id}",
                    group=row.provider,
                    priority=20,
                )

    def probe(self, job: Job) -> None:
        """Ask one vendor whose account it is; what it answers moves the connection."""
        row = self._working(job.args["connection_id"])
        if row is None:
            return
        if row.last_sync_at and clock.now() - row.last_sync_at < PROBE_SOON:
            self._schedule(row, PROBE_EVERY)  # it has just proven itself
            return
        try:
            check = self._tools.opener.with_probe(row.id, _account)
        except Refusal:
            return  # disconnected a moment ago
        except (AuthExpired, RateLimited, Unavailable) as error:
            self._tools.opener.apply(row.id, error, version=row.version)
            self._schedule(row, PROBE_SOON)
            return
        except ProviderError as error:
            check = probes.failed("account", error)
        else:
            self._tools.opener.healthy(row.id)
        self._note(row, check)
        self._schedule(row, PROBE_EVERY)

    # --- inside ---------------------------------------------------------------------------

    def _working(self, connection_id: str) -> Connection | None:
        with self._tools.store.transaction() as session:
            row = connections.get(session, connection_id)
        return row if row is not None and row.state in WORKING else None

    def _note(self, row: Connection, check: Check) -> None:
        """The connection's page shows the newest answer among the checks of its last test."""
        with self._tools.store.transaction() as session:
            fresh = connections.locked(session, row.id)
            if fresh is None or fresh.state not in LIVING:
                return
            others = [one for one in fresh.checks if one.get("name") != check.name]
            fresh.checks = [asdict(check), *others]
            session.add(fresh)

    def _schedule(self, row: Connection, after: timedelta) -> None:
        with self._tools.store.transaction() as session:
            fresh = connections.locked(session, row.id)
            if fresh is not None and fresh.state in WORKING:
                fresh.probe_due_at = jittered(after)
                session.add(fresh)


def _account(opened: Opened) -> Check:
    return probes.account(opened)[1]
