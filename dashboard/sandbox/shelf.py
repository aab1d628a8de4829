"""Keeps the worlds in the database, so that every process sees the same one."""

import json
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from sqlmodel import Session

from dashboard import registry
from dashboard.contracts.errors import Unavailable
from dashboard.kit.sandbox import Sandbox, State
from dashboard.store import sandboxes
from dashboard.store.base import Store

T = TypeVar("T")
TRIES = 50


class StoreShelf:
    """The worlds of one provider.

    Work on a world is done on a copy and kept by compare-and-set; when another process was
    faster, it is done again on the newer world.

    Args:
        keep_too: Keeps what else came of the work, in the transaction that keeps the world.
    """

    def __init__(
        self,
        store: Store,
        provider: str,
        keep_too: Callable[[Session, Any], None] = lambda _session, _result: None,
    ) -> None:
        self._store, self._provider, self._keep_too = store, provider, keep_too

    def change(self, tenant: str, work: Callable[[State], T]) -> T:
        """Run `work` on the world and keep what it did.

        Raises:
            KeyError: There is no such tenant.
            Unavailable: The world is changed by others without pause.
        """
        for _ in range(TRIES):
            with self._store.transaction() as session:
                world = sandboxes.find(session, self._provider, tenant)
            if world is None:
                raise KeyError(tenant)
            state = json.loads(world.state)
            result = work(state)
            if self._kept(world, packed(state), result):
                return result
        raise Unavailable(detail=f"sandbox {self._provider}: too many changes at once")

    def _kept(self, world: sandboxes.SandboxWorld, text: str, result: object) -> bool:
        with self._store.transaction() as session:
            if text != world.state and not sandboxes.replace(session, world, text):
                return False
            self._keep_too(session, result)
            return True


def create(session: Session, provider: str) -> str:
    """Make a fresh world; its unguessable name, the tenant."""
    tenant = secrets.token_hex(16)
    sandboxes.add(session, provider, tenant, packed(box(provider).seed()))
    return tenant


def box(provider: str) -> Sandbox:
    """The provider's sandbox."""
    found: Sandbox = registry.part(provider, "sandbox").sandbox
    return found


def packed(state: State) -> str:
    """A world as JSON text."""
    return json.dumps(state, ensure_ascii=False, separators=(",", ":"))
