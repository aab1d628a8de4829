"""What one agent is connected to, card by card."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from dashboard import registry
from dashboard.contracts.errors import Refusal
from dashboard.contracts.manifest import Category
from dashboard.queries.journal import ActionRow, action_row
from dashboard.store import reads_overview
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.counting import COUNTED, Count

# So many agents a list offers; a thousand names more would take longer than the page around them.
OFFERED = 200


class Badge(StrEnum):
    """What a card says about its connection, the most urgent first."""

    NEEDS_REAUTH = "needs_reauth"
    ERROR = "error"
    SYNCING = "syncing"
    CONNECTED = "connected"
    UNFINISHED = "unfinished"
    NOT_CONNECTED = "not_connected"


class AgentName(NamedTuple):
    """An agent as the chooser offers it."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Agents as a choice offers them.

    Args:
        agents: The first OFFERED that fit, by name; ahead of them the chosen one, where it is not
            among them.
        chosen: Id of the first agent asked for that exists; empty when none does.
        many: There are more agents than a list holds, so one may have to be searched for.
        searched: They were narrowed by words.
        fit: How many agents there are, or have the words in their name.
        unshown: How many of those are not offered.
    """

    agents: tuple[AgentName, ...]
    chosen: str
    many: bool
    searched: bool
    fit: Count
    unshown: Count


@dataclass(frozen=True, kw_only=True)
class Link:
    """A connection as pages show it; no secrets."""

    id: str
    agent_id: str
    provider: str
    state: str
    environment: str
    method: str
    tenant: str
    account_id: str
    account_name: str
    account_url: str
    account_details: dict[str, str]
    open_fields: dict[str, str]
    settings: dict[str, Any]
    events: tuple[str, ...]
    granted_scopes: tuple[str, ...]
    subscribed: bool
    paused: bool
    next_due_at: datetime | None
    checked_at: datetime | None
    checks: tuple[dict[str, Any], ...]
    last_sync_at: datetime | None
    last_event_at: datetime | None
    token_expires_at: datetime | None
    error_code: str
    error_reason: str
    error_at: datetime | None
    refused_signatures: int
    configured_at: datetime | None
    busy: bool = False

    @property
    def in_sandbox(self) -> bool:
        """True when no real account is behind it."""
        return self.environment == "sandbox"


@dataclass(frozen=True, kw_only=True)
class Card:
    """One provider on one agent's page."""

    provider: str
    name: str
    category: Category
    badge: Badge
    link: Link | None


