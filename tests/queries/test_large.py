"""However much there is, a page is short, honest about it, and in one order."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import select

from dashboard import clock
from dashboard.queries.for_api import ForApi
from dashboard.queries.journal import Wanted
from dashboard.store import reads_records
from dashboard.store.audit import AuditEntry
from dashboard.store.counting import COUNTED, Count
from dashboard.store.sync import Record
from tests import fresh

COUNT = 40


@pytest.fixture
def connection(desk, admin, agent):
    return desk.connect.begin(admin, agent.id, "kommo", environment="sandbox")


@pytest.fixture
def _small_bounds(monkeypatch):
    monkeypatch.setattr(reads_records, "COUNTED", 20)
    monkeypatch.setattr(reads_records, "FOUND", 10)


@pytest.fixture
def _records(desk, connection):
    now = clock.now()
    with desk.store.transaction() as session:
        for number in range(COUNT):
            session.add(
                Record(
                    connection_id=connection.id,
                    stream="deals",
                    external_id=f"{number:03}",
                    search=f"сделка {number:03}",
                    digest="",
                    # Ten at a time were changed at the same moment.
                    updated_at=now + timedelta(minutes=number // 10),
                )
            )


@pytest.mark.usefixtures("_small_bounds", "_records")
def test_counting_and_paging_end_at_the_bound_and_say_so(desk, connection):
    first = desk.queries.records.page(connection.id, "deals", size=15)
    second = desk.queries.records.page(connection.id, "deals", page=2, size=15)
    third = desk.queries.records.page(connection.id, "deals", page=3, size=15)

    assert (first.total, first.more) == (20, True)
    assert [len(page.rows) for page in (first, second, third)] == [15, 5, 0]


@pytest.mark.usefixtures("_small_bounds", "_records")
def test_search_looks_through_the_newest_and_says_so(desk, connection):
    new = desk.queries.records.page(connection.id, "deals", search="сделка 035", depth=30)
    old = desk.queries.records.page(connection.id, "deals", search="сделка 003", depth=30)
    last = desk.queries.records.page(connection.id, "deals", search="сделка 010", depth=30)

    assert (new.total, new.partly) == (1, True)
    assert (old.total, old.partly) == (0, True)
    assert (last.total, last.partly) == (1, True)


@pytest.mark.usefixtures("_records")
@pytest.mark.parametrize(("depth", "partly"), [(37, True), (39, True), (40, False), (400, False)])
def test_search_goes_as_deep_as_is_asked(desk, connection, depth, partly):
    found = desk.queries.records.page(connection.id, "deals", search="сделка 003", depth=depth)

    assert (found.total, found.partly) == (1, partly)


@pytest.mark.usefixtures("_small_bounds", "_records")
def test_a_search_that_has_found_enough_ends_and_says_so(desk, connection):
    found = desk.queries.records.page(connection.id, "deals", search="сделка", size=100)

    assert [row.external_id for row in found.rows] == [f"{n:03}" for n in range(39, 29, -1)]
    assert (found.total, found.more, found.partly) == (10, True, False)


@pytest.mark.usefixtures("_small_bounds", "_records")
def test_an_exact_id_is_found_however_old(desk, connection):
    found = desk.queries.records.page(connection.id, "deals", search="003", depth=10)

    assert [row.external_id for row in found.rows] == ["003"]


@pytest.mark.usefixtures("_records")
def test_within_the_bounds_nothing_is_left_out(desk, connection):
    everything = desk.queries.records.page(connection.id, "deals", search="сделка", size=100)

    assert (everything.total, everything.more, everything.partly) == (COUNT, False, False)
    assert len(everything.rows) == COUNT


@pytest.mark.usefixtures("_records")
@pytest.mark.parametrize("limit", [1, 7, 10, 39])
def test_page_by_page_every_record_comes_once_though_many_share_a_moment(desk, connection, limit):
    asks, seen, last = ForApi(desk.store), [], None
    while page := asks.records((connection.id, "deals"), last, limit):
        seen += [row.external_id for row in page]
        last = (page[-1].updated_at, page[-1].external_id)

    assert seen == [f"{number:03}" for number in reversed(range(COUNT))]


@fresh.sqlite_only
@pytest.mark.usefixtures("_records")
def test_lists_are_read_from_the_index_and_sort_nothing(desk, connection):
    asked = []
    sa.event.listen(
        desk.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2:4])
    )
    desk.queries.records.page(connection.id, "deals", page=2, size=10)
    desk.queries.records.page(connection.id, "deals", search="сделка", depth=30)
    ForApi(desk.store).records((connection.id, "deals"), (clock.now(), "020"), 10)
    lists = [(text, values) for text, values in asked if "FROM record" in text]
    with desk.store.engine.connect() as raw:
        plans = [
            " ".join(row[3] for row in raw.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values))
            for text, values in lists
        ]

    assert len(plans) == 7
    by_id = [plan for plan in plans if "external_id=?" in plan]
    assert all("record_living" in plan for plan in plans if plan not in by_id), plans
    assert len(by_id) == 2
    assert not [plan for plan in plans if "TEMP B-TREE" in plan]
    assert "(updated_at,external_id)<" in plans[-1]


def test_agents_come_a_page_at_a_time_by_name(desk, admin):
    for number in range(7):
        desk.agents.create(admin, f"Agent {number}")
    second = desk.queries.people.agents_page(page=2, size=3)
    found = desk.queries.people.agents_page(search="agent 5")

    assert [row.name for row in second.rows] == ["Agent 3", "Agent 4", "Agent 5"]
    assert [row.name for row in found.rows] == ["Agent 5"]
    assert (second.total, found.total) == (Count(7), Count(1))


@pytest.mark.usefixtures("agent")
def test_counting_the_journal_ends_at_the_bound_and_paging_does_not(desk):
    with desk.store.transaction() as session:
        row = session.exec(select(AuditEntry)).one().model_dump(exclude={"seq"})
        session.connection().execute(sa.insert(AuditEntry), [row] * COUNTED)

    total = desk.queries.journal.count(Wanted())
    oldest = desk.queries.journal.entries(Wanted(before=3))

    assert (total.number, total.more) == (COUNTED, True)
    assert [entry.seq for entry in oldest] == [2, 1]


def test_every_kind_of_entry_is_named_once(desk, admin, agent):
    for _ in range(3):
        desk.agents.change(admin, agent.id, name="Другое имя")

    assert desk.queries.journal.actions() == ["agent.changed", "agent.created"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda queries: queries.journal.count(Wanted()),
        lambda queries: queries.people.agents_page(),
        lambda queries: queries.records.page("con", "deals"),
        lambda queries: queries.overview.count_undecided(),
        lambda queries: queries.people.tokens(),
    ],
    ids=["journal", "agents", "records", "undecided", "tokens"],
)
def test_nothing_is_counted_to_its_end(desk, ask):
    asked = []
    sa.event.listen(desk.store.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    ask(desk.queries)
    counts = [text for text in asked if text.lower().startswith("select count(")]

    assert len(counts) == 1
    assert "LIMIT" in counts[0]
