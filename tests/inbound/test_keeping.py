"""What an event does not say of a record stays as it was known."""

import pytest

from dashboard import clock
from dashboard.contracts.records import Conversation, Deal
from dashboard.inbound.keeping import filled
from dashboard.store.packing import row
from dashboard.store.records import Place, load_records, save_records
from tests.pulse import fixtures

server, database, time = fixtures.server, fixtures.database, fixtures.time
desk = fixtures.desk
pytestmark = fixtures.on_both


def heard(desk, said):
    """Save an event's conversation; what is known of consent afterwards."""
    place = Place(connection_id=desk.connection_id, stream="conversations")
    chat = row(Conversation(external_id="1", updated_at=clock.now(), opted_out=said))
    with desk.store.transaction() as session:
        save_records(session, place, filled(session, place, Conversation, [chat]))
    with desk.store.transaction() as session:
        [record] = load_records(session, place, ["1"])
    return record.fields["opted_out"]


@pytest.mark.parametrize(
    ("says", "known"),
    [
        ([None], None),
        ([True, None], True),
        ([False, None], False),
        ([True, None, False], False),
        ([True, False, None, True, None, None], True),
    ],
)
def test_silence_changes_nothing_and_words_do(desk, says, known):
    assert [heard(desk, said) for said in says][-1] is known


def test_records_without_such_members_are_saved_as_they_come(desk):
    place = Place(connection_id=desk.connection_id, stream="deals")
    rows = [row(Deal(external_id="1", updated_at=clock.now()))]

    with desk.store.transaction() as session:
        assert filled(session, place, Deal, rows) == rows
