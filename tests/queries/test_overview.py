import pytest

from dashboard.queries.overview import Badge, badge, connected, link
from dashboard.store.connections import Connection


def _link(state, *, busy=False, **more):
    return link(Connection(agent_id="agt", provider="any", state=state, **more), busy=busy)


@pytest.mark.parametrize(
    ("state", "more", "expected"),
    [
        ("draft", {}, Badge.NOT_CONNECTED),
        ("authorizing", {}, Badge.NOT_CONNECTED),
        ("authorized", {"account_id": "1"}, Badge.UNFINISHED),
        ("active", {"account_id": "1"}, Badge.CONNECTED),
        ("active", {"account_id": "1", "error_code": "unavailable"}, Badge.ERROR),
        ("degraded", {"account_id": "1"}, Badge.ERROR),
        ("needs_reauth", {"account_id": "1"}, Badge.NEEDS_REAUTH),
        ("disconnected", {"account_id": "1"}, Badge.NOT_CONNECTED),
    ],
)
def test_each_state_has_its_badge(state, more, expected):
    assert badge(_link(state, **more)) is expected


def test_a_running_sync_shows_on_a_working_connection_only():
    assert badge(_link("active", busy=True)) is Badge.SYNCING
    assert badge(_link("degraded", busy=True)) is Badge.ERROR


def test_every_provider_has_a_card_and_a_draft_is_no_connection(desk, admin, agent):
    begun = desk.connect.begin(admin, agent.id, "telegram", environment="sandbox")

    cards = desk.queries.overview.cards(agent.id)

    assert {card.provider for card in cards} >= {"telegram", "kommo"}
    assert next(c for c in cards if c.provider == "telegram").link.id == begun.id
    assert connected(cards) == 0


@pytest.mark.parametrize(
    ("state", "error", "works"),
    [
        ("active", "", 1),
        ("active", "unavailable", 0),
        ("degraded", "unavailable", 0),
        ("needs_reauth", "", 0),
        ("authorized", "", 0),
    ],
)
def test_only_what_works_is_counted_as_connected(desk, admin, agent, state, error, works):
    begun = desk.connect.begin(admin, agent.id, "telegram", environment="sandbox")
    with desk.store.transaction() as session:
        row = session.get_one(Connection, begun.id)
        row.state, row.account_id, row.error_code = state, "1", error

    [listed] = desk.queries.people.agents_page().rows
    cards = desk.queries.overview.cards(agent.id)

    assert (connected(cards), listed.connected) == (works, works)
