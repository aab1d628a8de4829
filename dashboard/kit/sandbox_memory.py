"""Where sandboxes keep their states: what a shelf is, and the one in memory."""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from dashboard.kit.sandbox_parts import State

T = TypeVar("T")


class Shelf(Protocol):
    """Keeps the states of one provider's sandboxes, one per tenant."""

    def change(self, tenant: str, work: Callable[[State], T]) -> T:
        """Run `work` on the tenant's state and keep what it did to it; atomic.

        Raises:
            KeyError: There is no such tenant.
        """
        ...


class Seeded(Protocol):
    """What a shelf needs of a sandbox."""

    def seed(self) -> State:
        """A fresh state."""
        ...


class MemoryShelf:
    """States in memory, for tests; a tenant is made when first asked for.

    As in the database a state is kept as JSON text: what is not JSON is refused.
    """

    def __init__(self, sandbox: Seeded) -> None:
        self.sandbox = sandbox
        self._texts: dict[str, str] = {}
        self._lock = threading.RLock()

    @property
    def states(self) -> Mapping[str, State]:
        """Copies of all states by tenant."""
        return {tenant: json.loads(text) for tenant, text in self._texts.items()}

    def text(self, tenant: str) -> str:
        """A state as JSON; equal while nothing has changed."""
        with self._lock:
            if tenant not in self._texts:
                self._texts[tenant] = json.dumps(self.sandbox.seed())
            return self._texts[tenant]

    def put(self, tenant: str, text: str) -> None:
        """Go back to a state that `text()` gave."""
        with self._lock:
            self._texts[tenant] = text

    def change(self, tenant: str, work: Callable[[State], T]) -> T:
        """Run `work` on the state; keep nothing of it when it raises."""
        with self._lock:
            draft: State = json.loads(self.text(tenant))
            result = work(draft)
            self._texts[tenant] = json.dumps(draft)
            return result
