"""Who acts, and what their role allows."""

from dataclasses import dataclass
from enum import StrEnum

from dashboard.contracts.errors import Refusal


class Role(StrEnum):
    """Each role may do all that the one before may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


RANK = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMIN: 2}


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who asked: a staff member, an API token, or the desk itself.

    Args:
        kind: staff | token | system
        agent_id: The only agent a token may touch; empty for all.
    """

    kind: str
    id: str = ""
    name: str = ""
    role: Role = Role.VIEWER
    agent_id: str = ""


SYSTEM = Actor(kind="system", name="system", role=Role.ADMIN)


def require(actor: Actor, role: Role, agent_id: str = "") -> None:
    """Let pass only who has the role, and only on an agent they may touch.

    Raises:
        Refusal: `people.forbidden` (403) when the role is too low, `people.other_agent` (404)
            when the token belongs to another agent, so that ids cannot be probed.
    """
    if agent_id and actor.agent_id not in ("", agent_id):
        raise Refusal("people.other_agent", 404)
    if RANK[actor.role] < RANK[role]:
        raise Refusal("people.forbidden", 403, values={"role": role.value})
