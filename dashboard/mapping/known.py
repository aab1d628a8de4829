"""What an agent knows about a customer.

Labels of the standard fields are the words `mapping.field.<name>`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AgentField:
    """One thing an agent may know. `type`: text | phone | email | number | date | boolean."""

    name: str
    label: str = ""
    type: str = "text"
    custom: bool = False


STANDARD = (
    AgentField(name="client_name"),
    AgentField(name="phone", type="phone"),
    AgentField(name="email", type="email"),
    AgentField(name="company"),
    AgentField(name="city"),
    AgentField(name="need"),
    AgentField(name="budget", type="number"),
    AgentField(name="preferred_time", type="date"),
    AgentField(name="source"),
    AgentField(name="language"),
    AgentField(name="comment"),
)
