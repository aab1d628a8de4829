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
        row = self._row(actor, connection_id)
        manifest = registry.manifest(row.provider)
        fields = manifest.settings_fields()
        before = effective(manifest, row)
        after = values.settings(fields, before, settings, self.rules(row))
        with self._tools.store.transaction() as session:
            fresh = _alive(session, row.id)
            changed = [f.name for f in fields if before.get(f.name) != after.get(f.name)]
            fresh.settings = {**fresh.settings, **{f.name: after.get(f.name) for f in fields}}
            fresh.configured_at = clock.now()
            if fresh.state in WORKING and not fresh.paused:
                fresh.next_due_at = next_due(manifest, effective(manifest, fresh))
            session.add(fresh)
            detail: dict[str, object] = {"changed": changed}
            self._tools.journal(session, actor, fresh, "connection.configured", detail=detail)
        return fresh

    def save_events(self, actor: Actor, connection_id: str, events: Sequence[str]) -> Connection:
        """Choose the events to hear of; the vendor is told by a job.

        Raises:
            Refusal: `connections.event_unknown`.
        """
        row = self._row(actor, connection_id)
        manifest = registry.manifest(row.provider)
        known = [event.name for event in manifest.events]
        if odd := [name for name in events if name not in known]:
            raise Refusal("connections.event_unknown", field="events", values={"name": odd[0]})
        chosen = [name for name in known if name in events]
        with self._tools.store.transaction() as session:
            fresh = _alive(session, row.id)
            same = fresh.events == chosen
            fresh.events, fresh.configured_at = chosen, clock.now()
            session.add(fresh)
            if not same:
                self._resubscribe(session, fresh, manifest)
                detail: dict[str, object] = {"events": chosen}
                self._tools.journal(
                    session, actor, fresh, "connection.events_chosen", detail=detail
                )
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
            self._tools.journal(session, actor, row, "connection.hook_secret_shown")
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
            self._tools.journal(session, actor, fresh, "connection.hook_secret_rotated")
        return new if manifest.hooks.shows_secret else ""

    def rules(self, row: Connection) -> values.Rules:
        """How values of this connection are made sure of."""
        return values.Rules(
            lambda url: self._checked_url(row, url),
            lambda name: [choice.value for choice in self._lists.choices(row.id, name)],
        )

    # --- inside ---------------------------------------------------------------------------

    def _checked_url(self, row: Connection, url: str) -> str:
        worlds, url = f"{self._tools.settings.public_url}/sandbox/", url.strip()
        climbs = ".." in url or "%2e" in url.lower()
        if row.environment == "sandbox" and url.startswith(worlds) and not climbs:
            return url
        try:
            return egress.check_url(url, self._tools.settings.egress_allow)
        except Refusal as refusal:
            # A sandbox answers in place of the address, so nobody needs to find it.
            if row.environment != "sandbox" or refusal.code != "egress.unresolvable":
                raise
            return url

    def _row(self, actor: Actor, connection_id: str) -> Connection:
        with self._tools.store.transaction() as session:
            row = _alive(session, connection_id)
        require(actor, Role.OPERATOR, row.agent_id)
        return row

    def _resubscribe(self, session: Session, row: Connection, manifest: Manifest) -> None:
        if row.state in WORKING and manifest.hooks and manifest.hooks.subscribes:
            arguments = {"connection_id": row.id}
            self._tools.jobs.enqueue_in(
                session, "hooks.subscribe", arguments, key=f"hooks:{row.id}"
            )


def _alive(session: Session, connection_id: str) -> Connection:
    row = connections.locked(session, connection_id)
    if row is None:
        raise Refusal("connections.not_found", 404)
    if row.state not in LIVING:
        raise Refusal("connections.not_connected", 409)
    return row
