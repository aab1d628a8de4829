"""Receivers of the desk's own events: how they stand, replays, and their signing secrets."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from dashboard.api.needs import Body, Caller, Desk, Linked
from dashboard.api.readable import IN_UTC
from dashboard.api.repeatable import Repeatable
from dashboard.contracts.errors import Refusal
from dashboard.outbound.replays import choice
from dashboard.outbound.signing import OVERLAP

router = APIRouter(tags=["webhooks"], route_class=Repeatable)
Moment = Annotated[AwareDatetime, IN_UTC]
_BASE = "/agents/{agentId}/integrations/{integrationId}/receiver"


class ReplayBody(Body):
    """Which finished deliveries to send again.

    `since` and `until` speak of when the event was queued. `until` is needed when `states` holds
    `delivered`, so that the same call again sends nothing twice. `dry_run` only counts.
    """

    connection_id: str = Field(max_length=100)
    since: Moment
    until: Moment | None = None
    states: list[Literal["dead", "delivered"]] = Field(["dead"], max_length=2)
    dry_run: bool = False


class Replayed(BaseModel):
    """How many deliveries are sent again, or would be."""

    count: int
    dry_run: bool
    until: datetime


class ReceiverShape(BaseModel):
    """How a receiver stands."""

    connection_id: str
    ordered: bool
    signed: bool
    paused: bool
    error_code: str
    failing_since: datetime | None
    waiting: int
    next_attempt_at: datetime | None
    dead: int


class Enabled(BaseModel):
    """How many deliveries had waited and go out now."""

    waiting: int


class SecretBody(Body):
    """For how long the secret before signs along, at most 168 hours."""

    overlap_hours: float = Field(default=OVERLAP / timedelta(hours=1), ge=0, le=168)


class SecretShape(BaseModel):
    """A new signing secret. It is shown this once."""

    secret: str
    previous_until: datetime | None


@router.post("/deliveries/replay", status_code=202)
def replay(body: ReplayBody, desk: Desk, actor: Caller) -> Replayed:
    """Send all finished deliveries of a time once more, under their own `webhook-id`s."""
    chosen = choice(body.connection_id, body.since, body.until, body.states)
    work = desk.outbound.replays.count if body.dry_run else desk.outbound.replays.replay
    return Replayed(count=work(actor, chosen), dry_run=body.dry_run, until=chosen.until)


@router.get(_BASE)
def read(link: Linked, desk: Desk) -> ReceiverShape:
    """How deliveries to this receiver stand."""
    row = desk.queries.receivers.standing(link.id)
    if row is None:
        raise Refusal("outbound.not_a_receiver", 409)
    return ReceiverShape.model_validate(row, from_attributes=True)


@router.post(f"{_BASE}/enable")
def enable(link: Linked, desk: Desk, actor: Caller) -> Enabled:
    """Use a receiver again that was paused or switched off; what waited is sent now."""
    return Enabled(waiting=desk.outbound.enable(actor, link.id))


@router.post(f"{_BASE}/secret")
def rotate(link: Linked, desk: Desk, actor: Caller, body: SecretBody | None = None) -> SecretShape:
    """Make a new signing secret; until the overlap ends the one before signs too."""
    overlap = timedelta(hours=(body or SecretBody()).overlap_hours)
    made = desk.outbound.signing.rotate(actor, link.id, overlap)
    return SecretShape(secret=made.secret, previous_until=made.previous_until)


@router.delete(f"{_BASE}/secret/previous", status_code=204)
def end_overlap(link: Linked, desk: Desk, actor: Caller) -> None:
    """Let the secret before sign no longer, from now on."""
    desk.outbound.signing.end_overlap(actor, link.id)
