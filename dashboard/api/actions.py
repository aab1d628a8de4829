"""What agents do through their connections."""

# ruff: noqa: FAST003 - `agentId` and `integrationId` are taken by dependencies of needs.py
from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse

from dashboard import registry
from dashboard.actions.catalogue import Offer
from dashboard.api import links
from dashboard.api.action_shapes import ActionRunShape, Catalogue, Offered
from dashboard.api.needs import AgentId, Caller, Desk, Key, Language, Provider, filled
from dashboard.api.problems import problem
from dashboard.api.repeatable import Repeatable
from dashboard.api.runs import shape
from dashboard.api.shapes import Problem
from dashboard.contracts.errors import RateLimited, Unavailable
from dashboard.store.actions import ActionRun
from dashboard.texts import has, say, told

router = APIRouter(tags=["actions"], route_class=Repeatable)
_FAILED = {RateLimited.word(): 429, Unavailable.word(): 502}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {"model": ActionRunShape, "description": "A person must approve it first."},
    409: {"model": Problem, "description": "Failed, or the outcome is not known."},
}
Arguments = Annotated[dict[str, Any], Body(description="As the action's `input_schema` says.")]


@router.get("/agents/{agentId}/actions")
def catalogue(agent_id: AgentId, desk: Desk, actor: Caller, language: Language) -> Catalogue:
    """List the actions with JSON schemas and effects; those not available say why."""
    offers = desk.actions.catalogue(actor, agent_id)
    return Catalogue(actions=[_offered(offer, language) for offer in offers])


@router.post(
    "/agents/{agentId}/integrations/{integrationId}/actions/{action}",
    response_model=ActionRunShape,
    responses=_ANSWERS,
)
def run(  # noqa: PLR0913 - FastAPI hands over what the handler names
    *,
    action: str,
    agent_id: AgentId,
    provider: Provider,
    desk: Desk,
    actor: Caller,
    language: Language,
    arguments: Arguments,
    key: Key = "",
) -> JSONResponse:
    """Run an action: 200 done, 202 waits for a person, 409 failed or outcome unknown."""
    done = desk.actions.run(actor, agent_id, provider, action, arguments, key=key)
    return _answer(done, language)


@router.post(
    "/agents/{agentId}/actions/{action}", response_model=ActionRunShape, responses=_ANSWERS
)
def run_where_connected(  # noqa: PLR0913 - FastAPI hands over what the handler names
    *,
    action: str,
    agent_id: AgentId,
    desk: Desk,
    actor: Caller,
    language: Language,
    arguments: Arguments,
    key: Key = "",
) -> JSONResponse:
    """Run an action at the one connected integration that offers it; 409 when several do."""
    provider = desk.actions.provider_of(actor, agent_id, action, key=key)
    done = desk.actions.run(actor, agent_id, provider, action, arguments, key=key)
    return _answer(done, language)


def _answer(done: ActionRun, language: str) -> JSONResponse:
    if done.state in ("succeeded", "proposed", "approved", "running"):
        status = 200 if done.state == "succeeded" else 202
        return JSONResponse(shape(done, language).model_dump(mode="json"), status)
    status, code, detail = _verdict(done, language)
    return problem(
        status,
        code,
        detail,
        reason=told(language, done.error_reason),
        run_id=done.id,
        state=done.state,
        vendor_request_id=done.vendor_request_id,
    )


def _verdict(done: ActionRun, language: str) -> tuple[int, str, str]:
    if done.state == "unknown":
        return 409, "outcome_unknown", say(language, "api.outcome_unknown")
    stem = "denied" if done.state == "denied" else "failed"
    code = done.error_code or f"api.action_{stem}"
    detail = links.sentence(done.provider, language, code)
    status = 403 if stem == "denied" else _FAILED.get(code, 409)
    return status, code, detail


def _offered(offer: Offer, language: str) -> Offered:
    words = registry.words(offer.provider, language)
    return Offered(
        integration_id=offer.provider,
        name=offer.action,
        title=filled(words, "actions", offer.action, offer.action),
        effect=offer.effect,
        input_schema=dict(offer.input_schema),
        output_schema=dict(offer.output_schema),
        available=offer.available,
        why_not=_why_not(offer, words, language),
    )


def _why_not(offer: Offer, words: registry.ProviderWords, language: str) -> str:
    if not offer.why_not:
        return ""
    values = dict(offer.why_values)
    reason = values.get("reason", "")
    if reason and words.has("exempt", reason):
        values["reason"] = words.say("exempt", reason)
    return say(language, offer.why_not, **values) if has(offer.why_not) else offer.why_not
