"""One thing the doctor has looked at."""

from dataclasses import dataclass
from enum import StrEnum

from dashboard.cli.explain import tell


class State(StrEnum):
    """How it is. A warning needs nobody today."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at.

    Args:
        check: Stable name, for programs.
        told: What was found.
        who: Who has to act, empty when nobody has.
        how: What to do.
    """

    check: str
    state: State
    told: str
    who: str = ""
    how: str = ""


def fine(check: str, word: str = "ok", **values: object) -> Finding:
    """Nothing to do."""
    return Finding(check=check, state=State.OK, told=tell(f"doctor.{check}.{word}", **values))


def doubtful(check: str, word: str, **values: object) -> Finding:
    """It works, but somebody should look at it."""
    return _to_do(check, State.WARN, word, values)


def broken(check: str, word: str, **values: object) -> Finding:
    """Somebody must act."""
    return _to_do(check, State.FAIL, word, values)


def _to_do(check: str, state: State, word: str, values: dict[str, object]) -> Finding:
    key = f"doctor.{check}.{word}"
    return Finding(
        check=check,
        state=state,
        told=tell(key, **values),
        who=tell("doctor.who_operator"),
        how=tell(f"{key}.do", **values),
    )
