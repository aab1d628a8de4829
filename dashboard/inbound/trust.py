"""Whose webhook URL was called, and what a call to it is checked against."""

import threading
import time
from dataclasses import dataclass, field

from dashboard import registry
from dashboard.connections import hook_keys
from dashboard.contracts.events import Trust
from dashboard.store import events as table
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.vault.vault import Vault

FRESH_SECONDS = 1.0
MOST_KNOWN = 10_000


@dataclass(frozen=True, kw_only=True)
class Hook:
    """One connection's ear. `address` is the hash of its token, `read_at` a monotonic second."""

    address: str
    connection_id: str
    agent_id: str
    provider: str
    state: str
    trust: Trust
    read_at: float = field(default_factory=time.monotonic)

    @property
    def age_seconds(self) -> float:
        """How long ago the database said so."""
        return time.monotonic() - self.read_at


class Hooks:
    """Ears by their address; each is asked of the database at most about once a second.

    What staff or other processes change is heeded a second later at the most. Addresses that
    do not exist are not remembered, so guessing fills no memory.
    """

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store, self._vault = store, vault
        self._known: dict[str, Hook] = {}
        self._lock = threading.Lock()

    def known(self, token: str) -> Hook | None:
        """The ear behind the token of a webhook URL, when it was read just now."""
        hook = self._known.get(hook_keys.hashed(token))
        return hook if hook is not None and hook.age_seconds < FRESH_SECONDS else None

    def find(self, token: str) -> Hook | None:
        """The ear behind the token of a webhook URL; None when there is none."""
        return self.read(hook_keys.hashed(token))

    def read(self, address: str) -> Hook | None:
        """The ear as the database has it now."""
        with self._store.transaction() as session:
            connection = table.connection_by_hook(session, address)
            listens = connection is not None and registry.has_part(connection.provider, "webhooks")
            hook = self._hook(session, address, connection) if connection and listens else None
        with self._lock:
            self._known.pop(address, None)
            if hook is not None:
                self._known[address] = hook
                if len(self._known) > MOST_KNOWN:
                    del self._known[next(iter(self._known))]
        return hook

    def _hook(self, session: Session, address: str, connection: Connection) -> Hook:
        return Hook(
            address=address,
            connection_id=connection.id,
            agent_id=connection.agent_id,
            provider=connection.provider,
            state=connection.state,
            trust=Trust(
                secrets=hook_keys.accepted(session, self._vault, connection.id),
                account_id=connection.account_id,
                open_fields=connection.open_fields,
                settings=connection.settings,
                subscription_id=str((connection.subscription or {}).get("id", "")),
            ),
        )
