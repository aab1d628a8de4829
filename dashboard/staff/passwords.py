"""Passwords: argon2id hashes, checked in constant effort."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dashboard.contracts.errors import Refusal

SHORTEST, LONGEST = 10, 200
_hasher = PasswordHasher()
# Checked when there is no such account, so that the answer takes as long as for a real one.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$c29tZS1zYWx0LW9mLTE2$"
    "Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm8"
)


def hashed(password: str) -> str:
    """The hash to keep.

    Raises:
        Refusal: `staff.password_short` or `staff.password_long`.
    """
    if len(password) < SHORTEST:
        raise Refusal("staff.password_short", field="password", values={"length": str(SHORTEST)})
    if len(password) > LONGEST:
        raise Refusal("staff.password_long", field="password", values={"length": str(LONGEST)})
    return _hasher.hash(password)


def matches(password: str, kept: str) -> bool:
    """True when this is the password behind the hash; an empty hash never matches."""
    try:
        return _hasher.verify(kept or _NOBODY, password[: LONGEST + 1]) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """True when the hash was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(kept)
