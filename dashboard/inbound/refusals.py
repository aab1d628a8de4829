"""Calls that were not the vendor's: counted in memory, written down now and then."""

import logging
import threading
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
        with self._lock:
            one = self._counted.setdefault(hook.connection_id, Refused(hook, why))
            one.calls += 1
            if self._timer is None:
                self._timer = threading.Timer(FLUSH_SECONDS, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Add what was counted to the connections, and to the journal where it is time."""
        with self._lock:
            counted, self._counted = self._counted, {}
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
        if not counted:
            return
        try:
            with self._store.transaction() as session:
                for one in counted.values():
                    self._write(session, one)
        except Exception as error:  # noqa: BLE001 - a count is worth no more than a warning
            log.warning("refused calls not counted error=%s", type(error).__name__)

    def _write(self, session: Session, one: Refused) -> None:
        hook, now = one.hook, clock.now()
        mine = hook.connection_id
        table.count_refused_signatures(session, mine, one.calls)
        self._untold[mine] = self._untold.get(mine, 0) + one.calls
        if mine in self._told and now - self._told[mine] < AUDIT_AGAIN:
            return
        self._told[mine] = now
        self._audit.write(
            session,
            SYSTEM,
            "webhook.refused",
            outcome="refused",
            agent_id=hook.agent_id,
            connection_id=mine,
            provider=hook.provider,
            detail={"why": one.why, "calls": self._untold.pop(mine)},
        )
