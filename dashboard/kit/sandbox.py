"""A vendor in a box: answers like the real one, without a network.

A provider's sandbox.py makes one `Sandbox`, gives it routes, gestures and a seed, and nothing
else. Its whole world is one JSON document, the *state*, kept by a `Shelf`: in memory for
tests, in the database for demo connections, so that any process sees the same world.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx

from dashboard.contracts.forms import Field
from dashboard.kit import moments
from dashboard.kit.sandbox_memory import MemoryShelf, Shelf
from dashboard.kit.sandbox_parts import (
    FAULTS,
    Call,
    Emitted,
    Gesture,
    Refused,
    State,
    emit,
    taken,
    token,
)

__all__ = [
    "FAULTS",
    "Call",
    "Emitted",
    "Gesture",
    "MemoryShelf",
    "Refused",
    "Sandbox",
    "Shelf",
    "State",
    "emit",
    "taken",
    "token",
]

Handler = Callable[[Call, State], httpx.Response]
Refuse = Callable[[int], httpx.Response]


def _plain_refusal(status: int) -> httpx.Response:
    return httpx.Response(status, json={"error": status}, headers={"retry-after": "2"})


class Sandbox:
    """A stateful stand-in for one vendor.

    Args:
        seed: Builds a fresh state; called once per tenant. Use random secrets in it.
        refuse: Renders the vendor's own 429 and 503 answers.
    """

    def __init__(self, seed: Callable[[], State], refuse: Refuse = _plain_refusal) -> None:
        self._seed = seed
        self._refuse = refuse
        self._routes: list[tuple[str, str, re.Pattern[str], Handler]] = []
        self.gestures: dict[str, Gesture] = {}
        self._on_fault: dict[str, Callable[[State], None]] = {}
        self._credentials: Callable[[State, str], Mapping[str, str]] = lambda _state, _method: {}

    # --- what a provider declares -------------------------------------------------------

    def route(self, method: str, path: str, host: str = "api") -> Callable[[Handler], Handler]:
        """Answer `method path` on `host`; `{name}` matches one segment, `{name:path}` the rest."""
        pattern = re.compile(_pattern(path))

        def keep(handler: Handler) -> Handler:
            self._routes.append((method, host, pattern, handler))
            return handler

        return keep

    def gesture(
        self,
        name: str,
        *fields: Field,
        choices: Callable[[State], Mapping[str, Mapping[str, str]]] = lambda _: {},
    ) -> Callable[[Callable[[State, Mapping[str, Any], str], None]], Gesture]:
        """Offer a thing to do in the vendor's world.

        Args:
            choices: State -> {field name: {value: label}} for CHOICE fields.
        """

        def keep(run: Callable[[State, Mapping[str, Any], str], None]) -> Gesture:
            self.gestures[name] = Gesture(name=name, fields=fields, run=run, choices=choices)
            return self.gestures[name]

        return keep

    def on_fault(self, name: str) -> Callable[[Callable[[State], None]], Callable[[State], None]]:
        """Say how `expire_token` or `revoke` is done here; without it that button is absent."""

        def keep(work: Callable[[State], None]) -> Callable[[State], None]:
            self._on_fault[name] = work
            return work

        return keep

    def sample_credentials(
        self, work: Callable[[State, str], Mapping[str, str]]
    ) -> Callable[[State, str], Mapping[str, str]]:
        """Say which credentials work now for an auth method; set-up fills them in."""
        self._credentials = work
        return work

    # --- what the house and tests use ----------------------------------------------------

    def seed(self) -> State:
        """A fresh state with the house's own parts."""
        return {**self._seed(), "outbox": [], "faults": {}}

    def faults(self) -> tuple[str, ...]:
        """The faults this sandbox can act out."""
        special = ("expire_token", "revoke")
        return tuple(f for f in FAULTS if f not in special or f in self._on_fault)

    def credentials(self, state: State, method: str) -> Mapping[str, str]:
        """Credentials that work now; for OAuth methods the app's client id and secret too."""
        return self._credentials(state, method)

    def fault(self, state: State, name: str) -> None:
        """Act out a fault: on the next calls or webhook, or for twenty seconds of outage."""
        if name in self._on_fault:
            self._on_fault[name](state)
        elif name == "outage":
            state["faults"][name] = moments.now().timestamp() + 20
        elif name == "rate_limit":
            state["faults"][name] = 2
        else:
            state["faults"][name] = 1

    def answer(self, call: Call, state: State) -> httpx.Response:
        """Answer one request.

        An answer that the fault `lose_reply` swallows, after the work was done, is marked by the
        extension `lost`; whoever carries it must not hand it over.
        """
        faults = state["faults"]
        if _is_vendor_page(call):
            return self._routed(call, state)
        if faults.get("outage", 0) > moments.now().timestamp():
            return self._refuse(503)
        if faults.get("rate_limit"):
            faults["rate_limit"] -= 1
            return self._refuse(429)
        response = self._routed(call, state)
        if call.method not in ("GET", "HEAD") and faults.pop("lose_reply", 0):
            response.extensions["lost"] = True
        return response

    def _routed(self, call: Call, state: State) -> httpx.Response:
        for method, host, pattern, handler in self._routes:
            match = pattern.fullmatch(call.path)
            if match and (method, host) == (call.method, call.host):
                parts = {name: unquote(value) for name, value in match.groupdict().items()}
                try:
                    return handler(replace(call, parts=parts), state)
                except Refused as refused:
                    return refused.response
        return httpx.Response(404, json={"error": f"no {call.method} {call.path} here"})

    def transport(
        self,
        shelf: Shelf,
        tenant: str,
        hosts: Mapping[str, str],
        *,
        base: str = "http://localhost/sandbox",
        deliver: Callable[[list[Emitted]], None] = lambda _: None,
    ) -> httpx.BaseTransport:
        """An httpx transport that answers from this sandbox.

        Args:
            hosts: The origins the client was given, to tell which host a request is for.
            deliver: Takes the webhooks that a request caused.
        """
        return _SandboxTransport(self, shelf, tenant, hosts, base, deliver)

    def serve(self, shelf: Shelf, tenant: str, call: Call) -> tuple[httpx.Response, list[Emitted]]:
        """Answer a call and hand over the webhooks it caused."""

        def work(state: State) -> tuple[httpx.Response, list[Emitted]]:
            return self.answer(call, state), taken(state)

        return shelf.change(tenant, work)


