"""What an action costs the database: counted, since time depends on the machine."""

import pytest
import sqlalchemy as sa

from dashboard.store.actions import ActionRun
from dashboard.store.base import Store
from tests.pulse import fixtures

pytestmark = fixtures.on_both

WRITES = ("INSERT", "UPDATE", "DELETE")


@pytest.fixture
def counted(desk):
    """Transactions as lists of the first words of their statements."""
    done, under_way = [], {}

    def note(connection, _cursor, text, *_more):
        under_way.setdefault(connection, []).append(text.split()[0])

    def close(connection):
        done.append(under_way.pop(connection, []))

    sa.event.listen(desk.store.engine, "before_cursor_execute", note)
    sa.event.listen(desk.store.engine, "commit", close)
    sa.event.listen(desk.store.engine, "rollback", close)
    return done


def test_an_action_waits_for_the_disk_twice(act, counted):
    act("add_note", about="deals", about_id="1", text="Первая")
    counted.clear()
    run = act("add_note", about="deals", about_id="1", text="Позвонить")

    writing = [one for one in counted if set(one) & set(WRITES)]
    assert run.state == "succeeded"
    assert (len(writing), len(counted)) == (2, 3)
    assert sum(map(len, counted)) <= 7


def test_a_repeat_writes_nothing(act, counted):
    note = {"about": "deals", "about_id": "1", "text": "Позвонить"}
    first = act("add_note", key="k1", **note)
    counted.clear()
    again = act("add_note", key="k1", **note)

    statements = [word for one in counted for word in one]
    assert (again.id, statements.count("INSERT"), statements.count("UPDATE")) == (first.id, 1, 0)


def test_the_claim_is_kept_before_the_vendor_is_called(act, desk):
    seen = []

    def look(_request):
        # With eyes of its own: what is not committed is not there.
        other = Store(desk.store.url)
        with other.transaction() as session:
            seen.append([run.state for run in session.exec(sa.select(ActionRun)).scalars()])
        other.close()

    desk.vendor.instead = look
    act("add_note", about="deals", about_id="1", text="Позвонить")

    assert seen == [["running"]]
