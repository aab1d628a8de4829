"""The journal."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from dashboard.api.needs import Caller, Desk
from dashboard.api.pages import Cursor, Limit, seen, split
from dashboard.api.readable import IN_UTC
from dashboard.api.work_shapes import EntryShape, Journal, VerdictShape
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Role, require
from dashboard.kit.digits import number
from dashboard.queries.journal import Wanted

router = APIRouter(tags=["journal"])
_Filter = Annotated[str, Query(max_length=100)]


@router.get("/audit")
def entries(  # noqa: PLR0913 - FastAPI hands over what the handler names
    *,
    desk: Desk,
    actor: Caller,
    agent_id: _Filter = "",
    action: _Filter = "",
    outcome: _Filter = "",
    provider: Annotated[str, Query(alias="integration_id", max_length=100)] = "",
    since: Annotated[datetime, IN_UTC] | None = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Journal:
    """Who did what, the newest first; a token of one agent sees that agent's lines."""
    agent = desk.agents.get(actor, agent_id).id if agent_id else actor.agent_id
    if since is not None and since.tzinfo is None:
        raise Refusal("api.naive_time", field="since")
    wanted = Wanted(
        agent_id=agent,
        action=action,
        outcome=outcome,
        provider=provider,
        since=since,
        before=_before(cursor),
    )
    rows = desk.queries.journal.entries(wanted, limit + 1)
    page, following = split(rows, limit, lambda entry: (str(entry.seq),))
    names = EntryShape.model_fields
    shaped = [EntryShape(**{name: getattr(row, name) for name in names}) for row in page]
    return Journal(entries=shaped, next_cursor=following)


@router.get("/audit/verify")
def check_chain(desk: Desk, actor: Caller) -> VerdictShape:
    """Prove that nobody changed, removed or inserted a line."""
    if actor.agent_id:
        raise Refusal("api.whole_desk_only", 403)
    require(actor, Role.VIEWER)
    verdict = desk.audit.verify(desk.store)
    return VerdictShape(**asdict(verdict))


def _before(cursor: str) -> int | None:
    place = "".join(seen(cursor))
    before = number(place)
    if place and before is None:
        raise Refusal("api.bad_cursor", field="cursor")
    return before
