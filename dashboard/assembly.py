"""Builds the desk: every part made once, and handed to those who need it."""

from dataclasses import dataclass

from dashboard.actions.run import Actions
from dashboard.agents.agents import Agents
from dashboard.audit.log import Audit
from dashboard.connections.check import Checker
from dashboard.connections.configure import Configure
from dashboard.connections.connect import Connect
from dashboard.connections.disconnect import Disconnect
from dashboard.connections.hooks import Hooks
from dashboard.connections.lists import Lists
from dashboard.connections.open import Opener
from dashboard.connections.reach import Reach
from dashboard.connections.signin import SignIn
from dashboard.connections.tools import Tools
from dashboard.inbound.receive import Inbound
from dashboard.jobs import Jobs
from dashboard.jobs.limits import Limits
from dashboard.mapping.mappings import Mappings
from dashboard.oauth.apps import Apps
from dashboard.oauth.authorize import Authorize
from dashboard.oauth.refresh import Tokens
from dashboard.outbound.outbound import Outbound
from dashboard.queries.desk import Queries
from dashboard.sandbox.play import Sandboxes
from dashboard.settings import Settings
from dashboard.staff.room import StaffRoom
from dashboard.store import migrate
from dashboard.store.base import Store
from dashboard.sync.engine import Sync
from dashboard.vault import keys
from dashboard.vault.own_keys import own_key
from dashboard.vault.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """The assembled desk of one process."""

    settings: Settings
    store: Store
    vault: Vault
    audit: Audit
    jobs: Jobs
    limits: Limits
    sandboxes: Sandboxes
    apps: Apps
    tokens: Tokens
    opener: Opener
    lists: Lists
    connect: Connect
    configure: Configure
    checker: Checker
    disconnect: Disconnect
    hooks: Hooks
    mappings: Mappings
    sync: Sync
    inbound: Inbound
    outbound: Outbound
    actions: Actions
    queries: Queries
    staff: StaffRoom
    agents: Agents


def prepare(desk: Dashboard) -> None:
    """Make the data folder, the tables and the first agent; be sure of the key.

    Raises:
        Refusal: `vault.wrong_key`: the secrets were sealed with another key.
    """
    desk.settings.data_dir.mkdir(parents=True, exist_ok=True)
    migrate.upgrade(desk.store)
    desk.vault.check_key(desk.store)
    desk.audit.begin(desk.store)
    desk.agents.ensure_demo()


def build(settings: Settings, *, jobs: Jobs | None = None) -> Dashboard:
    """Assemble the desk and register its jobs; nothing runs before `desk.jobs.start(role)`.

    Args:
        jobs: Another engine behind the same port, for tests.
    Raises:
        Refusal: `vault.bad_key`.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    store = Store(settings.database)
    jobs = jobs or Jobs(store, settings)
    tools = _tools(settings, store, jobs)
    limits = Limits(store)
    audit, opener = tools.audit, tools.opener
    lists = Lists(store, opener)
    checker, configure = Checker(tools), Configure(tools, lists)
    signin = SignIn(tools, Authorize(tools.vault))
    mappings = Mappings(store, audit, lists.fields)
    desk = Dashboard(
        settings=settings,
        store=store,
        vault=tools.vault,
        audit=audit,
        jobs=jobs,
        limits=limits,
        sandboxes=tools.sandboxes,
        apps=tools.apps,
        tokens=tools.tokens,
        opener=opener,
        lists=lists,
        connect=Connect(tools, signin, checker, configure),
        configure=configure,
        checker=checker,
        disconnect=Disconnect(tools),
        hooks=Hooks(tools),
        mappings=mappings,
        sync=Sync(store, jobs, opener, audit),
        inbound=Inbound(store, jobs, opener, tools.vault, audit, settings),
        outbound=Outbound(store, jobs, opener, tools.vault, audit),
        actions=Actions(store, jobs, opener, audit, mappings),
        queries=Queries(store),
        staff=StaffRoom(store, audit, limits, tools.vault, settings),
        agents=Agents(store, audit),
    )
    jobs.every("limits.forget_idle", 3600.0, limits.forget_idle)
    jobs.every("answers.forget_old", 600.0, desk.staff.repeats.sweep)
    for room in (desk.connect, desk.hooks, desk.sync, desk.inbound, desk.outbound, desk.actions):
        room.register()
    return desk


def _tools(settings: Settings, store: Store, jobs: Jobs) -> Tools:
    """What the walks of connecting work with."""
    vault, limits = Vault(keys.of(settings)), Limits(store)
    audit = Audit(own_key(vault, "journal"))
    sandboxes = Sandboxes(store, jobs, settings, audit)
    apps, reach = Apps(store, vault, audit, sandboxes), Reach(settings, sandboxes, limits)
    tokens = Tokens(store, vault, apps, reach.access, settings)
    return Tools(
        settings=settings,
        store=store,
        vault=vault,
        audit=audit,
        jobs=jobs,
        sandboxes=sandboxes,
        apps=apps,
        tokens=tokens,
        reach=reach,
        opener=Opener(store, tokens, reach, limits, audit),
    )
