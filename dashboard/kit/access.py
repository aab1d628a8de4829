"""What a provider needs to reach one account, and how its hosts are found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from dashboard.contracts.manifest import Manifest


def _no_limit() -> None:
    """Let the call pass."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """The keys to one account, for as long as one piece of work lasts.

    Args:
        credentials: Secrets and the open fields asked with them (subdomain, account id).
        settings: What staff chose, plus `Account.settings` of the last identification.
        hosts: Origin, path prefix included, by host name of the manifest.
        account_id: The vendor's id of the account; empty before it was identified.
        transport: The guarded network, or a sandbox.
        before_call: Called before each request; raises RateLimited when the account's
            bucket is empty.
    """

    credentials: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    account_id: str = ""
    transport: httpx.BaseTransport | None = None
    before_call: Callable[[], None] = _no_limit


def hosts(
    manifest: Manifest, addresses: Mapping[str, str], overrides: Mapping[str, str]
) -> dict[str, str]:
    """Origins by name: the manifest's, account parts filled, the operator's overrides on top.

    Args:
        addresses: Values for the `{name}` parts, from the provider's `addresses(values)`.
        overrides: The operator's, for this provider; they replace origin and prefix whole.
    """
    filled = {name: origin.format_map(_Blank(addresses)) for name, origin in manifest.hosts.items()}
    return {name: overrides.get(name, origin).rstrip("/") for name, origin in filled.items()}


class _Blank(dict[str, str]):
    """Leaves an unknown part empty, so a manifest can be read before an account is known."""

    def __missing__(self, key: str) -> str:
        return ""
