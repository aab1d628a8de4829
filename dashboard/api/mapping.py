"""What a mapping would do, before it is saved."""

# ruff: noqa: FAST003 - `agentId` and `integrationId` are taken by dependencies of needs.py

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dashboard import registry
from dashboard.api.needs import Body, Caller, Desk, Language, Linked
from dashboard.api.problems import sentence
from dashboard.api.repeatable import Repeatable
from dashboard.api.rows import RowBody, parsed
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Role, require
from dashboard.mapping.preview import Sample
from dashboard.mapping.rules import Problem

router = APIRouter(tags=["connections"], route_class=Repeatable)


class PreviewBody(Body):
    """Lines to try on a synced record, or on the values given."""

    stream: str = Field(max_length=100)
    rows: list[RowBody] = Field(max_length=500)
    record: str = Field("", max_length=200, description="A record's external_id; else the newest.")
    values: dict[str, Any] | None = Field(
        None, description="The agent's values; without them its sample."
    )


class ProblemShape(BaseModel):
    """What is wrong with a line, counted from 0."""

    row: int
    code: str
    detail: str


class SampleShape(BaseModel):
    """One customer carried across both ways: a real one, then awkward ones."""

    name: str
    given: dict[str, Any]
    to_vendor: dict[str, Any]
    from_vendor: dict[str, Any]
    problems: list[ProblemShape]


class Preview(BaseModel):
    """What the lines would do. `problems` keep them from being saved."""

    problems: list[ProblemShape]
    samples: list[SampleShape]


@router.post("/agents/{agentId}/integrations/{integrationId}/mapping/preview")
def preview(
    body: PreviewBody, link: Linked, desk: Desk, actor: Caller, language: Language
) -> Preview:
    """Try a mapping without saving or sending anything."""
    require(actor, Role.VIEWER, link.agent_id)
    if registry.manifest(link.provider).stream(body.stream) is None:
        values = {"integration": link.provider, "stream": body.stream}
        raise Refusal("api.no_stream", 404, field="stream", values=values)
    lines = parsed(body.rows)
    wrong = desk.mappings.problems(link.id, body.stream, lines)
    samples = desk.mappings.preview(
        link.id, body.stream, lines, record=body.record, values=body.values
    )
    return Preview(
        problems=_told(wrong, language), samples=[_shape(one, language) for one in samples]
    )


def _shape(sample: Sample, language: str) -> SampleShape:
    return SampleShape(
        name=sample.name,
        given=dict(sample.given),
        to_vendor=dict(sample.to_vendor),
        from_vendor=dict(sample.from_vendor),
        problems=_told(sample.problems, language),
    )


def _told(problems: Sequence[Problem], language: str) -> list[ProblemShape]:
    return [
        ProblemShape(row=one.row, code=one.code, detail=sentence(language, one.code, one.values))
        for one in problems
    ]
