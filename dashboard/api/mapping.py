"""What a mapping would do, before it is saved."""

# ruff: noqa: FAST003 - `agentId` and `integrationId` are taken by dependencies of needs.py

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dashboard import registry
from dashboard.api.needs import Body, Caller, Desk, Linked
from dashboard.api.rows import RowBody
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Role, require

router = APIRouter(tags=["connections"])


class PreviewBody(Body):
    """Lines to try on a synced record, or on the values given."""

    stream: str = Field(max_length=100)
    rows: list[RowBody] = Field(max_length=500)
    record: str = Field("", max_length=200, description="A synced record's external_id.")
    values: dict[str, Any] = Field(default_factory=dict, description="The agent's values.")


class Preview(BaseModel):
    """What would be written each way."""

    to_vendor: dict[str, Any]
    from_vendor: dict[str, Any]
    problems: list[dict[str, Any]]


@router.post("/agents/{agentId}/integrations/{integrationId}/mapping/preview")
def preview(body: PreviewBody, link: Linked, desk: Desk, actor: Caller) -> Preview:
    """Try a mapping without saving or sending anything."""
    require(actor, Role.VIEWER, link.agent_id)
    if registry.manifest(link.provider).stream(body.stream) is None:
        values = {"integration": link.provider, "stream": body.stream}
        raise Refusal("api.no_stream", 404, field="stream", values=values)
    raise NotImplementedError
