"""Opens a provider's own sandbox with the provider's own client, by any of its auth methods."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from dashboard import registry
from dashboard.contracts.actions import Action
from dashboard.contracts.events import Request, Trust
from dashboard.contracts.manifest import Manifest, OAuth2
from dashboard.kit import access, moments
from dashboard.kit.http import Client
from dashboard.kit.reading import Page, pages
from dashboard.kit.sandbox import Emitted, Gesture, MemoryShelf, Sandbox, taken

BASE = "http://desk.test/sandbox/{provider}/t"
HOOK_URL = "http://desk.test/hooks/contract-suite-token"
TENANT = "t"


class Interrupting(httpx.BaseTransport):
    """Passes requests on, unless `instead` says otherwise; counts them."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.instead: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.instead(request) or self.inner.handle_request(request)


@dataclass
class Account:
    """A provider connected to a fresh sandbox."""

    provider: str
    method: str
    shelf: MemoryShelf
    client: Client
    network: Interrupting
    secrets: tuple[str, ...]
    emitted: list[Emitted] = field(default_factory=list)
    tenant: str = TENANT

    @property
    def manifest(self) -> Manifest:
        return registry.manifest(self.provider)

    @property
    def sandbox(self) -> Sandbox:
        return self.shelf.sandbox

    def part(self, name: str) -> Any:
        return registry.part(self.provider, name)

    def action(self, name: str) -> Action:
        return registry.actions(self.provider)[name]

    def state(self) -> dict[str, Any]:
        return self.shelf.states[self.tenant]

    def reconnect(self, transport: httpx.BaseTransport) -> None:
        """A fresh client of the same account over another network."""
        opened = replace(self.client.access, transport=transport)
        self.client = self.part("client").connect(opened)

    def change(self, work: Callable[[dict[str, Any]], Any]) -> Any:
        return self.shelf.change(self.tenant, work)

    def pages(self, stream: str, cursor: dict[str, Any] | None = None) -> list[Page]:
        """All pages of a stream from `cursor`."""
        said = self.manifest.stream(stream)
        read = getattr(self.part("streams"), stream)
        start = cursor or {}
        return list(
            pages(self.client, said, start, read) if said.path else read(self.client, start)
        )

    def records(self, stream: str) -> list[Any]:
        return [record for page in self.pages(stream) for record in page.records]

    def play(self, gesture: str, values: dict[str, Any] | None = None) -> list[Emitted]:
        """Do something in the vendor's world; the webhooks it sent."""

        def work(state: dict[str, Any]) -> list[Emitted]:
            made = self.sandbox.gestures[gesture]
            chosen = gesture_values(made, state) | (values or {})
            made.run(state, chosen, BASE.format(provider=self.provider))
            return taken(state)

        return self.change(work)


@dataclass(frozen=True)
class _SignedIn:
    """What signing in left behind: the vendor's world as text, and the keys to it."""

    world: str
    opened: access.Access
    secrets: tuple[str, ...]


def open_account(provider: str, method_id: str) -> Account:
    """An account signed in to a sandbox of its own, which nobody has touched since."""
    known = _signed_in(provider, method_id)
    sandbox: Sandbox = registry.part(provider, "sandbox").sandbox
    shelf = MemoryShelf(sandbox)
    emitted: list[Emitted] = []
    shelf.put(TENANT, known.world)
    network = _network(provider, shelf, emitted)
    client = registry.part(provider, "client").connect(replace(known.opened, transport=network))
    return Account(provider, method_id, shelf, client, network, known.secrets, emitted)


@cache
def _signed_in(provider: str, method_id: str) -> _SignedIn:
    """Signing in once is enough: every account begins with a copy of that world."""
    manifest = registry.manifest(provider)
    sandbox: Sandbox = registry.part(provider, "sandbox").sandbox
    shelf = MemoryShelf(sandbox)
    sample = shelf.change(TENANT, lambda state: dict(sandbox.credentials(state, method_id)))
    network, hosts = _network(provider, shelf, []), _hosts(manifest)
    method = manifest.method(method_id)
    credentials = oauth(method, sample, hosts, network) if isinstance(method, OAuth2) else sample
    opened = access.Access(
        credentials=credentials,
        settings=default_settings(manifest),
        hosts=hosts,
        transport=network,
    )
    module = registry.part(provider, "client")
    known = module.identify(module.connect(opened))
    opened = replace(opened, settings={**opened.settings, **known.settings}, account_id=known.id)
    hidden = tuple(
        value
        for name, value in {**sample, **credentials}.items()
        if name in (*manifest.secret_names(), "access_token", "refresh_token", "client_secret")
    )
    return _SignedIn(shelf.text(TENANT), opened, hidden)


