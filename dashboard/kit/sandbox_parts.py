"""The pieces a sandbox is made of: the call it answers, what it emits, what people do in it."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx

from dashboard.contracts.forms import Field

State = dict[str, Any]

# Faults a person may cause, in the order the buttons are drawn.
FAULTS = (
    "expire_token",
    "revoke",
    "rate_limit",
    "outage",
    "lose_reply",
    "double_webhook",
)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request as a sandbox handler sees it.

    Args:
        host: The manifest's name of the host that was called.
        path: Without origin and prefix.
        parts: Named parts of the route's path, percent-decoded.
        query, form: Pairs in order; use `q()` and `f()` for one value.
        base: Public address of this sandbox, `.../sandbox/<provider>/<tenant>`, for links to
            its own pages: `f"{call.base}/pay/buy/plink_1"` is host `pay`, path `/buy/plink_1`.
    """

    method: str
    host: str
    path: str
    parts: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    base: str

    def q(self, name: str, default: str = "") -> str:
        """One query value."""
        return next((value for key, value in self.query if key == name), default)

    @property
    def form(self) -> tuple[tuple[str, str], ...]:
        """The body as url-encoded pairs."""
        return tuple(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))

    def f(self, name: str, default: str = "") -> str:
        """One form value."""
        return next((value for key, value in self.form if key == name), default)

    @property
    def json(self) -> Any:
        """The body as JSON; an empty object when it is empty or broken."""
        try:
            return json.loads(self.body or b"{}")
        except ValueError:
            return {}

    @property
    def bearer(self) -> str:
        """The bearer token, empty when there is none."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" else ""


@dataclass(frozen=True, kw_only=True)
class Emitted:
    """A webhook on its way from the sandbox to us."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"

    def packed(self) -> State:
        """As JSON, for the state's outbox."""
        return {
            "url": self.url,
            "body": self.body.decode("latin-1"),
            "headers": dict(self.headers),
            "method": self.method,
        }

    @classmethod
    def unpacked(cls, row: Mapping[str, Any]) -> "Emitted":
        """From `packed()`."""
        return cls(
            url=row["url"],
            body=row["body"].encode("latin-1"),
            headers=row["headers"],
            method=row["method"],
        )


@dataclass(frozen=True, kw_only=True)
class Gesture:
    """Something a person can do in the vendor's world, drawn as a small form on the page.

    `run(state, values, base)` changes the state and emits what the vendor would send.
    """

    name: str
    fields: tuple[Field, ...]
    run: Callable[[State, Mapping[str, Any], str], None]
    choices: Callable[[State], Mapping[str, Mapping[str, str]]] = field(default=lambda _: {})


class Refused(Exception):
    """A handler stops here with the vendor's own error answer."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def emit(state: State, delivery: Emitted) -> None:
    """Put a webhook into the outbox; twice when the fault `double_webhook` is on."""
    copies = 2 if state["faults"].pop("double_webhook", 0) else 1
    state["outbox"] += [delivery.packed()] * copies


def taken(state: State) -> list[Emitted]:
    """Empty the outbox."""
    rows, state["outbox"] = state["outbox"], []
    return [Emitted.unpacked(row) for row in rows]


def token(prefix: str = "", length: int = 32) -> str:
    """A random token for seeds: prefix and hexadecimal digits."""
    return prefix + secrets.token_hex(length // 2)
