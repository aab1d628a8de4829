"""What the API answers with. Names are stable; new members may be added."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

Status = Literal["available", "connected", "configured"]


class FieldProblem(BaseModel):
    """What is wrong with one field of a request."""

    field: str
    code: str
    detail: str


class Problem(BaseModel):
    """A failure (RFC 9457). `code` is stable, `detail` is for people.

    `errors` lists all wrong fields, `word` names the kind of a service's failure, `run_id` and
    `state` are those of the action's run.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None
    reason: str | None = None
    request_id: str
    errors: list[FieldProblem] | None = None
    word: str | None = None
    run_id: str | None = None
    state: str | None = None
    vendor_request_id: str | None = None


class Trouble(BaseModel):
    """What is wrong with a connection or a run, and whose words these are."""

    code: str
    detail: str
    reason: str
    at: datetime | None = None


class Account(BaseModel):
    """The account behind a connection."""

    id: str
    name: str
    url: str
    details: dict[str, str]


class Integration(BaseModel):
    """An outside service, and with `agent_id` how the agent stands with it."""

    id: str
    name: str
    description: str
    icon: str
    category: str
    status: Status
    config: dict[str, Any]
    state: str | None = None
    environment: str | None = None
    account: Account | None = None
    last_sync_at: datetime | None = None
    error: Trouble | None = None


class Integrations(BaseModel):
    """All integrations."""

    integrations: list[Integration]


class ConnectionShape(BaseModel):
    """One agent's link to one service. `config` holds its settings, never secrets."""

    id: str
    agent_id: str
    integration_id: str
    environment: str
    method: str
    state: str
    status: Status
    account: Account | None
    config: dict[str, Any]
    events: list[str]
    granted_scopes: list[str]
    paused: bool
    last_sync_at: datetime | None
    next_sync_at: datetime | None
    checked_at: datetime | None
    error: Trouble | None


class AgentShape(BaseModel):
    """An AI agent. `sample` holds example values for previews of mappings."""

    id: str
    name: str
    sample: dict[str, Any]
    fields: list["FieldShape"]
    created_at: datetime


class AgentPage(BaseModel):
    """Agents, the oldest first."""

    agents: list[AgentShape]
    next_cursor: str | None


class FieldShape(BaseModel):
    """A field staff added to an agent."""

    name: str
    label: str
    type: str


class CheckShape(BaseModel):
    """One thing a test tried."""

    name: str
    ok: bool
    detail: str
    title: str


class TestShape(BaseModel):
    """What a connection test proved."""

    ok: bool
    account: Account | None
    checks: list[CheckShape]


class FlowStarted(BaseModel):
    """Send the person to `authorization_url`, then poll `/api/flows/{flow_id}`."""

    flow_id: str
    authorization_url: str
    expires_at: datetime
    connection_id: str


class FlowShape(BaseModel):
    """How a sign-in stands. `status`: pending | done | failed | refused | expired."""

    flow_id: str
    status: str
    agent_id: str
    integration_id: str
    connection_state: str
    error: Trouble | None


class MappingRowShape(BaseModel):
    """One line of a mapping."""

    agent_field: str
    vendor_field: str
    direction: str
    transform: str
    argument: Any = None
    required: bool = False


class ConfigShape(BaseModel):
    """How a connection is configured; secrets show only their last four characters."""

    settings: dict[str, Any]
    mapping: dict[str, list[MappingRowShape]]
    events: list[str]
    available_events: list[str]
    credentials: dict[str, str]
    webhook_url: str | None


class DisconnectedShape(BaseModel):
    """What disconnecting did, and what is left to do by hand."""

    revoked: bool
    unsubscribed: bool | None
    kept: dict[str, int]
    why_not: str
    manual_url: str


class ChoiceShape(BaseModel):
    """One entry of a live list."""

    value: str
    label: str
    group: str


class ChoicesShape(BaseModel):
    """A live list, as the service has it now."""

    choices: list[ChoiceShape]


class OptionShape(BaseModel):
    """An allowed value."""

    value: str
    label: str


class VendorFieldShape(BaseModel):
    """A field of the service's record."""

    name: str
    label: str
    type: str
    options: list[OptionShape]
    required: bool
    read_only: bool
    custom: bool
    max_length: int


class VendorFields(BaseModel):
    """All fields of a record, custom ones included."""

    fields: list[VendorFieldShape]