class Overview:
    """Questions of the start page."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def offer(self, search: str = "", *, asked: Sequence[str] = ()) -> Offer:
        """Agents to choose from; all of them, where a list can hold them.

        Args:
            search: Words of the name; they count where a list cannot hold all agents.
            asked: Ids, the most wanted first; the first that exists is offered in any case.
        """
        with self._store.transaction() as session:
            listed, fit = _fitting(session, [])
            many = fit.number > OFFERED
            words = search.split() if many else []
            if words:
                listed, fit = _fitting(session, words)
            names = reads_overview.names_of(session, asked)
        chosen = next((AgentName(one, names[one]) for one in asked if one in names), None)
        kept = [chosen] if chosen and chosen.id not in dict(listed) else []
        also = sum(_has_all(one.name, words) for one in kept)
        return Offer(
            agents=(*kept, *listed),
            chosen=chosen.id if chosen else "",
            many=many,
            searched=bool(words),
            fit=fit,
            unshown=_left(fit, len(listed) + also),
        )

    def names(self, agent_ids: Iterable[str]) -> dict[str, str]:
        """Names of those of these agents that exist, by id."""
        with self._store.transaction() as session:
            return reads_overview.names_of(session, agent_ids)

    def cards(self, agent_id: str) -> list[Card]:
        """A card for every provider there is, by category and name."""
        with self._store.transaction() as session:
            rows = reads_overview.linked(session, agent_id)
        links = {row.connection.provider: link(row.connection, busy=row.busy) for row in rows}
        cards = [_card(provider, links.get(provider)) for provider in registry.ids()]
        order = list(Category)
        return sorted(cards, key=lambda card: (order.index(card.category), card.name.lower()))

    def matrix(self, agent_ids: Sequence[str]) -> dict[tuple[str, str], Badge]:
        """The badge of every living connection of these agents by (agent, provider)."""
        with self._store.transaction() as session:
            rows = reads_overview.of_agents(session, agent_ids)
        links = [link(row.connection, busy=row.busy) for row in rows]
        return {(one.agent_id, one.provider): badge(one) for one in links}

    def living(self, agent_id: str, provider: str) -> Link | None:
        """The agent's connection to a provider that is not disconnected."""
        with self._store.transaction() as session:
            row = reads_overview.living(session, agent_id, provider)
        return link(row) if row else None

    def row(self, connection_id: str) -> Connection:
        """The whole row, for walks that take one.

        Raises:
            Refusal: `connections.not_found` (404).
        """
        with self._store.transaction() as session:
            row = reads_overview.connection(session, connection_id)
        if row is None:
            raise Refusal("connections.not_found", 404)
        return row

    def connection(self, connection_id: str) -> Link | None:
        """One connection, disconnected ones too."""
        with self._store.transaction() as session:
            row = reads_overview.connection(session, connection_id)
        return link(row) if row else None

    def undecided(self, limit: int = 50) -> list[ActionRow]:
        """Actions of all agents that wait for a person, the longest-waiting first."""
        with self._store.transaction() as session:
            return [action_row(row) for row in reads_overview.undecided(session, limit)]

    def count_undecided(self, most: int = 100) -> int:
        """How many actions wait for a person; counting stops at `most`."""
        with self._store.transaction() as session:
            return reads_overview.count_undecided(session, most)


def link(row: Connection, *, busy: bool = False) -> Link:
    """What may be shown of a row."""
    copied = {
        name: getattr(row, name)
        for name in Link.__dataclass_fields__
        if name not in ("events", "granted_scopes", "subscribed", "checks", "busy")
    }
    return Link(
        **copied,
        events=tuple(row.events),
        granted_scopes=tuple(row.granted_scopes),
        subscribed=row.subscription is not None,
        checks=tuple(row.checks),
        busy=busy,
    )


def badge(one: Link | None) -> Badge:
    """The one word a card says."""
    if one is None or one.state in ("draft", "authorizing", "disconnected"):
        proven = one is not None and bool(one.account_id) and one.state == "authorizing"
        return Badge.NEEDS_REAUTH if proven else Badge.NOT_CONNECTED
    if one.state == "authorized":
        return Badge.UNFINISHED
    if one.state == "needs_reauth":
        return Badge.NEEDS_REAUTH
    if one.state == "degraded" or one.error_code:
        return Badge.ERROR
    return Badge.SYNCING if one.busy else Badge.CONNECTED


def connected(cards: Iterable[Card]) -> int:
    """How many cards are connections that work; those that want a person are not among them."""
    working = (Badge.CONNECTED, Badge.SYNCING)
    return sum(card.badge in working for card in cards)


def _fitting(session: Session, words: list[str]) -> tuple[list[AgentName], Count]:
    """The first agents by name that a list offers, and how many have the words in all."""
    rows = reads_overview.agent_names(session, words, OFFERED + 1)
    fit = Count(len(rows))
    if fit.number > OFFERED:
        fit = reads_overview.count_agents(session, words, OFFERED + COUNTED)
    return [AgentName(*row) for row in rows[:OFFERED]], fit


def _has_all(name: str, words: Iterable[str]) -> bool:
    return all(word.lower() in name.lower() for word in words)


def _left(fit: Count, shown: int) -> Count:
    return Count(COUNTED, more=True) if fit.more else Count(fit.number - shown)


def _card(provider: str, one: Link | None) -> Card:
    manifest = registry.manifest(provider)
    return Card(
        provider=provider,
        name=manifest.name,
        category=manifest.category,
        badge=badge(one),
        link=one,
    )
