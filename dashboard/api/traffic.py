"""Webhooks: events that came in, deliveries that go out."""

from typing import Annotated

from fastapi import APIRouter, Query

from dashboard.api import links
from dashboard.api.needs import Asks, Caller, Desk, Language
from dashboard.api.pages import Cursor, Limit, seen, split
from dashboard.api.repeatable import Repeatable
from dashboard.api.work_shapes import DeliveryPage, DeliveryShape, EventPage, EventShape
from dashboard.assembly import Dashboard
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor
from dashboard.store.events import Delivery, Event

router = APIRouter(tags=["webhooks"], route_class=Repeatable)
_Filter = Annotated[str, Query(max_length=100)]


@router.get("/events")
def events(  # noqa: PLR0913 - FastAPI hands over what the handler names
    *,
    desk: Desk,
    actor: Caller,
    asks: Asks,
    language: Language,
    agent_id: _Filter = "",
    connection_id: _Filter = "",
    state: _Filter = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> EventPage:
    """Events that came in, the newest first.

    `state`: received | processing | held | done | dead | dropped.
    """
    wanted = {"connection_id": connection_id, "state": state}
    agent = _agent(desk, actor, agent_id)
    rows = asks.events(agent, wanted, "".join(seen(cursor)), limit + 1)
    page, following = split(rows, limit, lambda event: (event.id,))
    return EventPage(events=[_event(row, language) for row in page], next_cursor=following)


@router.post("/events/{event_id}/replay", status_code=202)
def replay(event_id: str, desk: Desk, actor: Caller, asks: Asks, language: Language) -> EventShape:
    """Process an event once more."""
    if asks.event(actor, event_id) is None:
        raise Refusal("api.event_unknown", 404)
    desk.inbound.replay(actor, event_id)
    fresh = asks.event(actor, event_id)
    if fresh is None:
        raise Refusal("api.event_unknown", 404)
    return _event(fresh, language)


@router.get("/deliveries")
def deliveries(  # noqa: PLR0913 - FastAPI hands over what the handler names
    *,
    desk: Desk,
    actor: Caller,
    asks: Asks,
    agent_id: _Filter = "",
    connection_id: _Filter = "",
    state: _Filter = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> DeliveryPage:
    """Deliveries, the newest first. `state`: pending | delivering | delivered | dead."""
    wanted = {"connection_id": connection_id, "state": state}
    agent = _agent(desk, actor, agent_id)
    rows = asks.deliveries(agent, wanted, "".join(seen(cursor)), limit + 1)
    page, following = split(rows, limit, lambda delivery: (delivery.id,))
    return DeliveryPage(deliveries=[_delivery(row) for row in page], next_cursor=following)


@router.post("/deliveries/{delivery_id}/resend", status_code=202)
def resend(delivery_id: str, desk: Desk, actor: Caller, asks: Asks) -> DeliveryShape:
    """Send a delivery once more, under the same `webhook-id`."""
    if asks.delivery(actor, delivery_id) is None:
        raise Refusal("api.delivery_unknown", 404)
    desk.outbound.resend(actor, delivery_id)
    fresh = asks.delivery(actor, delivery_id)
    if fresh is None:
        raise Refusal("api.delivery_unknown", 404)
    return _delivery(fresh)


def _agent(desk: Dashboard, actor: Actor, wanted: str) -> str:
    """The agent whose rows are listed: the one asked for, or the token's only one."""
    return desk.agents.get(actor, wanted).id if wanted else actor.agent_id


def _event(row: Event, language: str) -> EventShape:
    told = {name: getattr(row, name) for name in EventShape.model_fields if name != "error"}
    return EventShape(**told, error=links.trouble(row, "", language))


def _delivery(row: Delivery) -> DeliveryShape:
    return DeliveryShape(**{name: getattr(row, name) for name in DeliveryShape.model_fields})
