"""What goes wrong at vendors, as a transport around a provider's own sandbox acts it out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import httpx
import time_machine

from dashboard.contracts.actions import Action, Effect, Repeat
from dashboard.contracts.errors import (
    AuthExpired,
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
    RateLimited,
    Rejected,
    Unavailable,
)
from dashboard.kit import moments
from dashboard.kit.http import LARGEST_ANSWER

ELSEWHERE = "http://169.254.169.254/latest/meta-data"
PAGE = "<!doctype html><html><body>Bad gateway</body></html>"
MEGABYTE = b" " * 1_048_576

# What a call is, as far as its failure is concerned.
READ, AGAIN, ONCE = "read", "again", "once"
Word = type[ProviderError]
Answer = Callable[[httpx.Request, httpx.BaseTransport], httpx.Response]


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Args:
        answer: Instead of the vendor's; gets the vendor, to let it act first.
        words: What a provider may say to it, the plain word first; the others are for vendors
            that are known to mean something else by it.
        once: The same for a write that must not be repeated, where it differs.
        fine: No fault after all: the work is done.
    """

    name: str
    answer: Answer
    words: tuple[Word, ...] = ()
    once: tuple[Word, ...] = ()
    fine: bool = False

    def allowed(self, kind: str) -> tuple[Word, ...]:
        """The words for a call of this kind."""
        return self.once or self.words if kind == ONCE else self.words


def _says(
    status: int, request: httpx.Request, _vendor: httpx.BaseTransport, **content: object
) -> httpx.Response:
    content = content or {"json": {"message": "said by the vendor"}}
    return httpx.Response(status, request=request, **content)


def _fails(error: type[Exception], request: httpx.Request, _v: httpx.BaseTransport) -> None:
    raise error("as the network would", request=request)


def _after(
    spoil: Callable[[httpx.Request, httpx.Response], httpx.Response],
    request: httpx.Request,
    vendor: httpx.BaseTransport,
) -> httpx.Response:
    """The vendor does what was asked, and its answer is spoilt on the way."""
    answer = vendor.handle_request(request)
    answer.read()
    return spoil(request, answer)


def _lost(error: type[Exception], request: httpx.Request, _answer: httpx.Response) -> None:
    raise error("the answer was lost", request=request)


def _replaced(
    request: httpx.Request, answer: httpx.Response, *, status: int = 0, **content: object
) -> httpx.Response:
    return httpx.Response(status or answer.status_code, request=request, **content)


