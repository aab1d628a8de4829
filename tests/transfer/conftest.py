import pytest

from dashboard import assembly
from dashboard.contracts.people import SYSTEM
from dashboard.settings import Settings
from dashboard.store.actions import ActionRule
from tests import fresh
from tests.doubles import HandJobs

SECRETS = ("fakesecret-token", "fakesecret-header", "fakesecret-query", "fakesecret-app")


@pytest.fixture
def made(tmp_path):
    """made(name) is a desk of its own."""
    desks = []

    def build(name):
        settings = Settings(
            data_dir=tmp_path / name, public_url="http://desk.test", database_url=fresh.url()
        )
        desk = assembly.build(settings, jobs=HandJobs())
        fresh.upgrade(desk.store)
        desk.vault.check_key(desk.store)
        desks.append(desk)
        return desk

    yield build
    for desk in desks:
        desk.inbound.close()
        desk.store.close()


@pytest.fixture
def full(made):
    """A desk where everything that a file can hold has been chosen."""
    desk = made("full")
    agent = desk.agents.create(SYSTEM, "Продавец", {"phone": "+7 900 000-00-00"})
    desk.agents.create(SYSTEM, "Бухгалтер")
    desk.agents.add_field(SYSTEM, agent.id, name="district", label="Район")
    rule = ActionRule(agent_id=agent.id, provider="stripe", action="create_payment_link")
    rule.decision, rule.amount_limit = "approval", "100.50"
    desk.actions.set_rule(SYSTEM, rule)
    link = linked(desk, agent, "kommo")
    desk.configure.save_settings(SYSTEM, link.id, {"frequency": "hourly"})
    desk.configure.save_events(SYSTEM, link.id, ["deal.created"])
    rows = desk.mappings.current(link.id, "contacts") or suggested(desk, link)
    desk.mappings.save(SYSTEM, link.id, "contacts", rows)
    hook = desk.connect.begin(SYSTEM, agent.id, "webhook", environment="sandbox")
    with desk.store.transaction() as session:
        row = session.get_one(type(hook), hook.id)
        row.open_fields = {"url": f"https://u:{SECRETS[0]}@hooks.example/in?key={SECRETS[2]}"}
        row.settings = {"headers": {"Authorization": SECRETS[1]}}
    desk.apps.save(SYSTEM, "google_calendar", "client-1", SECRETS[3])
    return desk


def linked(desk, agent, provider):
    row = desk.connect.begin(SYSTEM, agent.id, provider, environment="sandbox")
    sample = desk.sandboxes.credentials(provider, row.tenant, row.method)
    desk.connect.submit_keys(SYSTEM, row.id, sample)
    desk.connect.activate(SYSTEM, row.id)
    return row


def suggested(desk, link):
    from dashboard.mapping.rules import MappingRow

    found = desk.lists.fields(link.id, "contacts")
    texts = [one for one in found if one.type == "text" and not one.read_only]
    return [MappingRow(agent_field="district", vendor_field=texts[0].name)]
