"""With hosts moved by configuration, every call of a live connection goes where it was told."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from dashboard import assembly, registry
from dashboard.contracts.manifest import OAuth2
from dashboard.contracts.people import Actor, Role
from dashboard.kit.sandbox import MemoryShelf
from dashboard.settings import Settings
from tests import fresh
from tests.doubles import HandJobs
from tests.serving import TENANT, serving

ADMIN = Actor(kind="staff", id="stf_1", name="Анна", role=Role.ADMIN)
OWNER = "browser-session-hash"
PUBLIC = "https://desk.example"
# What a person types beside the secrets, where the sandbox has no say in it.
TYPED = {"subdomain": "mycompany.kommo.com"}
WAYS = [
    pytest.param(provider, method.id, id=f"{provider}-{method.id}")
    for provider in registry.ids()
    if "{url}" not in registry.manifest(provider).hosts.values()
    for method in registry.manifest(provider).auth
]


@pytest.fixture
def vendor(provider):
    """An independent server that speaks this vendor's language, under a path of its own."""
    with serving(**{provider: MemoryShelf(registry.part(provider, "sandbox").sandbox)}) as server:
        # A vendor without a redirect parameter has the desk's address in its own settings.
        server.base = PUBLIC
        yield server


@pytest.fixture
def desk(tmp_path, vendor, provider):
    hosts = {name: f"{vendor.url}/{provider}/{name}" for name in registry.manifest(provider).hosts}
    settings = Settings(data_dir=tmp_path, public_url=PUBLIC, provider_hosts={provider: hosts})
    made = assembly.build(settings, jobs=HandJobs())
    fresh.upgrade(made.store)
    yield made
    made.inbound.close()
    made.store.close()


def sample(vendor, provider, method):
    shelf = vendor.shelves[provider]
    return shelf.change(TENANT, lambda state: dict(shelf.sandbox.credentials(state, method)))


def consented(url):
    """What a browser brings back from the consent page at `url`."""
    asked = parse_qs(urlsplit(url).query)
    allowed = {"decision": "allow", "scope": asked.get("scope", [""])[0].split()}
    answer = httpx.post(url, data=allowed)
    return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def signed_in(desk, vendor, connection, method):
    """Prove the account as a person would: typing keys, or walking the consent page."""
    given = sample(vendor, connection.provider, method.id)
    if not isinstance(method, OAuth2):
        desk.connect.submit_keys(ADMIN, connection.id, given | _typed(method))
        return
    desk.apps.save(ADMIN, connection.provider, given["client_id"], given["client_secret"])
    flow = desk.connect.authorize(ADMIN, connection.id, _typed(method), owner=OWNER)
    assert flow.authorization_url.startswith(f"{vendor.url}/")
    params = consented(flow.authorization_url)
    # A vendor's own server would send people to the desk; the account named is the typed one.
    params |= {name: TYPED[field] for name, field in method.callback_fields.items()}
    assert desk.connect.finish_flow(params, OWNER).status == "done"


def _typed(method):
    return {f.name: TYPED[f.name] for f in method.fields if f.name in TYPED}


@pytest.mark.parametrize(("provider", "method"), WAYS)
def test_connecting_syncing_and_leaving_reach_only_the_moved_hosts(desk, vendor, provider, method):
    agent = desk.agents.create(ADMIN, "Демо")
    begun = desk.connect.begin(ADMIN, agent.id, provider, method=method, environment="live")
    signed_in(desk, vendor, begun, registry.manifest(provider).method(method))
    tested = desk.connect.activate(ADMIN, begun.id)
    assert tested.ok, tested.checks
    desk.jobs.drain()

    [standing] = desk.queries.syncing.standings(agent.id)
    assert standing.latest is None or standing.latest.state == "succeeded"
    left = desk.disconnect.disconnect(ADMIN, begun.id)
    assert left.unsubscribed
    assert {asked for asked, _, _ in vendor.asked} == {provider}
    assert len(vendor.asked) > 3
