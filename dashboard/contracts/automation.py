"""What agents say to any automation service."""

from typing import Annotated, Any

from pydantic import Field

from dashboard.contracts.actions import Input, Output


class TriggerFlow(Input):
    """Start a flow with an event of our own."""

    event: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*$", max_length=100)] = (
        "agent.triggered"
    )
    payload: dict[str, Any] = Field(default_factory=dict)


class FlowTriggered(Output):
    """The receiver's answer."""

    external_id: str
    status: int
    answer: str = Field("", description="First kilobyte of the receiver's answer.")