def _hosts(manifest: Manifest) -> dict[str, str]:
    base = BASE.format(provider=manifest.id)
    return {name: f"{base}/{name}" for name in manifest.hosts}


def _network(provider: str, shelf: MemoryShelf, emitted: list[Emitted]) -> Interrupting:
    hosts, base = _hosts(registry.manifest(provider)), BASE.format(provider=provider)
    deliver = emitted.extend
    inner = shelf.sandbox.transport(shelf, TENANT, hosts, base=base, deliver=deliver)
    return Interrupting(inner)


def oauth(
    method: OAuth2, app: dict[str, str], hosts: dict[str, str], network: httpx.BaseTransport
) -> dict[str, str]:
    """Walk the consent page and the token endpoint as a browser and a server would."""
    http = httpx.Client(transport=network)
    back = "http://desk.test/oauth/callback"
    query = {"client_id": app["client_id"], "state": "s", **method.authorize_params}
    wanted = " ".join(scope.name for scope in method.scopes)
    if method.standard_params:
        query |= {"redirect_uri": back, "response_type": "code", "scope": wanted}
    url = hosts[method.authorize.host] + method.authorize.path
    scopes = {"scope": wanted.split()} if method.standard_params else {}
    answer = http.post(url, params=query, data={"decision": "allow", **scopes})
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
    }
    token_url = hosts[method.token.host] + method.token.path
    body = {"json": asked} if method.json_body else {"data": asked}
    granted = http.post(token_url, **body).json()
    opened = {name: value for name, value in app.items() if not name.startswith("client_")}
    tokens = {name: granted.get(name, "") for name in ("access_token", "refresh_token", "scope")}
    until = moments.now() + timedelta(seconds=granted["expires_in"])
    return {**opened, **tokens, "expires_at": until.isoformat()}


def default_settings(manifest: Manifest) -> dict[str, Any]:
    return {f.name: f.default for f in manifest.settings_fields() if f.default is not None}


def trust(account: Account, secret: str, subscription_id: str = "") -> Trust:
    return Trust(
        secrets=(secret,),
        account_id=account.client.access.account_id,
        open_fields={
            k: v for k, v in account.client.access.credentials.items() if v not in account.secrets
        },
        settings=account.client.settings,
        subscription_id=subscription_id,
    )


def request(delivery: Emitted) -> Request:
    """A webhook as the door would hand it over."""
    return Request(
        method=delivery.method,
        headers={name.lower(): value for name, value in delivery.headers.items()},
        body=delivery.body,
        query={k: v[0] for k, v in parse_qs(urlsplit(delivery.url).query).items()},
        url=delivery.url,
    )


def secret_for(manifest: Manifest) -> str:
    """A signing secret of the form the house makes."""
    if manifest.hooks and manifest.hooks.shows_secret:
        return "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    return secrets.token_urlsafe(32)


def subscribed(account: Account) -> tuple[str, str]:
    """Register the hook where the vendor has an API for it; (secret in force, subscription id)."""
    secret = secret_for(account.manifest)
    if not account.manifest.hooks.subscribes:
        return secret, ""
    chosen = [event.name for event in account.manifest.events]
    made = account.part("webhooks").subscribe(account.client, HOOK_URL, secret, chosen)
    return made.secret or secret, made.id


def played(account: Account, secret: str, gesture: str = "") -> list[Emitted]:
    """What the vendor sends when something happens: by one gesture, or the first that sends."""
    given = {"hook_url": HOOK_URL, "hook_secret": secret}
    account.emitted.clear()
    for name in [gesture] if gesture else account.sandbox.gestures:
        if sent := account.play(name, given):
            return sent
    return []


def gesture_values(made: Gesture, state: dict[str, Any]) -> dict[str, Any]:
    """What a person would fill into the gesture's form."""
    offered = made.choices(state)
    return {f.name: _sample(f, offered) for f in made.fields}


def _sample(asked: Any, offered: dict[str, dict[str, str]]) -> Any:
    if offered.get(asked.name):
        return next(iter(offered[asked.name]))
    if asked.options:
        return asked.options[0]
    return asked.default if asked.default is not None else "Пример sample"
