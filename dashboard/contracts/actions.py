"""What an action is: a name, a promise about its effect, and typed ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, get_type_hints

from pydantic import BaseModel, ConfigDict


class Effect(StrEnum):
    """How much an action can change at the vendor."""

    READ = "read"
    WRITE = "write"
    DESTROY = "destroy"


class Repeat(StrEnum):
    """What the house may do after a lost answer.

    SAFE: doing it twice leaves the same result as once (reads, setting a value).
    KEYED: the vendor takes our key and acts once however often it is called.
    LOOKUP: the action's `lookup` can tell whether the first call took effect.
    NEVER: only a person can tell; the run becomes `unknown`.
    """

    SAFE = "safe"
    KEYED = "keyed"
    LOOKUP = "lookup"
    NEVER = "never"


class Input(BaseModel):
    """Base of action inputs: unknown fields are refused, text is trimmed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Output(BaseModel):
    """Base of action outputs."""


class Run(Protocol):
    """The function behind an action; `key` is the idempotency key, at most 64 characters."""

    def __call__(self, client: Any, request: Any, *, key: str) -> Output:
        """Do it once.

        Raises:
            ProviderError: One of the eight words.
        """
        ...


Lookup = Callable[[Any, Any, str, datetime], Output | None]


@dataclass(frozen=True)
class Action:
    """One thing an agent may ask a provider to do.

    Args:
        touches: Stream whose record the output's `external_id` names; the house reads it again
            after success, so that pages show at once what an agent did. Empty for none.
        touches_by: The argument that names that stream, where it is not always the same.
        lookup: (client, request, key, started_at) -> the output of the lost call, or None when it
            surely had no effect. Raises OutcomeUnknown when it cannot tell.
    """

    name: str
    effect: Effect
    repeat: Repeat
    takes: type[Input]
    gives: type[Output]
    run: Run
    touches: str = ""
    lookup: Lookup | None = None
    touches_by: str = ""

    def touched(self, arguments: Mapping[str, Any]) -> str:
        """The stream whose record a run with these arguments changes; empty for none."""
        if not self.touches_by:
            return self.touches
        return str(getattr(self.takes.model_validate(arguments), self.touches_by))


def action(
    effect: Effect,
    repeat: Repeat,
    *,
    touches: str = "",
    touches_by: str = "",
    lookup: Lookup | None = None,
) -> Callable[[Callable[..., Output]], Action]:
    """Turn `def name(client: Client, request: In, *, key: str) -> Out` into an Action."""
    if (repeat is Repeat.LOOKUP) != (lookup is not None):
        raise TypeError("Repeat.LOOKUP and a lookup function come together")

    def build(function: Callable[..., Output]) -> Action:
        hints = get_type_hints(function)
        return Action(
            name=function.__name__,
            effect=effect,
            repeat=repeat,
            takes=hints["request"],
            gives=hints["return"],
            run=function,
            touches=touches,
            lookup=lookup,
            touches_by=touches_by,
        )

    return build
