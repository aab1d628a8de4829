"""Agents, staff, tokens and OAuth apps as the settings pages show them."""

from dataclasses import dataclass
from datetime import datetime

from dashboard import clock, registry
from dashboard.contracts.manifest import OAuth2
from dashboard.queries.listed import Listed, listed
from dashboard.store import reads_overview, reads_people
from dashboard.store.base import Store
from dashboard.store.staff import ApiToken, Staff


@dataclass(frozen=True, kw_only=True)
class AgentField:
    """A field staff added to an agent."""

    id: str
    name: str
    label: str
    type: str


@dataclass(frozen=True, kw_only=True)
class AgentRow:
    """An agent on the agents page."""

    id: str
    name: str
    created_at: datetime
    connected: int


@dataclass(frozen=True, kw_only=True)
class TokenRow:
    """An API token; only its tail is known."""

    id: str
    name: str
    tail: str
    role: str
    agent_id: str | None
    created_by: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class StaffRow:
    """A person who uses the browser."""

    id: str
    name: str
    email: str
    role: str
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class AppRow:
    """An OAuth app that a provider needs; `client_id` is empty when there is none yet."""

    provider: str
    name: str
    client_id: str
    updated_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Flow:
    """How a trip to a consent page stands."""

    id: str
    status: str
    authorization_url: str
    error_code: str
    error_reason: str
    expired: bool


# Each agent is a block of its own on the page.
AGENTS = 50
TOKENS = 25


class People:
    """Questions of the agents and settings pages."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def agents_page(
        self, *, search: str = "", page: int = 1, size: int = AGENTS
    ) -> Listed[AgentRow]:
        """Agents by name with how many services each is connected to; pages count from 1."""
        words = search.split()
        with self._store.transaction() as session:
            rows = reads_overview.agents_page(
                session, words, offset=(page - 1) * size, limit=size + 1
            )
            total = reads_overview.count_agents(session, words)
            counts = reads_people.connected_counts(session, [row.id for row in rows])
        agents = [
            AgentRow(
                id=row.id,
                name=row.name,
                created_at=row.created_at,
                connected=counts.get(row.id, 0),
            )
            for row in rows
        ]
        return listed(agents, total, page=page, size=size)

    def agent_fields(self, agent_id: str) -> list[AgentField]:
        """The fields staff added to an agent."""
        with self._store.transaction() as session:
            rows = reads_people.agent_fields(session, agent_id)
        return [AgentField(id=r.id, name=r.name, label=r.label, type=r.type) for r in rows]

    def tokens(self, *, page: int = 1, size: int = TOKENS) -> Listed[TokenRow]:
        """API tokens newest first, revoked ones too; pages count from 1."""
        with self._store.transaction() as session:
            rows = reads_people.tokens(session, offset=(page - 1) * size, limit=size + 1)
            total = reads_people.count_tokens(session)
        return listed([_token(row) for row in rows], total, page=page, size=size)

    def staff(self) -> list[StaffRow]:
        """Staff by name."""
        with self._store.transaction() as session:
            return [_staff(row) for row in reads_people.staff(session)]

    def oauth_apps(self) -> list[AppRow]:
        """Every provider that signs people in by OAuth, with its app where there is one."""
        with self._store.transaction() as session:
            apps = reads_people.oauth_apps(session)
        rows = []
        for provider in registry.ids():
            manifest, app = registry.manifest(provider), apps.get(provider)
            if any(isinstance(method, OAuth2) for method in manifest.auth):
                rows.append(
                    AppRow(
                        provider=provider,
                        name=manifest.name,
                        client_id=app.client_id if app else "",
                        updated_at=app.updated_at if app else None,
                    )
                )
        return rows

    def flow(self, flow_id: str) -> Flow | None:
        """How a sign-in stands, whatever became of its window."""
        with self._store.transaction() as session:
            row = reads_people.flow(session, flow_id)
        if row is None:
            return None
        return Flow(
            id=row.id,
            status=row.status,
            authorization_url=row.authorization_url,
            error_code=row.error_code,
            error_reason=row.error_reason,
            expired=row.status == "pending" and row.expires_at < clock.now(),
        )


def _token(row: ApiToken) -> TokenRow:
    return TokenRow(**{name: getattr(row, name) for name in TokenRow.__dataclass_fields__})


def _staff(row: Staff) -> StaffRow:
    return StaffRow(**{name: getattr(row, name) for name in StaffRow.__dataclass_fields__})
