"""The mappings of connections: checked, saved in versions, undone, watched, and used."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Protocol

from dashboard.contracts.accounts import VendorField
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor, Role, require
from dashboard.mapping import apply, preview, rules
from dashboard.mapping.apply import Defaults
from dashboard.mapping.known import STANDARD, AgentField
from dashboard.mapping.preview import Sample
from dashboard.mapping.rules import MappingRow, Problem
from dashboard.store import agents, connections
from dashboard.store import mapping as table
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.mapping import MappingVersion

# (connection id, stream) -> the vendor's fields, read live; the room above knows how.
LiveFields = Callable[[str, str], list[VendorField]]
_NAMES = frozenset(one.name for one in fields(MappingRow))


class Journal(Protocol):
    """Where changes are written down."""

    def write(  # noqa: PLR0913 - the columns of an entry, all by name
        self,
        session: Session,
        actor: Actor,
        action: str,
        *,
        agent_id: str = "",
        connection_id: str = "",
        provider: str = "",
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Add an entry in the caller's transaction."""
        ...


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A vendor's field that is no longer what it was when the line was saved.

    Args:
        kind: deleted | renamed | type_changed | read_only
    """

    row: int
    kind: str
    was: str
    now: str = ""


class Mappings:
    """One mapping for each stream of each connection."""

    def __init__(self, store: Store, journal: Journal, live: LiveFields) -> None:
        self._store, self._journal, self._live = store, journal, live

    def agent_fields(self, agent_id: str) -> list[AgentField]:
        """What the agent may know: the standard fields, then those staff added."""
        with self._store.transaction() as session:
            own = agents.fields_of(session, agent_id)
        names = {one.name for one in STANDARD}
        added = [
            AgentField(name=one.name, label=one.label, type=one.type, custom=True)
            for one in own
            if one.name not in names
        ]
        return [*STANDARD, *added]

    def current(self, connection_id: str, stream: str) -> list[MappingRow]:
        """The lines in force; empty when nothing was saved."""
        with self._store.transaction() as session:
            found = table.latest(session, connection_id, stream)
        return _lines(found) if found else []

    def versions(self, connection_id: str, stream: str) -> list[MappingVersion]:
        """Everything that was ever in force, the newest first."""
        with self._store.transaction() as session:
            return table.versions(session, connection_id, stream)

    def problems(
        self, connection_id: str, stream: str, rows: Sequence[MappingRow]
    ) -> list[Problem]:
        """What keeps these lines from being saved.

        Raises:
            Refusal, ProviderError: The vendor's fields cannot be read now.
        """
        row = self._connection(connection_id)
        theirs = self._live(connection_id, stream)
        return rules.check(rows, self.agent_fields(row.agent_id), theirs)

    def save(
        self, actor: Actor, connection_id: str, stream: str, rows: Sequence[MappingRow]
    ) -> int:
        """The number of the new version; saving what is in force already adds none.

        Raises:
            Refusal: `mapping.has_problems`, naming the lines; nothing is saved then.
            ProviderError: The vendor's fields cannot be read now.
        """
        lines = self.checked(actor, connection_id, stream, rows)
        with self._store.transaction() as session:
            return self.write(session, actor, (connection_id, stream), lines)

    def checked(
        self, actor: Actor, connection_id: str, stream: str, rows: Sequence[MappingRow]
    ) -> list[MappingRow]:
        """The lines as they would be kept; raises as `save`, and nothing is saved."""
        row = self._connection(connection_id)
        require(actor, Role.OPERATOR, row.agent_id)
        theirs = self._live(connection_id, stream)
        if found := rules.check(rows, self.agent_fields(row.agent_id), theirs):
            raise _has_problems(found)
        return [_settled(one, theirs) for one in rows]

    def write(
        self, session: Session, actor: Actor, place: tuple[str, str], lines: Sequence[MappingRow]
    ) -> int:
        """Save lines that were checked, in the caller's transaction; the version in force.

        Args:
            place: Connection and stream.
        Raises:
            Refusal: `connections.not_found` (404) when it is gone.
        """
        packed = [asdict(one) for one in lines]
        row = connections.locked(session, place[0])
        if row is None:
            raise Refusal("connections.not_found", 404)
        last = table.latest(session, *place)
        if last is not None and last.rows == packed:
            return last.version
        made = table.add(session, *place, packed, actor.name)
        self._journal.write(
            session,
            actor,
            "mapping.saved",
            agent_id=row.agent_id,
            connection_id=row.id,
            provider=row.provider,
            detail={"stream": place[1], "version": made.version, "rows": len(packed)},
        )
        return made.version

    def undo(self, actor: Actor, connection_id: str, stream: str) -> int:
        """Bring back the version before the present one, as a new version.

        Raises:
            Refusal: `mapping.nothing_to_undo`.
        """
        found = self.versions(connection_id, stream)
        if len(found) < 2:
            raise Refusal("mapping.nothing_to_undo", 409)
        return self.restore(actor, connection_id, stream, found[1].version)

    def restore(self, actor: Actor, connection_id: str, stream: str, version: int) -> int:
        """Bring back any version, as a new one.

        Raises:
            Refusal: `mapping.no_version` (404).
        """
        row = self._connection(connection_id)
        require(actor, Role.OPERATOR, row.agent_id)
        with self._store.transaction() as session:
            found = table.numbered(session, connection_id, stream, version)
        if found is None:
            raise Refusal("mapping.no_version", 404, values={"version": str(version)})
        with self._store.transaction() as session:
            return self.write(session, actor, (connection_id, stream), _lines(found))

    def drift(
        self, connection_id: str, stream: str, theirs: Sequence[VendorField] | None = None
    ) -> list[Drift]:
        """What the vendor has renamed, retyped or deleted since the lines were saved."""
        known = self._live(connection_id, stream) if theirs is None else theirs
        by_name = {one.name: one for one in known}
        rows = self.current(connection_id, stream)
        found = [_drifted(place, row, by_name) for place, row in enumerate(rows)]
        return [one for one in found if one is not None]

    def preview(
        self,
        connection_id: str,
        stream: str,
        rows: Sequence[MappingRow],
        *,
        record: str = "",
        values: Mapping[str, Any] | None = None,
    ) -> list[Sample]:
        """The lines at work on a real customer first, then on awkward ones; nothing is sent.

        Args:
            record: A synced record's id; without one, the newest.
            values: The agent's values; without them, the agent's sample.
        """
        row = self._connection(connection_id)
        theirs = self._live(connection_id, stream)
        with self._store.transaction() as session:
            vendor_values = table.vendor_values(session, connection_id, stream, record)
            sample = table.agent_sample(session, row.agent_id)
        lines, ours = [_settled(one, theirs) for one in rows], self.agent_fields(row.agent_id)
        given, defaults = sample if values is None else values, _defaults(row)
        limits = {one.name: one.max_length for one in theirs if one.max_length}
        return [
            preview.real(lines, given, vendor_values, defaults),
            *preview.awkward(lines, ours, limits, defaults),
        ]

    def to_vendor(
        self, connection_id: str, stream: str, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The agent's values as the vendor's fields; a field no line mentions is left out.

        Raises:
            Refusal: `mapping.unknown_value` for a field the agent does not have, or what is wrong
                with a value; `field` names it. An agent can correct it and ask again.
        """
        row = self._connection(connection_id)
        known = {one.name for one in self.agent_fields(row.agent_id)}
        if odd := sorted(set(values) - known):
            raise Refusal("mapping.unknown_value", field=odd[0], values={"name": odd[0]})
        rows = self.current(connection_id, stream)
        done = apply.to_vendor(rows, values, _defaults(row))
        if done.problems:
            first = done.problems[0]
            blamed = rows[first.row].agent_field
            raise Refusal(first.code, field=blamed, values=dict(first.values))
        return done.values

    def from_vendor(
        self, connection_id: str, stream: str, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A record's vendor fields as the agent's values; what makes no sense is left out."""
        rows = self.current(connection_id, stream)
        row = self._connection(connection_id)
        return apply.from_vendor(rows, values, _defaults(row)).values

    # --- inside ---------------------------------------------------------------------------

    def _connection(self, connection_id: str) -> Connection:
        with self._store.transaction() as session:
            row = connections.get(session, connection_id)
        if row is None:
            raise Refusal("connections.not_found", 404)
        return row


def _lines(version: MappingVersion) -> list[MappingRow]:
    return [
        MappingRow(**{name: value for name, value in one.items() if name in _NAMES})
        for one in version.rows
    ]


def _settled(row: MappingRow, theirs: Sequence[VendorField]) -> MappingRow:
    """The line with what the vendor calls its field today, and options by value."""
    target = next((one for one in theirs if one.name == row.vendor_field), None)
    if target is None:
        return row
    row = replace(row, vendor_label=target.label, vendor_type=target.type)
    if row.transform == "enum" and target.options and isinstance(row.argument, Mapping):
        pairs = {str(k): rules.option(target, str(v)) or v for k, v in row.argument.items()}
        return replace(row, argument=pairs)
    if row.transform == "constant" and target.options:
        return replace(row, argument=rules.option(target, str(row.argument)) or row.argument)
    return row


def _has_problems(found: Sequence[Problem]) -> Refusal:
    places = sorted({one.row + 1 for one in found if one.row >= 0})
    named = ", ".join(map(str, places)) or str(found[0].values.get("name", ""))
    return Refusal("mapping.has_problems", field="rows", values={"rows": named})


def _drifted(place: int, row: MappingRow, theirs: Mapping[str, VendorField]) -> Drift | None:
    target, was = theirs.get(row.vendor_field), row.vendor_label or row.vendor_field
    if target is None:
        return Drift(row=place, kind="deleted", was=was)
    if row.vendor_label and target.label != row.vendor_label:
        return Drift(row=place, kind="renamed", was=was, now=target.label)
    if row.vendor_type and target.type != row.vendor_type:
        return Drift(row=place, kind="type_changed", was=row.vendor_type, now=target.type)
    if row.writes and target.read_only:
        return Drift(row=place, kind="read_only", was=was, now=target.label)
    return None


def _defaults(row: Connection) -> Defaults:
    """Region and zone of the connection's settings, where it has them."""
    region = str(row.settings.get("country") or Defaults.region).upper()
    zone = row.settings.get("time_zone") or row.settings.get("account_time_zone")
    return Defaults(region=region, time_zone=str(zone or Defaults.time_zone))
