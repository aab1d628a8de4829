"""An assembled desk with one provider connected to its sandbox, set back to that in a moment.

The network between the desk and the sandbox can be broken; nothing waits, and the vendor's limits
are not kept, because other tests do that.
"""

import asyncio
import atexit
import json
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from sqlmodel import select

from dashboard import assembly, registry
from dashboard.assembly import Dashboard
from dashboard.connections import hook_keys
from dashboard.contracts.forms import Kind
from dashboard.contracts.manifest import OAuth2
from dashboard.contracts.people import Actor, Role
from dashboard.kit.sandbox import MemoryShelf
from dashboard.sandbox.shelf import StoreShelf, box
from dashboard.settings import Settings
from dashboard.store.connections import Connection
from dashboard.store.records import Record
from dashboard.store.sync import SyncRun
from tests import fresh
from tests.contract import bench
from tests.contract.faults import Fault, Network, Remembering
from tests.contract.samples import arguments
from tests.doubles import HandJobs

ADMIN = Actor(kind="staff", id="stf_1", name="Анна", role=Role.ADMIN)
BROWSER = "browser-of-anna"
PUBLIC = "http://desk.test"
TABLES = ("outbox", "faults", "oauth", "log", "calls", "idempotency", "deliveries", "requests")


@dataclass
class Through:
    """In place of the rooms' sandboxes: one in memory, behind a network that may be broken."""

    shelf: MemoryShelf
    network: Network
    sent: list[Any] = field(default_factory=list)
    tenant: str = ""

    def transport(self, provider: str, tenant: str, hosts: Any) -> httpx.BaseTransport:
        base = f"{PUBLIC}/sandbox/{provider}/{tenant}"
        if self.tenant != tenant:
            self.tenant, world = tenant, partial(self.shelf.text, tenant)
            sandbox = box(provider).transport(
                self.shelf, tenant, hosts, base=base, deliver=self.sent.extend
            )
            self.network.inner = Remembering(sandbox, world)
        return self.network


class NoLimits:
    """In place of the vendors' ceilings."""

    def wait_for(self, *_bucket: Any) -> None:
        """Let the call pass."""

    def block(self, *_pause: Any) -> None:
        """Other tests prove that a pause is kept."""


@dataclass
class Desk:
    """One provider, connected."""

    provider: str
    rooms: Dashboard
    jobs: HandJobs
    network: Network
    through: Through
    connection_id: str = ""
    tenant: str = ""
    kept: str = ""
    kept_world: str = ""
    world: str = ""
    pauses: list[float] = field(default_factory=list)
    examples: dict[str, Any] = field(default_factory=dict)

    # --- one state to begin every test with ------------------------------------------------

    def keep(self, file: Path) -> None:
        """Remember this state."""
        self.kept, self.kept_world = str(file), self.through.shelf.text(self.tenant)
        self._copy(self._file, self.kept)

    def back(self) -> "Desk":
        """Be again as remembered."""
        self._copy(self.kept, self._file)
        self.world = self.kept_world
        self.through.shelf.put(self.tenant, self.world)
        self.jobs.waiting.clear()
        self.jobs.seen.clear()
        self.rooms.inbound._hooks._known.clear()
        self.pauses.clear()
        self.through.sent.clear()
        self.network.heals()
        return self

    @property
    def _file(self) -> str:
        return str(self.rooms.store.engine.url.database)

    def _copy(self, source: str, target: str) -> None:
        with sqlite3.connect(source) as before, sqlite3.connect(target) as after:
            after.execute("PRAGMA synchronous=OFF")
            before.backup(after)
        before.close()
        after.close()

    # --- what tests look at ----------------------------------------------------------------

    def connection(self) -> Connection:
        with self.rooms.store.transaction() as session:
            return session.get_one(Connection, self.connection_id)

    def run(self, run_id: str) -> SyncRun:
        with self.rooms.store.transaction() as session:
            return session.get_one(SyncRun, run_id)

    def records(self, stream: str) -> dict[str, str]:
        """Live records: id -> title; an id that is there twice fails."""
        asked = select(Record).where(Record.stream == stream, Record.deleted_at.is_(None))
        with self.rooms.store.transaction() as session:
            found = [(row.external_id, row.title) for row in session.exec(asked).all()]
        assert len(dict(found)) == len(found)
        return dict(found)

    def vendor(self) -> dict[str, Any]:
        """The vendor's world."""
        return json.loads(self.through.shelf.text(self.tenant))

    @property
    def size_before(self) -> dict[str, int]:
        """The same before the test began."""
        return _measured(self.world)[1]

    def size(self) -> dict[str, int]:
        """How much there is of each kind of thing at the vendor: what was done shows in it."""
        then, sizes = _measured(self.world)
        if self.through.shelf.text(self.tenant) == self.world:
            return sizes
        now = {n: v for n, v in self.vendor().items() if n not in TABLES}
        return {n: sizes[n] if v == then.get(n) else _leaves(v) for n, v in now.items()}

    # --- what tests do ---------------------------------------------------------------------

    def breaks(self, fault: Fault, places: set[int] | None = None) -> None:
        self.network.breaks(fault, None if places is None else frozenset(places))

    def sign_in(self) -> None:
        """Prove the account as a person does: typing keys, or walking the consent page."""
        connection = self.connection()
        method = registry.manifest(self.provider).auth[0]
        given = self.through.shelf.change(
            self.tenant, lambda state: dict(box(self.provider).credentials(state, method.id))
        )
        typed = {k: v for k, v in given.items() if not k.startswith("client_")}
        if not isinstance(method, OAuth2):
            self.rooms.connect.submit_keys(ADMIN, connection.id, typed)
            return
        flow = self.rooms.connect.authorize(ADMIN, connection.id, typed, owner=BROWSER)
        ended = self.rooms.connect.finish_flow(self._consent(flow.authorization_url), BROWSER)
        assert (ended.status, ended.error_code) == ("done", "")

    def _consent(self, url: str) -> dict[str, str]:
        scopes = parse_qs(urlsplit(url).query).get("scope", [""])[0].split()
        hosts = self.rooms.opener._reach.hosts(self.connection(), {})
        network = self.through.transport(self.provider, self.tenant, hosts)
        with httpx.Client(transport=network) as browser:
            answer = browser.post(url, data={"decision": "allow", "scope": scopes})
        return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def example(self, action: str) -> dict[str, Any]:
        """An input for an action that fits the vendor's world; what it needs is made there."""
        if action not in self.examples:
            with self.rooms.opener.open(self.connection_id) as opened:
                account = bench.Account(
                    self.provider, "", self.through.shelf, opened.client, self.network, ()
                )
                account.tenant = self.tenant
                self.examples[action] = arguments(account, action), account.shelf.text(self.tenant)
        given, self.world = self.examples[action]
        self.through.shelf.put(self.tenant, self.world)
        self.network.heals()
        return given

    def play(self, gesture: str) -> list[int]:
        """Something happens at the vendor; what the desk answers to the webhooks."""
        made = box(self.provider).gestures[gesture]

        def work(state: dict[str, Any]) -> list[Any]:
            secret = {"hook_secret": self.hook_secret(), "hook_url": self.hook_url()}
            values = bench.gesture_values(made, state) | secret
            made.run(state, values, f"{PUBLIC}/sandbox/{self.provider}/{self.tenant}")
            return bench.taken(state)

        return [self.receive(sent) for sent in self.through.shelf.change(self.tenant, work)]

    def process(self) -> None:
        """Work through the events, without waiting for the door's own thread to queue that."""
        self.jobs.enqueue("inbound.process", {"connection_id": self.connection_id})
        self.jobs.drain()

    def hook_url(self) -> str:
        """Where the vendor calls us."""
        rooms = self.rooms
        with rooms.store.transaction() as session:
            row = self.connection()
            return hook_keys.url(session, rooms.vault, rooms.settings, row)

    def hook_secret(self) -> str:
        """What it signs with, where a person hands the secret over."""
        with self.rooms.store.transaction() as session:
            return hook_keys.secret(session, self.rooms.vault, self.connection_id)

    def receive(self, sent: Any) -> int:
        """A webhook comes in through the desk's door."""
        token = urlsplit(sent.url).path.rsplit("/", 1)[-1]
        return asyncio.run(self.rooms.inbound.receive(token, bench.request(sent))).status


