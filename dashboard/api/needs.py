"""What handlers ask for: the desk, the caller, the agent, the connection, a page."""

from typing import Annotated, cast

from fastapi import Depends, Header, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict

from dashboard import registry
from dashboard.assembly import Dashboard
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor
from dashboard.queries.for_api import ForApi
from dashboard.queries.overview import Link
from dashboard.staff.language import preferred

bearer = HTTPBearer(auto_error=False, description="An API token, `idk_…`.")


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


def _desk(request: Request) -> Dashboard:
    return cast(Dashboard, request.app.state.desk)


Desk = Annotated[Dashboard, Depends(_desk)]


def _asks(request: Request) -> ForApi:
    return cast(ForApi, request.app.state.asks)


Asks = Annotated[ForApi, Depends(_asks)]


def caller(
    desk: Desk, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Actor:
    """Who calls.

    Raises:
        Refusal: `api.unauthorized` (401).
    """
    return desk.staff.tokens.actor(credentials.credentials if credentials else "")


Caller = Annotated[Actor, Depends(caller)]


def language(accept_language: Annotated[str, Header(include_in_schema=False)] = "") -> str:
    """The language of sentences in the answer."""
    return preferred(accept_language)


Language = Annotated[str, Depends(language)]


def _agent(desk: Desk, actor: Caller, agent_id: Annotated[str, Path(alias="agentId")]) -> str:
    return desk.agents.get(actor, agent_id).id


AgentId = Annotated[str, Depends(_agent)]


def known(integration_id: Annotated[str, Path(alias="integrationId")]) -> str:
    """The id of an integration that exists.

    Raises:
        Refusal: `api.integration_unknown` (404).
    """
    if integration_id not in registry.ids():
        raise Refusal("api.integration_unknown", 404, values={"integration": integration_id[:100]})
    return integration_id


Provider = Annotated[str, Depends(known)]


def living(desk: Dashboard, agent_id: str, provider: str) -> Link:
    """The agent's connection.

    Raises:
        Refusal: `api.not_connected` (404).
    """
    found = desk.queries.overview.living(agent_id, provider)
    if found is None:
        raise Refusal("api.not_connected", 404, values={"integration": provider})
    return found


def _link(desk: Desk, agent_id: AgentId, provider: Provider) -> Link:
    return living(desk, agent_id, provider)


Linked = Annotated[Link, Depends(_link)]
LONGEST_KEY = 200
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=LONGEST_KEY,
        description="The same key again gives the first result and does nothing twice.",
    ),
]


def filled(words: registry.ProviderWords, section: str, name: str, fallback: str) -> str:
    """A provider's word, or the fallback where it has none."""
    return words.say(section, name) if words.has(section, name) else fallback
