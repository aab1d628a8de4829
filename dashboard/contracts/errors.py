"""What can go wrong with a provider, and what the house does about it.

ProviderError
├── AuthExpired        the connection needs a new login; a person must act
├── PermissionMissing  the connection stays, the stream or action is switched off
├── RateLimited        wait `retry_after` seconds, then go on
├── Unavailable        go on later, with growing pauses
├── Rejected           the vendor refused this input; never repeated
├── Unsupported        the vendor cannot do this at all; the manifest says why
├── OutcomeUnknown     the answer was lost; nothing is repeated before it is looked up
└── BadSignature       an inbound request did not come from the vendor
"""

from dataclasses import dataclass


@dataclass
class ProviderError(Exception):
    """Base of every failure a provider may raise.

    Args:
        code: Key of the sentence shown to a person; the class has a default.
        detail: For the log: method, path and status; never a secret or personal data.
        reason: The vendor's own words, shown to the person next to our sentence.
        request_id: The vendor's id of the failed call, for a support ticket.
    """

    code: str = ""
    detail: str = ""
    reason: str = ""
    request_id: str = ""

    def __post_init__(self) -> None:
        self.code = self.code or type(self).word()
        super().__init__(self.code)

    @classmethod
    def word(cls) -> str:
        """The snake-case name of this failure: `auth_expired`, `rate_limited`..."""
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("_")

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class AuthExpired(ProviderError):
    """The vendor no longer accepts these credentials."""


@dataclass
class PermissionMissing(ProviderError):
    """The credentials are good but a right is missing; `scope` names it where known."""

    scope: str = ""


@dataclass
class RateLimited(ProviderError):
    """The vendor, or our own bucket for it, asked to slow down; `retry_after` in seconds."""

    retry_after: float = 1.0


@dataclass
class Unavailable(ProviderError):
    """The vendor did not answer, answered 5xx, or answered something unreadable.

    `retry_after` is how many seconds the vendor itself asked for, 0 when it did not say.
    """

    retry_after: float = 0.0


@dataclass
class Rejected(ProviderError):
    """The vendor understood the request and refused it.

    Args:
        status: The vendor's HTTP status, 0 when the refusal is not an HTTP answer.
        field: Name of the input that is to blame, where known.
    """

    status: int = 0
    field: str = ""


class Unsupported(ProviderError):
    """The vendor cannot do this at all."""


class OutcomeUnknown(ProviderError):
    """The request may or may not have taken effect."""


class BadSignature(ProviderError):
    """The request was not signed by the vendor."""


WORDS: tuple[type[ProviderError], ...] = (
    AuthExpired,
    PermissionMissing,
    RateLimited,
    Unavailable,
    Rejected,
    Unsupported,
    OutcomeUnknown,
    BadSignature,
)


@dataclass
class Refusal(Exception):
    """The house itself refuses a request: wrong input, wrong state, missing role.

    Not a vendor failure, so it drives no state machine. Doors turn it into a sentence
    (pages) or a problem document (API).

    Args:
        code: Stable key, `area.problem`; also the key of the sentence shown.
        status: HTTP status the API answers with.
        field: Name of the input to blame, empty when it is not one field.
        values: Named parts of the sentence; never secrets.
    """

    code: str
    status: int = 422
    field: str = ""
    values: dict[str, str] | None = None

    def __post_init__(self) -> None:
        super().__init__(self.code)
