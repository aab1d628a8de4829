"""Words looked for in names, whatever the case and the alphabet."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from dashboard.store.base import Session

# No name is that long; of much longer ones SQLite refuses the pattern, or so many conditions.
LONGEST = 500
_SIGNS = "*?["


def holds(
    session: Session, text: Mapped[str], words: Sequence[str]
) -> list[sa.ColumnElement[bool]]:
    """Conditions that a text has all the words in it, in large or small letters."""
    sought = "".join(words)
    if len(sought) > LONGEST or "\0" in sought:
        return [sa.false()]
    if session.connection().dialect.name != "sqlite":
        return [text.icontains(word, autoescape=True) for word in words]
    # SQLite's lower() and LIKE know the case of English letters only. A lower() in Python would be
    # called for each row, five times as slow and waiting for other threads each time.
    return [text.bool_op("GLOB")(f"*{''.join(map(_either_case, word))}*") for word in words]


def _either_case(letter: str) -> str:
    forms = {form for form in (letter, letter.lower(), letter.upper()) if len(form) == 1}
    return f"[{''.join(sorted(forms))}]" if len(forms) > 1 or letter in _SIGNS else letter
