"""Answers only the API and the plain doors need: lists by cursor, flows by their owner."""

from collections.abc import Sequence
from datetime import datetime

from dashboard.contracts.people import Actor
from dashboard.store import flows, paging, pulse
from dashboard.store.actions import ActionRun
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection, OAuthFlow
from dashboard.store.events import Delivery, Event
from dashboard.store.sync import Record, SyncRun


class ForApi:
    """Questions of the API."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def connection(self, connection_id: str) -> Connection:
        """The whole row, for walks that take one."""
        with self._store.transaction() as session:
            return session.get_one(Connection, connection_id)

    def flow(self, actor: Actor, flow_id: str) -> tuple[OAuthFlow, Connection] | None:
        """A flow and its connection; None when it is not this actor's to see."""
        with self._store.transaction() as session:
            flow = flows.get(session, flow_id)
            connection = session.get(Connection, flow.connection_id) if flow else None
        if flow is None or connection is None:
            return None
        return (flow, connection) if actor.agent_id in ("", connection.agent_id) else None

    def flow_of(self, flow_id: str, owner: str) -> OAuthFlow | None:
        """A pending flow that this browser session began."""
        with self._store.transaction() as session:
            flow = flows.get(session, flow_id)
        mine = flow is not None and bool(owner) and flow.owner == owner
        return flow if mine and flow is not None and flow.status == flows.PENDING else None

    def runs(self, connection_id: str, before: str, limit: int) -> Sequence[SyncRun]:
        """Sync runs of a connection, the newest first."""
        with self._store.transaction() as session:
            return paging.newest(session, SyncRun, {"connection_id": connection_id}, before, limit)

    def run(self, connection_id: str, run_id: str) -> SyncRun | None:
        """One sync run of this connection."""
        with self._store.transaction() as session:
            run = session.get(SyncRun, run_id)
        return run if run and run.connection_id == connection_id else None

    def records(
        self,
        place: tuple[str, str],
        before: tuple[datetime, str] | None,
        limit: int,
        search: str = "",
    ) -> Sequence[Record]:
        """Records of (connection, stream), the newest change first."""
        with self._store.transaction() as session:
            return paging.records_before(session, place, before, limit, search)

    def events(
        self, agent_id: str, wanted: paging.Wanted, before: str, limit: int
    ) -> Sequence[Event]:
        """Inbound events, the newest first; an empty agent means all agents."""
        with self._store.transaction() as session:
            mine = _of_agent(session, agent_id)
            return paging.newest(session, Event, {**wanted, **mine}, before, limit)

    def connection_ids(self, agent_id: str) -> list[str]:
        """Ids of an agent's connections; an empty agent means all agents."""
        with self._store.transaction() as session:
            return paging.connection_ids(session, agent_id)

    def sees(self, actor: Actor, connection_id: str) -> bool:
        """Whether there is such a connection for this actor."""
        with self._store.transaction() as session:
            return _may_see(session, actor, connection_id)

    def event(self, actor: Actor, event_id: str) -> Event | None:
        """One event that this actor may see."""
        with self._store.transaction() as session:
            event = session.get(Event, event_id)
            return event if event and _may_see(session, actor, event.connection_id) else None

    def deliveries(
        self, agent_id: str, wanted: paging.Wanted, before: str, limit: int
    ) -> Sequence[Delivery]:
        """Outbound deliveries, the newest first; an empty agent means all agents."""
        with self._store.transaction() as session:
            mine = _of_agent(session, agent_id)
            return paging.newest(session, Delivery, {**wanted, **mine}, before, limit)

    def delivery(self, actor: Actor, delivery_id: str) -> Delivery | None:
        """One delivery that this actor may see."""
        with self._store.transaction() as session:
            found = session.get(Delivery, delivery_id)
            return found if found and _may_see(session, actor, found.connection_id) else None

    def action_run(self, actor: Actor, run_id: str) -> ActionRun | None:
        """One run of an action that this actor may see."""
        with self._store.transaction() as session:
            run = session.get(ActionRun, run_id)
        return run if run and actor.agent_id in ("", run.agent_id) else None

    def action_runs(
        self, agent_id: str, state: str, before: str, limit: int
    ) -> Sequence[ActionRun]:
        """Runs of actions, the newest first; an empty agent or state means all."""
        with self._store.transaction() as session:
            wanted = {"agent_id": agent_id, "state": state}
            return paging.newest(session, ActionRun, wanted, before, limit)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many connections, runs, events and deliveries are in each state."""
        with self._store.transaction() as session:
            return pulse.counts(session)


def _of_agent(session: Session, agent_id: str) -> dict[str, Sequence[str]]:
    return {"connection_id": paging.connection_ids(session, agent_id)} if agent_id else {}


def _may_see(session: Session, actor: Actor, connection_id: str) -> bool:
    connection = session.get(Connection, connection_id)
    return connection is not None and actor.agent_id in ("", connection.agent_id)