def _halved(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    half = answer.content[: len(answer.content) // 2] or b'{"half": '
    kind = {"content-type": "application/json"}
    return httpx.Response(200, request=request, content=half, headers=kind)


def _mislabelled(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    kept = {k: v for k, v in answer.headers.items() if k not in ("content-type", "content-length")}
    headers = {**kept, "content-type": "text/html; charset=utf-8"}
    return httpx.Response(
        answer.status_code, request=request, content=answer.content, headers=headers
    )


def _endless(request: httpx.Request, _answer: httpx.Response) -> httpx.Response:
    chunks = (MEGABYTE for _ in range(LARGEST_ANSWER // len(MEGABYTE) + 2))
    return httpx.Response(200, request=request, content=chunks)


def _status(status: int, *words: Word, name: str = "", **content: object) -> Fault:
    return Fault(name or str(status), partial(_says, status, **content), words)


def _broken(status: int, *once: Word, name: str = "", **content: object) -> Fault:
    return Fault(name or str(status), partial(_says, status, **content), (Unavailable,), once)


def _spoilt(name: str, spoil: Callable[..., httpx.Response]) -> Fault:
    return Fault(name, partial(_after, spoil), (Unavailable,), (OutcomeUnknown,))


FAULTS = (
    _status(400, Rejected),
    # The same to the token endpoint: the grant itself is dead (RFC 6749, 5.2).
    _status(401, AuthExpired, json={"error": "invalid_grant", "message": "said by the vendor"}),
    _status(403, PermissionMissing),
    _status(404, Rejected, AuthExpired),
    _status(409, Rejected, Unavailable),
    _status(410, Rejected),
    _status(422, Rejected),
    _status(429, RateLimited, name="429-says-when", headers={"retry-after": "2"}),
    _status(429, RateLimited, name="429-silent"),
    _broken(500, OutcomeUnknown),
    _broken(502, OutcomeUnknown, text=PAGE),
    _broken(503, name="503-says-when", headers={"retry-after": "120"}),
    _broken(503, name="503-silent", text=PAGE),
    Fault("connect-timeout", partial(_fails, httpx.ConnectTimeout), (Unavailable,)),
    _spoilt("read-timeout", partial(_lost, httpx.ReadTimeout)),
    _spoilt("reset", partial(_lost, httpx.ReadError)),
    _spoilt("cut-short", partial(_lost, httpx.RemoteProtocolError)),
    _spoilt("gateway-lost-it", partial(_replaced, status=502, text=PAGE)),
    _spoilt("broken-json", _halved),
    _spoilt("html", partial(_replaced, status=200, html=PAGE)),
    _spoilt("empty", partial(_replaced, status=200)),
    _spoilt("empty-object", partial(_replaced, status=200, json={})),
    _spoilt("other-json", partial(_replaced, status=200, json=["x"])),
    _spoilt("huge", _endless),
    Fault("mislabelled", partial(_after, _mislabelled), fine=True),
    _status(302, Rejected, name="redirect", headers={"location": ELSEWHERE}),
)
# After these the vendor has said 2xx, and only its answer is no good.
GOOD_STATUS = frozenset({"broken-json", "html", "empty", "empty-object", "other-json"})
# With these the vendor has acted, whatever we hear.
ACTED = frozenset({"read-timeout", "reset", "cut-short", "gateway-lost-it", "huge", *GOOD_STATUS})


def kind_of(action: Action) -> str:
    """What a lost answer of this action means, as its manifest promises."""
    if action.effect is Effect.READ:
        return READ
    return AGAIN if action.repeat in (Repeat.SAFE, Repeat.KEYED) else ONCE


@dataclass
class Remembering(httpx.BaseTransport):
    """Asks the sandbox the same question only once, for as long as its world and the clock stand.

    Args:
        world: The state as text.
    """

    inner: httpx.BaseTransport
    world: Callable[[], str]
    known: dict[tuple[object, ...], tuple[int, object, bytes]] = field(default_factory=dict)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        before = self.world()
        who = request.headers.get("authorization")
        key = (before, str(request.url), who, moments.now())
        if request.method == "GET" and key in self.known:
            status, headers, content = self.known[key]
            return httpx.Response(status, headers=headers, content=content, request=request)
        answer = self.inner.handle_request(request)
        if request.method == "GET" and self.world() == before:
            self.known[key] = (answer.status_code, answer.headers.raw, answer.read())
        return answer


@dataclass
class Skewed(httpx.BaseTransport):
    """The vendor lives by another clock."""

    inner: httpx.BaseTransport
    skew: timedelta

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with time_machine.travel(moments.now() + self.skew, tick=False):
            return self.inner.handle_request(request)


@dataclass
class Network(httpx.BaseTransport):
    """Passes requests on to the vendor, but for those that a fault is meant for.

    Args:
        places: Numbers of the requests, counted from 0, that meet the fault; None for all.
    """

    inner: httpx.BaseTransport
    fault: Fault | None = None
    places: frozenset[int] | None = None
    sent: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        number = len(self.sent)
        self.sent.append(request)
        if self.fault is None or (self.places is not None and number not in self.places):
            return self.inner.handle_request(request)
        return self.fault.answer(request, self.inner)

    def breaks(self, fault: Fault, places: frozenset[int] | None = None) -> None:
        """Act out a fault from now on."""
        self.fault, self.places = fault, places
        self.sent.clear()

    def heals(self) -> None:
        """Be a good network again."""
        self.fault = None
        self.sent.clear()
