"""Everything about a connection that staff may change after it was set up."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import clock, registry
from dashboard.connections import hook_keys, values
from dashboard.connections.lists import Lists
from dashboard.connections.machine import LIVING, WORKING
from dashboard.connections.reach import effective
from dashboard.connections.schedule import next_due
from dashboard.connections.tools import Tools
from dashboard.contracts.errors import Refusal
from dashboard.contracts.manifest import Manifest
from dashboard.contracts.people import Actor, Role, require
from dashboard.kit import egress
from dashboard.store import connections
from dashboard.store.base import Session
from dashboard.store.connections import Connection


class Configure:
    """Settings, events, and the webhook's address and secret."""

    def __init__(self, tools: Tools, lists: Lists) -> None:
        self._tools, self._lists = tools, lists

    def save_settings(
        self, actor: Actor, connection_id: str, settings: Mapping[str, Any]
    ) -> Connection:
        """Change the given settings, leave the others; all of them or none.

        Raises:
            Refusal: `connections.setting_unknown`, or what is wrong with a value; `field` names it.
            ProviderError: A live list to choose from cannot be read now.
        """
        after = self.checked_settings(actor, connection_id, settings)
        with self._tools.store.transaction() as session:
            return self.write_settings(session, actor, connection_id, after)

    def checked_settings(
        self, actor: Actor, connection_id: str, settings: Mapping[str, Any]
    ) -> dict[str, Any]:
        """All settings as they would be after the given ones; nothing is saved.

        Raises:
            As `save_settings`.
        """
        row = self._row(actor, connection_id)
        manifest = registry.manifest(row.provider)
        before = effective(manifest, row)
        return values.settings(manifest.settings_fields(), before, settings, self.rules(row))

    def write_settings(
        self, session: Session, actor: Actor, connection_id: str, after: Mapping[str, Any]
    ) -> Connection:
        """Save settings that were checked, in the caller's transaction."""
        fresh = _alive(session, connection_id)
        manifest = registry.manifest(fresh.provider)
        fields, before = manifest.settings_fields(), effective(manifest, fresh)
        changed = [f.name for f in fields if before.get(f.name) != after.get(f.name)]
        fresh.settings = {**fresh.settings, **{f.name: after.get(f.name) for f in fields}}
        fresh.configured_at = clock.now()
        if fresh.state in WORKING and not fresh.paused:
            fresh.next_due_at = next_due(manifest, effective(manifest, fresh))
        session.add(fresh)
        detail: dict[str, object] = {"changed": changed}
        self._tools.audit.note(session, actor, fresh, "connection.configured", detail=detail)
        return fresh

    def save_events(self, actor: Actor, connection_id: str, events: Sequence[str]) -> Connection:
        """Choose the events to hear of; the vendor is told by a job.

        Raises:
            Refusal: `connections.event_unknown`.
        """
        chosen = self.checked_events(actor, connection_id, events)
        with self._tools.store.transaction() as session:
            return self.write_events(session, actor, connection_id, chosen)

    def checked_events(self, actor: Actor, connection_id: str, events: Sequence[str]) -> list[str]:
        """The events in the manifest's order; nothing is saved.

        Raises:
            Refusal: `connections.event_unknown`.
        """
        row = self._row(actor, connection_id)
        known = [event.name for event in registry.manifest(row.provider).events]
        if odd := [name for name in events if name not in known]:
            named = {"name": odd[0][:100]}
            raise Refusal("connections.event_unknown", field="events", values=named)
        return [name for name in known if name in events]

    def write_events(
        self, session: Session, actor: Actor, connection_id: str, chosen: list[str]
    ) -> Connection:
        """Save events that were checked, in the caller's transaction."""
        fresh = _alive(session, connection_id)
        same = fresh.events == chosen
        fresh.events, fresh.configured_at = chosen, clock.now()
        session.add(fresh)
        if not same:
            self._resubscribe(session, fresh, registry.manifest(fresh.provider))
            detail: dict[str, object] = {"events": chosen}
            self._tools.audit.note(session, actor, fresh, "connection.events_chosen", detail=detail)
        return fresh

    def hook_url(self, connection: Connection) -> str:
        """The address to give to the vendor; empty when the provider takes no calls."""
        if registry.manifest(connection.provider).hooks is None:
            return ""
        with self._tools.store.transaction() as session:
            return hook_keys.url(session, self._tools.vault, self._tools.settings, connection)

    def hook_secret(self, actor: Actor, connection_id: str) -> str:
        """The signing secret, for providers whose people must copy it to the sender.

        Raises:
            Refusal: `connections.secret_hidden` where nobody needs to see it.
        """
        row = self._row(actor, connection_id)
        hooks = registry.manifest(row.provider).hooks
        if hooks is None or not hooks.shows_secret:
            raise Refusal("connections.secret_hidden", 403)
        with self._tools.store.transaction() as session:
            self._tools.audit.note(session, actor, row, "connection.hook_secret_shown")
            return hook_keys.secret(session, self._tools.vault, row.id)

    def rotate_hook_secret(self, actor: Actor, connection_id: str) -> str:
        """A new signing secret, empty when nobody needs to see it; the old one works for a day."""
        row = self._row(actor, connection_id)
        manifest = registry.manifest(row.provider)
        if manifest.hooks is None:
            raise Refusal("connections.no_hooks", 409)
        with self._tools.store.transaction() as session:
            fresh = _alive(session, row.id)
            new = hook_keys.rotate(session, self._tools.vault, row.id, manifest)
            self._resubscribe(session, fresh, manifest)
            self._tools.audit.note(session, actor, fresh, "connection.hook_secret_rotated")
        return new if manifest.hooks.shows_secret else ""

    def rules(self, row: Connection) -> values.Rules:
        """How values of this connection are made sure of.

        Before anybody has signed in no live list can be read; a choice is kept as it was given,
        and the test before activation tells when the account does not have it.
        """
        return values.Rules(
            lambda url: self._checked_url(row, url),
            (lambda name: [choice.value for choice in self._lists.choices(row.id, name)])
            if row.account_id
            else None,
        )

    # --- inside ---------------------------------------------------------------------------

    def _checked_url(self, row: Connection, url: str) -> str:
        worlds, url = f"{self._tools.settings.public_url}/sandbox/", url.strip()
        climbs = ".." in url or "%2e" in url.lower()
        if row.environment != "sandbox":
            return egress.check_url(url, self._tools.settings.egress_allow)
        if url.startswith(worlds) and not climbs:
            return url
        # A sandbox answers in place of the address: nobody calls it, so nobody looks it up.
        return egress.check_form(url, self._tools.settings.egress_allow)

    def _row(self, actor: Actor, connection_id: str) -> Connection:
        with self._tools.store.transaction() as session:
            row = _alive(session, connection_id)
        require(actor, Role.OPERATOR, row.agent_id)
        return row

    def _resubscribe(self, session: Session, row: Connection, manifest: Manifest) -> None:
        if row.state in WORKING and manifest.hooks and manifest.hooks.subscribes:
            arguments = {"connection_id": row.id}
            self._tools.jobs.enqueue_in(
                session, "hooks.subscribe", arguments, key=f"hooks:{row.id}", group=row.provider
            )


def _alive(session: Session, connection_id: str) -> Connection:
    row = connections.locked(session, connection_id)
    if row is None:
        raise Refusal("connections.not_found", 404)
    if row.state not in LIVING:
        raise Refusal("connections.not_connected", 409)
    return row
