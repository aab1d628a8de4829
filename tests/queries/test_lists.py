"""Lists come a page at a time, newest first, and count what there is."""

from datetime import timedelta

import pytest

from dashboard import clock
from dashboard.queries.journal import Wanted
from dashboard.store.counting import Count
from dashboard.store.events import Event
from dashboard.store.sync import Record, SyncRun


@pytest.fixture
def connection(desk, admin, agent):
    return desk.connect.begin(admin, agent.id, "kommo", environment="sandbox")


@pytest.fixture
def records(desk, connection):
    now = clock.now()
    with desk.store.transaction() as session:
        for number in range(30):
            session.add(
                Record(
                    connection_id=connection.id,
                    stream="deals",
                    external_id=str(number),
                    title=f"Сделка {number}",
                    search=f"сделка {number} 100%_готово",
                    digest="",
                    updated_at=now + timedelta(minutes=number),
                    deleted_at=now if number == 29 else None,
                )
            )


@pytest.mark.usefixtures("records")
def test_records_come_newest_first_and_deleted_ones_do_not(desk, connection):
    first = desk.queries.records.page(connection.id, "deals", size=10)
    last = desk.queries.records.page(connection.id, "deals", page=3, size=10)

    assert first.total == 29
    assert [row.external_id for row in first.rows[:2]] == ["28", "27"]
    assert [row.external_id for row in last.rows][-1] == "0"


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize(
    ("text", "found"), [("СДЕЛКА 7", 3), ("нет такой", 0), ("100%_", 29), ("0%7", 0)]
)
def test_search_takes_every_word_and_no_wildcards(desk, connection, text, found):
    assert desk.queries.records.page(connection.id, "deals", search=text).total == found


def test_a_record_links_only_to_web_pages(desk, connection):
    with desk.store.transaction() as session:
        session.add(
            Record(
                connection_id=connection.id,
                stream="deals",
                external_id="1",
                digest="",
                fields={"url": "javascript:alert(1)"},
                updated_at=clock.now(),
            )
        )

    assert desk.queries.records.one(connection.id, "deals", "1").url == ""


def test_events_are_counted_by_state(desk, connection):
    with desk.store.transaction() as session:
        for number in range(3):
            session.add(
                Event(
                    connection_id=connection.id,
                    vendor_id=str(number),
                    name="deal.created",
                    vendor_name="add_lead",
                    state="dead" if number else "done",
                )
            )

    found = desk.queries.traffic.events([connection.id], state="dead")
    counts = desk.queries.traffic.counts([connection.id])

    assert (len(found.rows), found.total) == (2, Count(2))
    assert (counts["events_dead"], counts["events_done"]) == (Count(2), Count(1))


def test_the_whole_journal_is_read_batch_by_batch(desk, admin):
    for number in range(7):
        desk.agents.create(admin, f"Агент {number}")

    wanted = Wanted(action="agent.created")
    seqs = [entry.seq for entry in desk.queries.journal.everything(wanted, most=5)]

    assert desk.queries.journal.count(wanted).number == 7
    assert seqs == sorted(seqs, reverse=True)
    assert len(seqs) == 5


def test_a_standing_knows_its_newest_run_and_how_far_it_is(desk, agent, connection):
    with desk.store.transaction() as session:
        row = session.get_one(type(connection), connection.id)
        row.state, row.account_id = "active", "1"
        session.add(SyncRun(id="run_1", connection_id=row.id, reason="first", state="succeeded"))
        session.add(
            SyncRun(
                id="run_2",
                connection_id=row.id,
                reason="button",
                state="running",
                new=50,
                streams={"deals": {"total": 200}},
                started_at=clock.now() - timedelta(seconds=10),
            )
        )

    standing = desk.queries.syncing.standings(agent.id)[0]

    assert standing.running
    assert standing.latest.id == "run_2"
    assert standing.latest.share == 0.25
    assert standing.latest.per_second == pytest.approx(5, rel=0.1)
    assert {row.stream for row in standing.streams} >= {"deals", "contacts"}
