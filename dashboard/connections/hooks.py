"""Webhooks at the vendor: registered, renewed, and taken back."""

import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from dashboard import clock, registry
from dashboard.connections import hook_keys
from dashboard.connections.check import subscription
from dashboard.connections.machine import LIVING, WORKING
from dashboard.connections.tools import Tools
from dashboard.contracts.accounts import Check, Subscription
from dashboard.contracts.errors import (
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Refusal,
    Unavailable,
)
from dashboard.contracts.people import SYSTEM
from dashboard.jobs import Again, Job
from dashboard.jobs.backoff import pause
from dashboard.kit.http import Client
from dashboard.oauth.refresh import owner
from dashboard.store import connections, due
from dashboard.store.base import Session
from dashboard.store.connections import Connection
from dashboard.store.due import Work

log = logging.getLogger(__name__)

# A renewal that failed is tried again after it.
LEASE = timedelta(hours=1)
BATCH = 200
TICK_SECONDS = 5.0


class Hooks:
    """Job kinds `hooks.subscribe` and `hooks.renew`; doing either twice leaves one registration."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def register(self) -> None:
        """Let the job engine know these kinds and the watch over their ends."""
        self._tools.jobs.register("hooks.subscribe", self.subscribe)
        self._tools.jobs.register("hooks.renew", self.subscribe)
        self._tools.jobs.every("hooks.renew_due", TICK_SECONDS, self.renew_due)

    def subscribe(self, job: Job) -> None:
        """Make the vendor call us for exactly the chosen events.

        Raises:
            Again: The vendor does not answer now.
        """
        row = self._working(job.args["connection_id"])
        if row is None:
            return
        opener = self._tools.opener
        try:
            made = opener.with_client(row.id, lambda client: self._subscribed(client, row))
        except Refusal:
            return  # disconnected a moment ago
        except (Unavailable, RateLimited, OutcomeUnknown) as late:
            opener.apply(row.id, late)
            wished = timedelta(seconds=getattr(late, "retry_after", 0))
            raise Again(after=max(pause(job.attempt), wished)) from late
        except ProviderError as error:
            opener.apply(row.id, error)
            self._note_failure(row, error)
            return
        self._keep(row, made)
        self._retire(row, made)

    def renew_due(self) -> None:
        """Queue the renewal of registrations that end soon; any number of processes may tick."""
        now = clock.now()
        with self._tools.store.transaction() as session:
            if not due.anything(session, Work.HOOK, now):
                return
            for row in due.claim(session, Work.HOOK, now, LEASE, BATCH):
                arguments = {"connection_id": row.id}
                self._tools.jobs.enqueue_in(
                    session, "hooks.renew", arguments, key=f"hooks:{row.id}", group=row.provider
                )

    # --- inside ---------------------------------------------------------------------------

    def _working(self, connection_id: str) -> Connection | None:
        with self._tools.store.transaction() as session:
            row = connections.get(session, connection_id)
        if row is None or row.state not in WORKING:
            return None
        hooks = registry.manifest(row.provider).hooks
        return row if hooks and hooks.subscribes else None

    def _subscribed(self, client: Client, row: Connection) -> Subscription | None:
        module = registry.part(row.provider, "webhooks")
        with self._tools.store.transaction() as session:
            url = hook_keys.url(session, self._tools.vault, self._tools.settings, row)
            secret = hook_keys.secret(session, self._tools.vault, row.id)
        if row.events:
            made: Subscription = module.subscribe(client, url, secret, row.events)
            if self._working(row.id) is None:
                # Disconnected while the vendor was registering us: nobody wants the calls now.
                module.unsubscribe(client, made)
            return made
        if row.subscription is not None:
            module.unsubscribe(client, subscription(row.subscription))
        return None

    def _retire(self, row: Connection, made: Subscription | None) -> None:
        """Stop the registration before: those that end are each a channel of their own."""
        before = row.subscription
        if made is None or made.expires_at is None or not before or before["id"] == made.id:
            return
        module, old = registry.part(row.provider, "webhooks"), subscription(before)
        try:
            self._tools.opener.with_client(row.id, lambda client: module.unsubscribe(client, old))
        except (ProviderError, Refusal) as error:
            log.info("an old registration ends by itself error=%s", error.code)

    def _keep(self, row: Connection, made: Subscription | None) -> None:
        with self._tools.store.transaction() as session:
            fresh = connections.locked(session, row.id)
            if fresh is None or fresh.state not in WORKING:
                return
            self._keep_secret(session, fresh, made)
            fresh.subscription = _packed(made) if made else None
            fresh.subscription_expires_at = made.expires_at if made else None
            fresh.hook_due_at = _renewal(fresh.provider, made)
            passed = [Check(name="webhook", ok=True)] if made else []
            fresh.checks = _with_webhook(fresh, passed)
            session.add(fresh)
            detail: dict[str, object] = {"events": row.events}
            self._tools.audit.note(session, SYSTEM, fresh, "connection.subscribed", detail=detail)

    def _keep_secret(self, session: Session, row: Connection, made: Subscription | None) -> None:
        """Vendors that make the secret name it once, at creation; an update keeps it silently."""
        mine, name = owner(row.id), hook_keys.VENDOR_SECRET
        if made and made.secret:
            self._tools.vault.seal(session, mine, name, made.secret)
        elif made is None or (row.subscription or {}).get("id") != made.id:
            self._tools.vault.forget(session, mine, name)

    def _note_failure(self, row: Connection, error: ProviderError) -> None:
        """The webhook is missing, and the connection's page says why."""
        check = Check(name="webhook", ok=False, detail=error.reason or error.code)
        with self._tools.store.transaction() as session:
            fresh = connections.locked(session, row.id)
            if fresh is None or fresh.state not in LIVING:
                return
            fresh.checks = _with_webhook(fresh, [check])
            session.add(fresh)
            detail: dict[str, object] = {"code": error.code, "reason": error.reason}
            self._tools.audit.note(
                session, SYSTEM, fresh, "connection.subscribed", outcome="failed", detail=detail
            )


def _renewal(provider: str, made: Subscription | None) -> datetime | None:
    """Ahead of the registration's end; None when it has none."""
    hooks = registry.manifest(provider).hooks
    if made is None or made.expires_at is None or hooks is None:
        return None
    return made.expires_at - hooks.renew_before


def _packed(made: Subscription) -> dict[str, Any]:
    return {"id": made.id, "details": dict(made.details)}


def _with_webhook(row: Connection, checks: list[Check]) -> list[dict[str, Any]]:
    others = [check for check in row.checks if check.get("name") != "webhook"]
    return [*others, *map(asdict, checks)]
