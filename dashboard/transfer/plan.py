"""What would change if the document came into force."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dashboard.transfer import document as shape
from dashboard.transfer.document import Document


class Kind(StrEnum):
    """What happens to a part."""

    CREATE = "create"
    CHANGE = "change"
    LEAVE = "leave"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One part of the configuration.

    Args:
        where: Agent, provider, setting... as people name them.
    """

    kind: Kind
    where: tuple[str, ...]
    before: Any = None
    after: Any = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Every change, and what is only in the desk and stays."""

    changes: list[Change] = field(default_factory=list)

    def of(self, kind: Kind) -> list[Change]:
        """The changes of one kind."""
        return [one for one in self.changes if one.kind is kind]

    @property
    def is_empty(self) -> bool:
        """True when the desk is like the document already."""
        return all(one.kind is Kind.LEAVE for one in self.changes)


def compare(now: Document, wanted: Document) -> Plan:
    """The way from one to the other; nothing is ever deleted."""
    apps = _named(now.oauth_apps, wanted.oauth_apps, ("oauth_apps",))
    before = {agent.name: agent for agent in now.agents}
    after = {agent.name: agent for agent in wanted.agents}
    changes = [*apps]
    for name in {**after, **before}:
        changes += _agent(before.get(name), after.get(name), (name,))
    return Plan(changes=changes)


def _agent(
    before: shape.Agent | None, after: shape.Agent | None, where: tuple[str, ...]
) -> Iterator[Change]:
    if after is None:
        yield Change(kind=Kind.LEAVE, where=where)
        return
    if before is None:
        yield Change(kind=Kind.CREATE, where=where)
        before = shape.Agent(name=after.name)
    if after.sample and after.sample != before.sample:
        here = (*where, "sample")
        yield Change(kind=Kind.CHANGE, where=here, before=before.sample, after=after.sample)
    yield from _named(
        {one.name: one for one in before.fields},
        {one.name: one for one in after.fields},
        (*where, "fields"),
    )
    yield from _named(_rules(before), _rules(after), (*where, "rules"))
    ours = {one.provider: one for one in before.connections}
    for link in after.connections:
        yield from _link(ours.pop(link.provider, None), link, (*where, link.provider))
    yield from (Change(kind=Kind.LEAVE, where=(*where, name)) for name in ours)


def _link(before: shape.Link | None, after: shape.Link, where: tuple[str, ...]) -> Iterator[Change]:
    if before is None:
        yield Change(kind=Kind.CREATE, where=where)
        before = shape.Link(provider=after.provider, environment=after.environment)
    elif not _differences(before, after):
        yield Change(kind=Kind.LEAVE, where=where)
    for path, old, new in _differences(before, after):
        yield Change(kind=Kind.CHANGE, where=(*where, *path), before=old, after=new)


def _differences(before: shape.Link, after: shape.Link) -> list[tuple[tuple[str, ...], Any, Any]]:
    """What the document says otherwise; what it does not mention is not compared."""
    found: list[tuple[tuple[str, ...], Any, Any]] = []
    for part in ("open_fields", "settings"):
        old, new = getattr(before, part), getattr(after, part)
        found += [((part, k), old.get(k), v) for k, v in new.items() if old.get(k) != v]
    if after.events is not None and sorted(after.events) != sorted(before.events or []):
        found.append((("events",), before.events or [], after.events))
    for stream, lines in after.mappings.items():
        old_lines = before.mappings.get(stream, [])
        if lines != old_lines:
            counts = (f"{len(old_lines)} lines", f"{len(lines)} lines")
            found.append((("mappings", stream), *counts))
    return found


def _rules(agent: shape.Agent) -> dict[str, shape.Rule]:
    return {f"{one.provider}.{one.action}": one for one in agent.rules}


def _named(before: Any, after: Any, where: tuple[str, ...]) -> Iterator[Change]:
    for name, new in after.items():
        old = before.get(name)
        if old is None:
            yield Change(kind=Kind.CREATE, where=(*where, name), after=_told(new))
        elif old != new:
            here = (*where, name)
            yield Change(kind=Kind.CHANGE, where=here, before=_told(old), after=_told(new))
    gone = [name for name in before if name not in after]
    yield from (Change(kind=Kind.LEAVE, where=(*where, name)) for name in gone)


def _told(part: Any) -> dict[str, Any]:
    told: dict[str, Any] = part.model_dump(exclude={"name", "provider", "action"})
    return told
