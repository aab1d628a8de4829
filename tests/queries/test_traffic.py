"""However many events there are, the newest are read from an index and counted to a bound."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from dashboard.inbound import machine as inbound
from dashboard.outbound import machine as outbound
from dashboard.queries.people import TOKENS, People
from dashboard.queries.traffic import Traffic
from dashboard.store import reads_traffic
from dashboard.store.agents import Agent
from dashboard.store.base import Store
from dashboard.store.connections import Connection
from dashboard.store.counting import Count
from dashboard.store.events import Delivery, Event
from dashboard.store.staff import ApiToken
from tests import fresh, postgres

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
EVENTS = tuple(map(str, inbound.State))
DELIVERIES = tuple(map(str, outbound.State))
BOUND = 20


@pytest.fixture(params=["sqlite", "postgres"])
def store(request, tmp_path):
    sqlite = f"sqlite:///{tmp_path / 'desk.db'}"
    made = Store(sqlite if request.param == "sqlite" else postgres.migrated_database())
    if request.param == "sqlite":
        fresh.upgrade(made)
    yield made
    made.close()


@pytest.fixture
def traffic(store):
    return Traffic(store)


@pytest.fixture
def _bound(monkeypatch):
    monkeypatch.setattr(reads_traffic, "COUNTED", BOUND)


@pytest.fixture
def linked(store):
    """linked(count): ids of so many connections of one agent."""

    def made(count):
        ids = [f"con_{number:04}" for number in range(count)]
        with store.transaction() as session:
            session.add(Agent(id="agt_1", name="Демо"))
            session.flush()
            session.add_all(
                Connection(id=one, agent_id="agt_1", provider=f"first{one}") for one in ids
            )
        return ids

    return made


@pytest.fixture
def came(store):
    """came(connection, states): an event or delivery of each, the oldest first; their ids.

    Three at a time came in the same moment, and the last was written first.
    """

    def insert(connection_id, states, table=Event):
        begins = "evt" if table is Event else "msg"
        rows = [
            {
                "id": f"{begins}_{connection_id}_{number:06}",
                "connection_id": connection_id,
                "state": state,
                **_rest(table, number, BEGAN + timedelta(minutes=number // 3)),
            }
            for number, state in enumerate(states)
        ]
        with store.transaction() as session:
            session.connection().execute(sa.insert(table), rows[::-1])
        return [row["id"] for row in rows]

    return insert


def _rest(table, number, moment):
    if table is Event:
        names = {"vendor_id": str(number), "name": "deal.changed", "vendor_name": "update"}
        return {**names, "payload": {}, "work": {}, "received_at": moment}
    named = {"source": str(number), "event_type": "deal.changed", "position": number}
    return {**named, "body": b"{}", "created_at": moment}


def _all_pages(ask, size):
    seen, page = [], 0
    while (found := ask(page=(page := page + 1), size=size)).rows:
        seen += [row.id for row in found.rows]
    return seen


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize(("table", "states"), [(Event, EVENTS), (Delivery, DELIVERIES)])
def test_page_by_page_all_come_once_the_newest_first(traffic, linked, came, table, states, size):
    first, second, others = linked(3)
    ids = [*came(first, states * 4, table), *came(second, states[:2] + states[3:4] * 20, table)]
    came(others, states, table)
    lists = traffic.events if table is Event else traffic.deliveries

    seen = _all_pages(lambda **place: lists([first, second], **place), size)

    assert sorted(seen) == sorted(ids)
    newest = sorted(ids, key=lambda one: (int(one[-6:]) // 3, one), reverse=True)
    assert seen == newest


@pytest.mark.parametrize("state", EVENTS)
def test_events_of_one_state_are_found_among_all_others(traffic, linked, came, state):
    ids = linked(2)
    made = [*came(ids[0], EVENTS * 3), *came(ids[1], EVENTS * 2)]

    found = traffic.events(ids, state=state)

    expected = [one for one in made if EVENTS[int(one[-6:]) % len(EVENTS)] == state]
    assert sorted(row.id for row in found.rows) == expected
    assert {row.state for row in found.rows} == {state}
    assert (found.total, found.pages) == (Count(5), 1)


@pytest.mark.usefixtures("_bound")
@pytest.mark.parametrize("count", [1, BOUND - 1, BOUND, BOUND + 1, BOUND * 3])
def test_counting_ends_at_the_bound_and_says_so(traffic, linked, came, count):
    ids = linked(2)
    came(ids[0], ["done"] * (count // 2) + ["dead"] * 3)
    came(ids[1], ["done"] * (count - count // 2))

    counts = traffic.counts(ids)

    assert counts["events_done"] == Count(min(count, BOUND), more=count > BOUND)
    assert counts["events_dead"] == Count(3)
    assert traffic.events(ids).total == Count(min(count + 3, BOUND), more=count + 3 > BOUND)


@pytest.mark.usefixtures("_bound")
def test_what_waits_for_staff_is_counted_exactly_among_much_else(traffic, linked, came):
    ids = linked(1)
    came(ids[0], ["done"] * 50 + ["received"] * 4 + ["processing"] * 5 + ["held"] * 9)
    came(ids[0], ["delivered"] * 50 + ["pending"] * 6 + ["delivering"] + ["dead"] * 8, Delivery)

    assert traffic.counts(ids) == {
        "events_done": Count(BOUND, more=True),
        "events_waiting": Count(9),
        "events_dead": Count(0),
        "deliveries_done": Count(BOUND, more=True),
        "deliveries_waiting": Count(7),
        "deliveries_dead": Count(8),
    }


@pytest.mark.usefixtures("_bound")
@pytest.mark.parametrize(
    ("page", "rows", "pages"), [(1, 10, 2), (2, 10, 3), (3, 10, 4), (4, 10, 4), (5, 0, 5)]
)
def test_paging_goes_on_behind_the_bound_to_the_last_row(traffic, linked, came, page, rows, pages):
    ids = linked(1)
    came(ids[0], ["done"] * 40)
    came(ids[0], ["delivered"] * 40, Delivery)

    for ask in (traffic.events, traffic.deliveries):
        found = ask(ids, page=page, size=10)
        assert (len(found.rows), found.pages) == (rows, pages)


def test_more_connections_than_one_statement_takes_are_read_together(traffic, linked, came):
    ids = linked(reads_traffic.TOGETHER // len(EVENTS) + 20)
    for one in ids:
        came(one, EVENTS)

    found = traffic.events(ids, page=2, size=50)

    assert found.total == Count(len(ids) * len(EVENTS))
    newest = [f"evt_{one}_00000{number}" for one in reversed(ids) for number in (5, 4, 3)]
    assert [row.id for row in found.rows] == newest[50:100]


@pytest.fixture
def plans(store):
    """plans(ask): how the database does what is asked of it, a line each."""

    def explained(ask):
        asked = []

        def keep(*call):
            asked.append(call[2:4])

        sa.event.listen(store.engine, "before_cursor_execute", keep)
        ask()
        sa.event.remove(store.engine, "before_cursor_execute", keep)
        word = "EXPLAIN" if store.on_postgres else "EXPLAIN QUERY PLAN"
        with store.engine.connect() as connection:
            found = [connection.exec_driver_sql(f"{word} {text}", v).all() for text, v in asked]
        return [str(row[-1]).strip() for rows in found for row in rows]

    return explained


@pytest.mark.usefixtures("_bound")
@pytest.mark.parametrize(
    ("ask", "index"), [("events", "event_by_state"), ("deliveries", "delivery_past")]
)
def test_nothing_is_read_but_the_page_and_what_is_counted(store, linked, came, plans, ask, index):
    ids, name = linked(4), index.split("_")[0]
    for one in ids:
        came(one, ["done", *["dead"] * 2, *["done"] * 97] * 30)
        came(one, ["delivered", *["dead"] * 2, *["delivered"] * 97] * 30, Delivery)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    traffic = Traffic(store)
    lists = getattr(traffic, ask)

    lines = plans(lambda: (traffic.counts(ids[2:]), lists(ids[2:]), lists(ids[2:], state="dead")))

    reads = [one for one in lines if re.search(f"(SEARCH|SCAN| on) {name}", one)]
    ways = (f" {index} ", f"{name}_pkey ", f"sqlite_autoindex_{name}_1 (id=?)")
    assert len(reads) >= 10
    assert [one for one in reads if not any(way in one for way in ways)] == []


def test_tokens_come_a_page_at_a_time_the_newest_first(store):
    with store.transaction() as session:
        session.add_all(
            ApiToken(
                id=f"tok_{number:03}",
                name=f"Бот {number}",
                token_hash=str(number),
                tail="",
                revoked_at=BEGAN if number % 2 else None,
            )
            for number in range(TOKENS + 5)
        )
    people = People(store)

    first, second = people.tokens(), people.tokens(page=2)

    assert [row.id for row in first.rows] == [f"tok_{n:03}" for n in range(TOKENS + 4, 4, -1)]
    assert [row.id for row in second.rows] == [f"tok_{n:03}" for n in range(4, -1, -1)]
    assert (first.total, first.pages) == (Count(TOKENS + 5), 2)
