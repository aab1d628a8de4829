"""A job on its way through the engine."""

import json
from dataclasses import asdict, dataclass
from datetime import timedelta

# The engine's name for the one workflow behind all jobs.
WORKFLOW = "dashboard.job"


@dataclass(frozen=True, kw_only=True)
class Order:
    """A job as the engine carries it.

    Args:
        group: Whose slowness it may suffer from: a provider.
        turn: How often there was no place for it.
    """

    id: str
    kind: str
    args: str
    key: str = ""
    group: str = ""
    delay: timedelta = timedelta(0)
    priority: int = 10
    attempt: int = 1
    turn: int = 0

    @property
    def lane(self) -> str:
        """The queue it waits in."""
        if self.priority < 10:
            return "interactive"
        return "normal" if self.priority < 20 else "bulk"

    @property
    def workflow_id(self) -> str:
        """The same for the same attempt, so that a repeated enqueue changes nothing."""
        return self.id if self.attempt == 1 and not self.turn else self._later_id

    @property
    def _later_id(self) -> str:
        return f"{self.id}#{self.attempt}.{self.turn}"

    def packed(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self) | {"delay": 0.0})

    @classmethod
    def unpacked(cls, text: str) -> "Order":
        """From `packed()`; what a newer version has added is left out."""
        told = json.loads(text) | {"delay": timedelta(0)}
        return cls(**{name: told[name] for name in cls.__dataclass_fields__ if name in told})
