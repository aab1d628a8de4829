"""What the API says about actions, their runs and their rules."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dashboard.api.shapes import Trouble


class Offered(BaseModel):
    """An action the agent may ask for."""

    integration_id: str
    name: str
    title: str
    effect: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    available: bool
    why_not: str


class Catalogue(BaseModel):
    """All actions of an agent's connections."""

    actions: list[Offered]


class ActionRunShape(BaseModel):
    """A run of an action: proposed | approved | denied | running | succeeded | failed | unknown.

    `arguments` is what was asked for, values of secret-looking names hidden. `decided_by` is who
    approved or refused it, or said how an unknown run ended.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "act_019d8f0a1b2c5e6f7a8b9c0d",
                "state": "proposed",
                "agent_id": "agt_019d8f0a1b2c",
                "integration_id": "crm",
                "action": "create_contact",
                "arguments": {"name": "Anna Sample", "phone": "+79161234567"},
                "result": {},
                "error": {
                    "code": "actions.needs_approval",
                    "detail": "The action waits for a person's approval.",
                    "reason": "",
                    "at": None,
                },
                "vendor_request_id": "",
                "requested_by": "sales bot",
                "decided_by": "",
                "created_at": "2026-11-24T10:00:00Z",
                "decided_at": None,
                "finished_at": None,
            }
        }
    )

    id: str
    state: str
    agent_id: str
    integration_id: str
    action: str
    arguments: dict[str, Any]
    result: dict[str, Any]
    error: Trouble | None
    vendor_request_id: str
    requested_by: str
    decided_by: str
    created_at: datetime
    decided_at: datetime | None
    finished_at: datetime | None


class ActionRunPage(BaseModel):
    """Runs of actions, the newest first."""

    runs: list[ActionRunShape]
    next_cursor: str | None


class RuleShape(BaseModel):
    """What an agent may do with one action: allowed | approval | forbidden.

    `daily_limit` 0 and `amount_limit` empty mean no limit; a larger amount needs approval.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "integration_id": "payments",
                "action": "refund",
                "decision": "approval",
                "daily_limit": 20,
                "amount_limit": "100.00",
            }
        },
    )

    integration_id: str = Field(max_length=100)
    action: str = Field(max_length=100)
    decision: str = Field("allowed", max_length=20)
    daily_limit: int = Field(0, ge=0, le=1_000_000_000)
    amount_limit: str = Field("", max_length=40)


class Rules(BaseModel):
    """All rules of an agent; an action without one is allowed."""

    model_config = ConfigDict(extra="forbid")

    rules: list[RuleShape] = Field(max_length=1000)
