"""Whose webhook URL was called, and what a call to it is checked against."""

from dataclasses import dataclass

from dashboard.connections import hook_keys
from dashboard.contracts.events import Trust
from dashboard.store import events as table
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.vault.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Hook:
    """One connection's ear."""

    connection_id: str
    agent_id: str
    provider: str
    state: str
    trust: Trust


def find_hook(store: Store, vault: Vault, token: str) -> Hook | None:
    """The ear behind the token of a webhook URL; None when there is none."""
    with store.transaction() as session:
        connection = table.connection_by_hook(session, hook_keys.hashed(token))
        if connection is None:
            return None
        return Hook(
            connection_id=connection.id,
            agent_id=connection.agent_id,
            provider=connection.provider,
            state=connection.state,
            trust=_trust(session, vault, connection),
        )


def _trust(session: Session, vault: Vault, connection: Connection) -> Trust:
    return Trust(
        secrets=hook_keys.accepted(session, vault, connection.id),
        account_id=connection.account_id,
        open_fields=connection.open_fields,
        settings=connection.settings,
        subscription_id=str((connection.subscription or {}).get("id", "")),
    )
