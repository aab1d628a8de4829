"""Two people at work on one agent at the same moment."""

import re
import threading
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import SYSTEM
from dashboard.store.agents import Agent, AgentField
from dashboard.store.connections import Connection
from tests import postgres
from tests.app import desks
from tests.app.desks import demo

# What the other one gets when nobody is in the way; who waits for a lock is not done by then.
HEAD_START_SECONDS = 0.5
PATIENCE_SECONDS = 20
# How a deletion finds out that the agent is connected to nothing.
LOOKED = "SELECT .* FROM connection "


@pytest.fixture(params=["sqlite", "postgres"])
def desk(request, tmp_path):
    with ExitStack() as opened:
        chosen = {}
        if request.param == "postgres":
            opened.enter_context(postgres.running())
            chosen["database_url"] = postgres.migrated_database()
        made = opened.enter_context(desks.assembled(tmp_path / "data", **chosen))
        made.agents.ensure_demo()
        yield made


class Other:
    """Somebody who acts right after the first statement of a kind, and how that went."""

    def __init__(self, desk, statement, work):
        self.said, self._awaited, self._work = "", re.compile(statement), work
        self._thread = threading.Thread(target=self._act)
        sa.event.listen(desk.store.engine, "after_cursor_execute", self._executed)

    def end(self):
        """Wait until it is done; what it was told."""
        self._thread.join(PATIENCE_SECONDS)
        return self.said

    def _executed(self, _connection, _cursor, statement, *_):
        if self._awaited.match(" ".join(statement.split())) and self._thread.ident is None:
            self._thread.start()
            self._thread.join(HEAD_START_SECONDS)

    def _act(self):
        self.said = answer(self._work)


def answer(work):
    """`done`, or the code of the refusal."""
    try:
        work()
    except Refusal as refused:
        return refused.code
    return "done"


def rows(desk, table):
    with desk.store.transaction() as session:
        return session.exec(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_an_agent_is_not_deleted_together_with_a_connection_begun_meanwhile(desk):
    agent = demo(desk)
    other = Other(desk, LOOKED, lambda: desk.connect.begin(SYSTEM, agent, "telegram"))
    deleted = answer(lambda: desk.agents.delete(SYSTEM, agent))

    assert (deleted, other.end()) == ("done", "connections.no_agent")
    assert (rows(desk, Agent), rows(desk, Connection)) == (0, 0)


def test_an_agent_is_not_deleted_under_a_connection_that_is_being_begun(desk):
    agent = demo(desk)
    other = Other(desk, "INSERT INTO connection ", lambda: desk.agents.delete(SYSTEM, agent))
    begun = answer(lambda: desk.connect.begin(SYSTEM, agent, "telegram"))

    assert (begun, other.end()) == ("done", "agents.still_connected")
    assert (rows(desk, Agent), rows(desk, Connection)) == (1, 1)


def test_of_two_who_add_the_same_field_one_is_told_that_it_is_there(desk):
    agent = demo(desk)

    def add():
        desk.agents.add_field(SYSTEM, agent, name="city", label="Город")

    other = Other(desk, "SELECT .* FROM agent_field ", add)
    first = answer(add)

    assert sorted([first, other.end()]) == ["agents.field_taken", "done"]
    assert rows(desk, AgentField) == 1


def test_a_field_is_not_added_to_an_agent_that_is_being_deleted(desk):
    agent = demo(desk)
    other = Other(
        desk,
        LOOKED,
        lambda: desk.agents.add_field(SYSTEM, agent, name="city", label="Город"),
    )
    desk.agents.delete(SYSTEM, agent)

    assert other.end() == "agents.unknown"
