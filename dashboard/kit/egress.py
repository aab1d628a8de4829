"""Where outgoing calls may go: public addresses only, checked at the moment of connecting.

Checking when a URL is saved is not enough: a name may resolve elsewhere a second later. So the
guarded transport resolves the name itself, refuses when any address is not public, and connects
to the address it has checked, keeping the name for TLS and the Host header.
"""

import socket
from collections.abc import Sequence
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from dashboard.contracts.errors import Refusal
from dashboard.kit.deadline import TimedStream, shorter

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
SIX_TO_FOUR = IPv6Network("2002::/16")
MORE_PRIVATE = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("::/96"),
    IPv6Network("fec0::/10"),
    IPv6Network("5f00::/16"),
    IPv6Network("3fff::/20"),
)


def is_public(address: Address) -> bool:
    """True for an address of the open internet; wrapped IPv4 addresses are unwrapped first."""
    inner = _unwrapped(address)
    if inner is not address:
        return is_public(inner)
    odd = any(address in net for net in MORE_PRIVATE if net.version == address.version)
    return address.is_global and not address.is_multicast and not odd


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in SIX_TO_FOUR:
        return IPv4Address((int(address) >> 80) & 0xFFFFFFFF)
    if any(address in net for net in NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def check_form(url: str, allowed: Sequence[Network] = ()) -> str:
    """The trimmed URL, when a person may have it stand for a receiver; no name is looked up.

    Raises:
        Refusal: As `check_url`, as far as the text itself tells.
    """
    url = _well_formed(url)
    host = urlsplit(url).hostname or ""
    if any(not is_public(a) and not _in(a, allowed) for a in _written_as_number(host)):
        raise Refusal("egress.private", values={"host": host})
    return url


def _well_formed(url: str) -> str:
    url = url.strip()
    try:
        parts, _ = urlsplit(url), urlsplit(url).port
    except ValueError:
        raise Refusal("egress.malformed") from None
    if not parts.hostname or len(url) > 2048:
        raise Refusal("egress.malformed")
    if parts.username or parts.password or parts.fragment:
        raise Refusal("egress.userinfo")
    if parts.scheme not in ("http", "https"):
        raise Refusal("egress.https_only")
    return url


def check_url(url: str, allowed: Sequence[Network] = ()) -> str:
    """The trimmed URL, when a person may have us call it.

    Raises:
        Refusal: `egress.*` with the reason: not https, credentials in it, a fragment, an odd
            port, a private address, or a name that does not resolve.
    """
    url = _well_formed(url)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    private = [a for a in resolve(host, port or 443) if not is_public(a)]
    if any(not _in(a, allowed) for a in private):
        raise Refusal("egress.private", values={"host": host})
    if parts.scheme != "https" and not private:
        raise Refusal("egress.https_only")
    if port not in (None, 80, 443, 8443) and not private:
        raise Refusal("egress.port", values={"port": str(port)})
    return url


def resolve(host: str, port: int) -> list[Address]:
    """All addresses of a host.

    Raises:
        Refusal: `egress.unresolvable`.
    """
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refusal("egress.unresolvable", values={"host": host}) from None
    return [ip_address(str(row[4][0]).split("%", 1)[0]) for row in rows]


def _written_as_number(host: str) -> list[Address]:
    """The address a host spells out, in whatever notation; none when it is a name."""
    try:
        rows = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return []
    return [ip_address(str(row[4][0]).split("%", 1)[0]) for row in rows[:1]]


@cache
def _tls() -> SSLContext:
    """Reading the authorities takes forty milliseconds; each provider has a network of its own."""
    return httpx.create_ssl_context(trust_env=False)


class GuardedTransport(httpx.HTTPTransport):
    """The network, minus every address that is not public.

    Args:
        allowed: Networks the operator allows in addition.
        trusted: Origins (`http://host:port`) the operator named by configuration; not checked.
    """

    def __init__(self, allowed: Sequence[Network] = (), trusted: Sequence[str] = ()) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        # httpx offers no way to hand its pool a network backend, so the pool is replaced.
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(),
            max_connections=50,
            max_keepalive_connections=20,
            keepalive_expiry=30.0,
            network_backend=_CheckedNetwork(tuple(allowed), frozenset(map(_place, trusted))),
        )


class _CheckedNetwork(httpcore.NetworkBackend):
    """Opens sockets to checked addresses only; the pool above it still sees the name."""

    def __init__(self, allowed: tuple[Network, ...], trusted: frozenset[tuple[str, int]]) -> None:
        self._inner = httpcore.SyncBackend()
        self._allowed, self._trusted = allowed, trusted

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of `host`, when every one of them is allowed.

        Raises:
            httpcore.ConnectError: The name does not resolve, or leads to a refused address.
        """
        target = host if (host, port) in self._trusted else str(self._checked(host, port))
        limit = shorter(timeout, httpcore.ConnectTimeout)
        return TimedStream(
            self._inner.connect_tcp(target, port, limit, local_address, socket_options)
        )

    def _checked(self, host: str, port: int) -> Address:
        try:
            found = resolve(host, port)
        except Refusal as refusal:
            raise httpcore.ConnectError(refusal.code) from None
        if any(not is_public(a) and not _in(a, self._allowed) for a in found):
            raise httpcore.ConnectError("egress.private")
        return next((a for a in found if a.version == 4), found[0])


def _in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in net for net in networks if net.version == address.version)


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
