"""The doctor at the front door: the public address, and what services must know of it."""

import ipaddress
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from dashboard import clock, registry
from dashboard.cli.finding import Finding, broken, doubtful, fine
from dashboard.contracts.manifest import OAuth2
from dashboard.settings import Settings
from dashboard.store import reads_people
from dashboard.store.base import Store
from dashboard.vault.cipher import Keyring
from dashboard.vault.keys import installation

TOLERATED_SECONDS = 60


def address(settings: Settings, ring: Keyring | None) -> Iterator[Finding]:
    """Whether the public address leads here, safely."""
    url = settings.public_url
    yield from _safety(url)
    try:
        answer = httpx.get(f"{url}/healthz", timeout=5)
    except httpx.HTTPError as error:
        yield broken("public_url", "silent", url=url, error=type(error).__name__)
        return
    yield from _clock(answer)
    told = _told(answer)
    if answer.status_code != 200 or "desk" not in told:
        yield broken("public_url", "stranger", url=url, status=answer.status_code)
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


def _safety(url: str) -> Iterator[Finding]:
    host = urlsplit(url).hostname or ""
    if url.startswith("https://"):
        yield fine("https")
    elif _is_local(host):
        yield fine("https", "local")
    else:
        yield broken("https", "plain", url=url)


def _clock(answer: httpx.Response) -> Iterator[Finding]:
    told = answer.headers.get("date", "")
    if not told:
        return
    off = abs((clock.now() - parsedate_to_datetime(told)).total_seconds())
    values = {"seconds": f"{off:.0f}"}
    fits = off < TOLERATED_SECONDS
    yield fine("clock", "web", **values) if fits else broken("clock", "off", **values)


def _told(answer: httpx.Response) -> dict[str, str]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