class _SandboxTransport(httpx.BaseTransport):
    def __init__(
        self,
        sandbox: Sandbox,
        shelf: Shelf,
        tenant: str,
        hosts: Mapping[str, str],
        base: str,
        deliver: Callable[[list[Emitted]], None],
    ) -> None:
        self._sandbox, self._shelf, self._tenant = sandbox, shelf, tenant
        # Longest first: one host may be a prefix of another.
        # Written as httpx writes addresses: lower-case host, no default port.
        origins = {name: str(httpx.URL(origin)).rstrip("/") for name, origin in hosts.items()}
        self._hosts = sorted(origins.items(), key=lambda item: -len(item[1]))
        self._base, self._deliver = base, deliver

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host, path = self._place(str(request.url).split("?", 1)[0])
        call = Call(
            method=request.method,
            host=host,
            path=path,
            parts={},
            query=tuple(parse_qsl(request.url.query.decode(), keep_blank_values=True)),
            headers=dict(request.headers),
            body=request.read(),
            base=self._base,
        )
        response, emitted = self._sandbox.serve(self._shelf, self._tenant, call)
        if emitted:
            self._deliver(emitted)
        if response.extensions.get("lost"):
            raise httpx.ReadTimeout("the answer was lost", request=request)
        response.headers.setdefault("date", format_datetime(moments.now(), usegmt=True))
        return response

    def _place(self, url: str) -> tuple[str, str]:
        for name, origin in self._hosts:
            if url == origin or url.startswith(origin + "/"):
                return name, url.removeprefix(origin) or "/"
        return "", url


def _pattern(path: str) -> str:
    pieces = re.split(r"\{(\w+(?::path)?)\}", path)
    names = [
        f"(?P<{name.removesuffix(':path')}>{'.+' if name.endswith(':path') else '[^/]+'})"
        for name in pieces[1::2]
    ]
    fixed = [re.escape(piece) for piece in pieces[::2]]
    return fixed[0] + "".join(name + text for name, text in zip(names, fixed[1:], strict=True))


def _is_vendor_page(call: Call) -> bool:
    """Pages a person looks at stay up, so that a demo can be continued."""
    return "text/html" in call.headers.get("accept", "")
