"""Calls that were not the vendor's: counted in memory, written down now and then."""

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard import clock
from dashboard.audit.log import Audit
from dashboard.contracts.people import SYSTEM
from dashboard.inbound.trust import Hook
from dashboard.store import events as table
from dashboard.store.base import Session, Store

log = logging.getLogger(__name__)

FLUSH_SECONDS = 1.0
AUDIT_AGAIN = timedelta(hours=1)


@dataclass
class Refused:
    """Forged calls to one hook that are not written down yet."""

    hook: Hook
    why: str
    calls: int = 0


class Refusals:
    """However many there are, each connection costs one write a second and one entry an hour."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store, self._audit = store, audit
        self._lock = threading.Lock()
        self._counted: dict[str, Refused] = {}
        # Not in the journal yet, by connection; and when each was there last.
        self._untold: dict[str, int] = {}
        self._told: dict[str, datetime] = {}
        self._timer: threading.Timer | None = None

    def note(self, hook: Hook, why: str) -> None:
        """One more call that was refused, and why this one."""
        self._count(Refused(hook, why, 1))

    def flush(self) -> None:
        """Add what was counted to the connections, and to the journal where it is time.

        What the database does not take now is counted on, and written the next time.
        """
        with self._lock:
            counted, self._counted = self._counted, {}
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
        if not counted:
            return
        now = clock.now()
        try:
            with self._store.transaction() as session:
                for one in counted.values():
                    self._write(session, one, now)
        except Exception as error:  # noqa: BLE001 - a count is worth no more than a warning
            log.warning("refused calls not counted error=%s", type(error).__name__)
            for one in counted.values():
                self._count(one)
        else:
            self._written(counted.values(), now)

    def _count(self, more: Refused) -> None:
        with self._lock:
            one = self._counted.setdefault(more.hook.connection_id, Refused(more.hook, more.why))
            one.calls += more.calls
            if self._timer is None:
                self._timer = threading.Timer(FLUSH_SECONDS, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def _write(self, session: Session, one: Refused, now: datetime) -> None:
        hook = one.hook
        table.count_refused_signatures(session, hook.connection_id, one.calls)
        if not self._is_time(hook.connection_id, now):
            return
        calls = self._untold.get(hook.connection_id, 0) + one.calls
        self._audit.write(
            session,
            SYSTEM,
            "webhook.refused",
            outcome="refused",
            agent_id=hook.agent_id,
            connection_id=hook.connection_id,
            provider=hook.provider,
            detail={"why": one.why, "calls": calls},
        )

    def _written(self, counted: Iterable[Refused], now: datetime) -> None:
        """Remember what the journal knows, now that it is committed."""
        for one in counted:
            mine = one.hook.connection_id
            if self._is_time(mine, now):
                self._told[mine] = now
                self._untold.pop(mine, None)
            else:
                self._untold[mine] = self._untold.get(mine, 0) + one.calls

    def _is_time(self, connection_id: str, now: datetime) -> bool:
        last = self._told.get(connection_id)
        return last is None or now - last >= AUDIT_AGAIN
