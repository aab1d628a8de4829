"""Runs of actions: what waits for a person, and what the person decides."""

# ruff: noqa: FAST003 - `runId` is the documented name of what arrives as `run_id`
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from dashboard.actions.machine import State
from dashboard.actions.payload import masked
from dashboard.api import links
from dashboard.api.action_shapes import ActionRunPage, ActionRunShape
from dashboard.api.needs import Asks, Caller, Desk, Language
from dashboard.api.pages import Cursor, Limit, seen, split
from dashboard.api.repeatable import Repeatable
from dashboard.api.shapes import Problem
from dashboard.contracts.errors import Refusal
from dashboard.store.actions import ActionRun

router = APIRouter(prefix="/actions", tags=["actions"], route_class=Repeatable)
RunId = Annotated[str, Path(alias="runId", max_length=100)]
_DECIDED: dict[int | str, dict[str, Any]] = {
    403: {
        "model": Problem,
        "description": "Not staff, an agent's token, or the one that asked.",
    },
    404: {"model": Problem, "description": "There is no such run for this token."},
    409: {"model": Problem, "description": "Somebody has decided already, or it is too late."},
}


@router.get("")
def list_runs(  # noqa: PLR0913 - FastAPI hands over what the handler names
    *,
    desk: Desk,
    actor: Caller,
    asks: Asks,
    language: Language,
    state: State | None = None,
    agent_id: Annotated[str, Query(max_length=100)] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ActionRunPage:
    """List runs, the newest first; `proposed` ones wait for approval, `unknown` ones for a look."""
    agent = desk.agents.get(actor, agent_id).id if agent_id else actor.agent_id
    rows = asks.action_runs(agent, state or "", "".join(seen(cursor)), limit + 1)
    page, following = split(rows, limit, lambda run: (run.id,))
    return ActionRunPage(runs=[shape(run, language) for run in page], next_cursor=following)


@router.get("/{runId}")
def read_run(run_id: RunId, asks: Asks, actor: Caller, language: Language) -> ActionRunShape:
    """One run of an action."""
    found = asks.action_run(actor, run_id)
    if found is None:
        raise Refusal("api.run_unknown", 404)
    return shape(found, language)


@router.post("/{runId}/approve", responses=_DECIDED)
def approve(run_id: RunId, desk: Desk, actor: Caller, language: Language) -> ActionRunShape:
    """Let a proposed run happen, and do it at once; the answer tells how it went.

    For tokens of the whole desk with the role operator or admin; not for the token that asked for
    the run. Of two who approve, or approve and refuse, the second gets 409.
    """
    return shape(desk.actions.approve(actor, run_id), language)


@router.post("/{runId}/deny", responses=_DECIDED)
def deny(run_id: RunId, desk: Desk, actor: Caller, language: Language) -> ActionRunShape:
    """Refuse a proposed run."""
    return shape(desk.actions.deny(actor, run_id), language)


@router.post("/{runId}/confirm-done", responses=_DECIDED)
def confirm_done(run_id: RunId, desk: Desk, actor: Caller, language: Language) -> ActionRunShape:
    """Say that an unknown run did happen: somebody has seen it at the vendor."""
    return shape(desk.actions.confirm_done(actor, run_id), language)


@router.post("/{runId}/confirm-not-done", responses=_DECIDED)
def confirm_not_done(
    run_id: RunId, desk: Desk, actor: Caller, language: Language
) -> ActionRunShape:
    """Say that an unknown run did not happen; a new key may ask for it again."""
    return shape(desk.actions.confirm_not_done(actor, run_id), language)


@router.post("/{runId}/check", responses=_DECIDED)
def check(run_id: RunId, desk: Desk, actor: Caller, language: Language) -> ActionRunShape:
    """Ask the vendor once more what became of an unknown run.

    A look-up where the vendor has one; where it keeps idempotency keys, the same call under the
    same key, for twenty hours. The run stays `unknown` when the vendor does not tell; 409
    `actions.cannot_check` where it has no way to.
    """
    return shape(desk.actions.check_again(actor, run_id), language)


def shape(run: ActionRun, language: str) -> ActionRunShape:
    """A run as the API tells it."""
    return ActionRunShape(
        id=run.id,
        state=run.state,
        agent_id=run.agent_id,
        integration_id=run.provider,
        action=run.action,
        arguments=masked(run.arguments),
        result=run.result,
        error=links.trouble(run, run.provider, language),
        vendor_request_id=run.vendor_request_id,
        requested_by=run.requested_by,
        decided_by=run.decided_by,
        created_at=run.created_at,
        decided_at=run.decided_at,
        finished_at=run.finished_at,
    )
