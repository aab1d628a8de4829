"""Renews tokens ahead of their end, of connections nobody uses too."""

from datetime import datetime, timedelta

from dashboard import clock
from dashboard.connections.tools import Tools
from dashboard.contracts.errors import AuthExpired, ProviderError, Refusal
from dashboard.jobs import Job
from dashboard.oauth import lifetime
from dashboard.oauth.apps import STUCK
from dashboard.store import connections, renewals
from dashboard.store.connections import Connection

# Long enough for a queue that stands still; a lost job is given out again after it.
CLAIMED = timedelta(minutes=30)
BATCH = 200
TICK_SECONDS = 5.0


class Renewal:
    """Job kind `tokens.refresh`; doing it twice renews once, or renews a renewed token."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def register(self) -> None:
        """Take the jobs and the tick."""
        self._tools.jobs.register("tokens.refresh", self.refresh)
        self._tools.jobs.every("tokens.due", TICK_SECONDS, self.due)

    def due(self) -> None:
        """Queue the renewals whose time has come; any number of processes may tick."""
        now = clock.now()
        with self._tools.store.transaction() as session:
            if not renewals.anything_due(session, now):
                return
            for connection_id, provider in renewals.claim(session, now, CLAIMED, BATCH):
                self._tools.jobs.enqueue_in(
                    session,
                    "tokens.refresh",
                    {"connection_id": connection_id},
                    key=f"tokens:{connection_id}",
                    group=provider,
                )

    def refresh(self, job: Job) -> None:
        """Renew one token. A failure is tried again by the schedule, never by this job."""
        with self._tools.store.transaction() as session:
            row = connections.get(session, job.args["connection_id"])
        if row is None or row.state not in renewals.WITH_TOKENS:
            return
        try:
            self._tools.tokens.renew_ahead(row)
        except Refusal:
            return  # disconnected a moment ago
        except ProviderError as error:
            self._failed(row, error)
            return
        self._settle(row)

    # --- inside ---------------------------------------------------------------------------

    def _failed(self, row: Connection, error: ProviderError) -> None:
        """What ends a grant is shown at once; an outage only when the token has ended too."""
        kept = self._tools.tokens.kept(row.id)
        if isinstance(error, AuthExpired) or error.code in STUCK or lifetime.has_ended(kept):
            self._tools.opener.apply(row.id, error, version=row.version)
        if not isinstance(error, AuthExpired):
            self._schedule(row, lifetime.next_try(kept))

    def _settle(self, row: Connection) -> None:
        """A renewed token has its next moment; one that somebody else is at gets another look."""
        kept = self._tools.tokens.kept(row.id)
        due = lifetime.scheduled(kept)
        self._schedule(row, due if due is None or due > clock.now() else lifetime.next_try(kept))

    def _schedule(self, row: Connection, at: datetime | None) -> None:
        with self._tools.store.transaction() as session:
            renewals.schedule(session, row.id, row.version, at)
