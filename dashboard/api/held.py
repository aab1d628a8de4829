"""Events that wait for a login or a person, and events that were given up."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field

from dashboard.api import links
from dashboard.api.needs import Asks, Body, Caller, Desk, Language
from dashboard.api.pages import Cursor, Limit, seen, split
from dashboard.api.readable import IN_UTC
from dashboard.api.repeatable import Repeatable
from dashboard.api.work_shapes import (
    HeldEventShape,
    HeldPage,
    HeldShape,
    Moved,
    TouchShape,
    Waiting,
)
from dashboard.contracts.errors import Refusal
from dashboard.queries.traffic import HeldEvent

router = APIRouter(prefix="/events", tags=["webhooks"], route_class=Repeatable)


class Dropped(Body):
    """Which events to give up; all that wait when none is named."""

    event_ids: list[str] = Field(default_factory=list, max_length=1000)


class Since(Body):
    """From when on; everything that is kept when left out."""

    since: Annotated[AwareDatetime, IN_UTC] | None = None


def _seen(actor: Caller, asks: Asks, connection_id: str) -> str:
    if not asks.sees(actor, connection_id):
        raise Refusal("connections.not_found", 404)
    return connection_id


ConnectionId = Annotated[str, Depends(_seen)]


@router.get("/held")
def held(
    desk: Desk,
    actor: Caller,
    asks: Asks,
    agent_id: Annotated[str, Query(max_length=100)] = "",
) -> Waiting:
    """Connections whose events wait, the longest-waiting first.

    `waits_for`: login | set_up | person.
    """
    agent = desk.agents.get(actor, agent_id).id if agent_id else actor.agent_id
    rows = desk.queries.traffic.held(asks.connection_ids(agent))
    return Waiting(held=[HeldShape.model_validate(row, from_attributes=True) for row in rows])


@router.get("/held/{connection_id}")
def preview(
    desk: Desk,
    connection_id: ConnectionId,
    language: Language,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> HeldPage:
    """What waits of a connection, in the order it will be processed, and what each will do."""
    rows = desk.queries.traffic.held_events(connection_id, after=_place(cursor), size=limit + 1)
    page, following = split(rows, limit, _placed)
    return HeldPage(events=[_shape(row, language) for row in page], next_cursor=following)


@router.post("/held/{connection_id}/hold", status_code=202)
def hold(desk: Desk, actor: Caller, connection_id: ConnectionId) -> Moved:
    """Let events of a connection wait until a person releases them, also after a new login."""
    return Moved(events=desk.inbound.by_hand.hold(actor, connection_id))


@router.post("/held/{connection_id}/release", status_code=202)
def release(desk: Desk, actor: Caller, connection_id: ConnectionId) -> Moved:
    """Process what waits, in its order; while a login is missing, as soon as that is back."""
    return Moved(events=desk.inbound.by_hand.release(actor, connection_id))


@router.post("/held/{connection_id}/drop", status_code=202)
def drop(desk: Desk, actor: Caller, connection_id: ConnectionId, body: Dropped) -> Moved:
    """Give up what waits, or the named events of it; each may still be replayed by its id."""
    return Moved(events=desk.inbound.by_hand.drop(actor, connection_id, body.event_ids))


@router.post("/dead/{connection_id}/replay", status_code=202)
def replay_dead(desk: Desk, actor: Caller, connection_id: ConnectionId, body: Since) -> Moved:
    """Process again, in their order, the events that were given up; at most 1,000 at a time."""
    replayed = desk.inbound.by_hand.replay_dead(actor, connection_id, body.since)
    return Moved(events=replayed)


def _place(cursor: str) -> tuple[datetime, str] | None:
    if not (place := seen(cursor, 2)):
        return None
    try:
        received_at = datetime.fromisoformat(place[0])
    except ValueError:
        received_at = None
    if received_at is None or received_at.tzinfo is None:
        raise Refusal("api.bad_cursor", field="cursor")
    return received_at, place[1]


def _placed(row: HeldEvent) -> tuple[str, str]:
    return row.event.received_at.isoformat(), row.event.id


def _shape(row: HeldEvent, language: str) -> HeldEventShape:
    names = [name for name in HeldEventShape.model_fields if name not in ("error", "touches")]
    return HeldEventShape(
        **{name: getattr(row.event, name) for name in names},
        error=links.trouble(row.event, "", language),
        touches=[TouchShape.model_validate(one, from_attributes=True) for one in row.touches],
    )
