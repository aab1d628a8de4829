"""The doctor at the front door: the public address, and what services must know of it."""

import ipaddress
import json
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from dashboard import clock, registry
from dashboard.cli.finding import Finding, broken, doubtful, fine
from dashboard.contracts.errors import ProviderError
from dashboard.contracts.manifest import OAuth2
from dashboard.kit.access import Access
from dashboard.kit.egress import GuardedTransport
from dashboard.kit.http import Client, Reply
from dashboard.settings import Settings
from dashboard.store import reads_people
from dashboard.store.base import Store
from dashboard.vault.cipher import Keyring
from dashboard.vault.keys import installation

TOLERATED_SECONDS = 60
PATIENCE_SECONDS = 5.0


def address(settings: Settings, ring: Keyring | None) -> Iterator[Finding]:
    """Whether the public address leads here, safely."""
    url = settings.public_url
    yield from _safety(url)
    try:
        answer = _answer(url)
    except ProviderError as error:
        yield broken("public_url", "silent", url=url, error=error.detail)
        return
    yield from _clock(answer)
    told = _told(answer)
    if answer.status != 200 or "desk" not in told:
        yield broken("public_url", "stranger", url=url, status=answer.status)
    elif ring is not None and told["desk"] not in map(installation, ring.all):
        yield broken("public_url", "other_desk", url=url)
    else:
        yield fine("public_url", url=url)


def apps(store: Store, settings: Settings, _ring: Keyring | None) -> Iterator[Finding]:
    """Which address must be registered where."""
    with store.transaction() as session:
        known = reads_people.oauth_apps(session)
    redirect = f"{settings.public_url}/oauth/callback"
    for provider in registry.ids():
        manifest = registry.manifest(provider)
        if not any(isinstance(one, OAuth2) for one in manifest.auth):
            continue
        values = {"service": manifest.name, "redirect": redirect}
        if provider not in known:
            yield fine("redirect", "no_app", **values)
        elif _is_local(urlsplit(redirect).hostname or ""):
            yield doubtful("redirect", "local", **values)
        else:
            yield fine("redirect", "register", **values)


def _answer(url: str) -> Reply:
    """What the public address says, whatever its status; our own network may be private."""
    access = Access(credentials={}, hosts={"api": url}, transport=GuardedTransport(trusted=(url,)))
    client = Client(access, explain=lambda _: None, call_seconds=PATIENCE_SECONDS)
    try:
        return client.text("GET", "/healthz")
    finally:
        client.close()


def _safety(url: str) -> Iterator[Finding]:
    host = urlsplit(url).hostname or ""
    if url.startswith("https://"):
        yield fine("https")
    elif _is_local(host):
        yield fine("https", "local")
    else:
        yield broken("https", "plain", url=url)


def _clock(answer: Reply) -> Iterator[Finding]:
    told = answer.headers.get("date", "")
    if not told:
        return
    off = abs((clock.now() - parsedate_to_datetime(told)).total_seconds())
    values = {"seconds": f"{off:.0f}"}
    fits = off < TOLERATED_SECONDS
    yield fine("clock", "web", **values) if fits else broken("clock", "off", **values)


def _told(answer: Reply) -> dict[str, str]:
    try:
        told = json.loads(answer.body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
