"""Renewals come by themselves, ahead of the end, found by an index among a million connections."""

import os
from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.oauth import lifetime
from dashboard.store import renewals
from dashboard.store.agents import Agent
from dashboard.store.connections import Connection
from tests.fixtures.links import ANNA
from tests.oauth.conftest import left_to_live, signed_in

MANY = int(os.environ.get("TEST_CONNECTIONS", "20000"))
CHUNK, DUE = 5000, 5


def kept(seconds, refresh="r"):
    ends = clock.now() + timedelta(seconds=seconds)
    return {"expires_at": ends.isoformat(), "lifetime": str(seconds), "refresh_token": refresh}


def due_in(connection, span, desk):
    with desk.store.transaction() as session:
        session.get_one(Connection, connection.id).refresh_due_at = clock.now() + span


@pytest.mark.parametrize(
    ("life", "earliest", "latest"),
    [
        (60, 12, 9),
        (3600, 12 * 60, 9 * 60),
        (86_400, 5 * 3600, 3.5 * 3600),
        (60 * 86_400, 7 * 86_400, 5 * 86_400),
    ],
)
def test_how_far_ahead_depends_on_the_life(life, earliest, latest):
    ahead = [
        timedelta(seconds=life) - (lifetime.scheduled(kept(life)) - clock.now()) for _ in range(50)
    ]

    assert max(ahead) <= timedelta(seconds=earliest + 1)
    assert min(ahead) >= timedelta(seconds=latest - 1)
    assert len(set(ahead)) > 25


def test_a_token_without_a_refresh_token_serves_until_its_end():
    alone = kept(3600, refresh="")
    last = {**alone, "expires_at": (clock.now() + timedelta(seconds=5)).isoformat()}

    assert lifetime.scheduled(alone) == lifetime.end(alone)
    assert not lifetime.is_ending(last)


def test_a_token_without_an_end_is_never_renewed_by_the_schedule():
    assert lifetime.scheduled({"expires_at": "", "refresh_token": "r"}) is None


@pytest.mark.parametrize("left", [-86_400, -60, 0, 60, 600, 86_400])
def test_after_a_failure_the_pause_is_neither_short_nor_long(left):
    token = {**kept(3600), "expires_at": (clock.now() + timedelta(seconds=left)).isoformat()}
    pause = lifetime.next_try(token) - clock.now()

    assert timedelta(seconds=22) <= pause <= timedelta(minutes=15)


def test_a_connection_nobody_uses_is_renewed_before_its_token_ends(live, linked, vendor):
    assert clock.now() < linked.refresh_due_at < linked.token_expires_at
    due_in(linked, timedelta(seconds=-1), live)
    live.renewal.due()
    claimed = live.row(linked.id).refresh_due_at
    live.renewal.due()
    live.jobs.run("tokens.refresh")
    now = live.row(linked.id)

    assert claimed > clock.now() + timedelta(minutes=29)
    assert len(vendor.asked) == 1
    assert now.version == linked.version + 1
    assert live.tokens.kept(linked.id)["access_token"] == vendor.issued[-1]
    assert clock.now() < now.refresh_due_at < now.token_expires_at


def test_a_renewal_done_twice_asks_twice_and_breaks_nothing(live, linked, vendor):
    job = live.job("tokens.refresh", linked)
    live.renewal.refresh(job)
    live.renewal.refresh(job)

    assert len(vendor.asked) == 2
    assert not vendor.withdrawn
    assert live.tokens.kept(linked.id)["access_token"] == vendor.issued[-1]


def test_a_paused_connection_keeps_its_login_alive(live, linked, vendor):
    with live.store.transaction() as session:
        session.get_one(Connection, linked.id).paused = True
    due_in(linked, timedelta(seconds=-1), live)
    live.renewal.due()
    live.jobs.run("tokens.refresh")

    assert len(vendor.asked) == 1


@pytest.mark.parametrize("end", ["disconnected", "needs_reauth"])
def test_what_has_no_login_is_not_renewed(live, linked, vendor, end):
    due_in(linked, timedelta(seconds=-1), live)
    live.renewal.due()
    if end == "disconnected":
        live.disconnect.disconnect(ANNA, linked.id)
    else:
        with live.store.transaction() as session:
            session.get_one(Connection, linked.id).state = end
    live.jobs.run("tokens.refresh")

    assert vendor.asked == []


def test_a_new_login_sets_the_next_moment_anew(live, linked):
    due_in(linked, timedelta(days=300), live)
    signed_in(live, linked)

    assert live.row(linked.id).refresh_due_at < clock.now() + timedelta(hours=1)


def test_keys_are_not_renewed(desk):
    row = desk.active()
    due_in(row, timedelta(seconds=-1), desk)
    desk.renewal.due()
    desk.jobs.run("tokens.refresh")

    assert desk.row(row.id).refresh_due_at is None
    assert desk.row(row.id).state == "active"


def test_a_living_token_serves_while_another_process_renews_it(live, linked, vendor):
    left_to_live(live, linked, timedelta(minutes=2))
    grip = live.tokens._turns.take(linked.id)
    served = live.tokens.fresh(linked)
    live.tokens._turns.end(grip)

    assert served["access_token"] == vendor.issued[0]
    assert vendor.asked == []


@pytest.fixture
def many(live):
    """So many connections with tokens that none of is due, and five that are."""
    now = clock.now()
    agent = Agent(name="Мария").model_dump()
    row = Connection(agent_id="", provider="acme", state="active").model_dump()
    with live.store.transaction() as session:
        for start in range(0, MANY, CHUNK):
            numbers = range(start, min(start + CHUNK, MANY))
            agents = [agent | {"id": f"agt_{n}"} for n in numbers]
            session.connection().execute(sa.insert(Agent.__table__), agents)
            rows = [
                row
                | {"id": f"con_{n}", "agent_id": f"agt_{n}"}
                | {"refresh_due_at": now + timedelta(hours=23 if n >= DUE else -1, seconds=n)}
                for n in numbers
            ]
            session.connection().execute(sa.insert(Connection.__table__), rows)
    with live.store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("ANALYZE"))
    return live


def test_due_tokens_are_found_by_the_index_and_claimed_once(many):
    plans = [
        planned(many.store, asked)
        for asked in (renewals._due(clock.now()).limit(1), renewals._claimable(clock.now(), 200))
    ]
    many.renewal.due()
    claimed = [args["connection_id"] for _, args, _ in many.jobs.waiting]
    many.renewal.due()

    assert all("connection_refresh_due" in plan for plan in plans), plans
    assert not any("Seq Scan" in plan or "SCAN connection " in plan for plan in plans), plans
    assert sorted(claimed) == [f"con_{n}" for n in range(DUE)]
    assert len(many.jobs.waiting) == DUE


def planned(store, asked):
    """How the database goes about a query."""
    words = "EXPLAIN " if store.on_postgres else "EXPLAIN QUERY PLAN "
    text = asked.compile(store.engine, compile_kwargs={"literal_binds": True})
    with store.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"{words}{text}")
        return " ".join(str(line) for line in plan)