@lru_cache(maxsize=32)
def _measured(world: str) -> tuple[dict[str, Any], dict[str, int]]:
    """A world's tables, and how much there is in each."""
    tables = {n: v for n, v in json.loads(world).items() if n not in TABLES}
    return tables, {n: _leaves(v) for n, v in tables.items()}


def _leaves(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value
    return sum(map(_leaves, parts)) if isinstance(value, dict | list) else 1


@cache
def connected(provider: str) -> Desk:
    """A desk with the provider connected, subscribed and read once."""
    desk = _built(provider)
    agent = desk.rooms.agents.create(ADMIN, "Демо")
    method = registry.manifest(provider).auth[0].id
    begun = desk.rooms.connect.begin(
        ADMIN, agent.id, provider, method=method, environment="sandbox"
    )
    desk.connection_id, desk.tenant = begun.id, begun.tenant
    stored = StoreShelf(desk.rooms.store, provider).change(begun.tenant, json.dumps)
    desk.through.shelf.put(begun.tenant, stored)
    desk.sign_in()
    desk.rooms.configure.save_settings(ADMIN, begun.id, _chosen(desk))
    if registry.manifest(provider).hooks:
        names = [event.name for event in registry.manifest(provider).events]
        desk.rooms.configure.save_events(ADMIN, begun.id, names)
    tested = desk.rooms.connect.activate(ADMIN, begun.id)
    assert tested.ok, tested.checks
    desk.jobs.drain()
    assert desk.connection().state == "active"
    desk.keep(desk.rooms.settings.data_dir / "kept.db")
    return desk


def _built(provider: str) -> Desk:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    jobs = HandJobs()
    rooms = assembly.build(Settings(data_dir=folder, public_url=PUBLIC), jobs=jobs)
    fresh.upgrade(rooms.store)
    rooms.vault.check_key(rooms.store)
    jobs.handlers.pop("sandbox.deliver")
    network = Network(httpx.MockTransport(lambda _: httpx.Response(500)))
    through = Through(MemoryShelf(box(provider)), network)
    rooms.opener._reach._sandboxes, rooms.opener._reach._limits = through, NoLimits()
    desk = Desk(provider, rooms, jobs, network, through)
    performer = rooms.actions._performer
    performer._calls = replace(performer._calls, wait=desk.pauses.append)
    return desk


def _chosen(desk: Desk) -> dict[str, Any]:
    """Every stream switched on, and the first of each live list that must be chosen from."""
    fields = registry.manifest(desk.provider).settings_fields()
    streams = registry.manifest(desk.provider).streams
    toggles = {stream.enabled_by: True for stream in streams if stream.enabled_by}
    asked = [f for f in fields if f.required and f.choices_from and f.default is None]
    lists = {f: desk.rooms.lists.choices(desk.connection_id, f.choices_from) for f in asked}
    return toggles | {
        f.name: [v[0].value] if f.kind is Kind.CHOICES else v[0].value for f, v in lists.items()
    }
