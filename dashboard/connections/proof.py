"""Keeps credentials once the vendor has said whose they are. All of it, or nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboard import clock, registry
from dashboard.connections.machine import LIVING, UNFINISHED, Event, State, move
from dashboard.connections.open import clear
from dashboard.connections.reach import effective
from dashboard.connections.schedule import PROBE_EVERY, jittered, next_due
from dashboard.connections.tools import Tools
from dashboard.contracts.accounts import Account
from dashboard.contracts.errors import Refusal
from dashboard.contracts.manifest import OAuth2
from dashboard.contracts.people import Actor
from dashboard.oauth import lifetime
from dashboard.oauth.refresh import owner
from dashboard.store import connections, mapping
from dashboard.store.base import Session
from dashboard.store.connections import Connection


@dataclass(frozen=True, kw_only=True)
class Proven:
    """Credentials, and the account that the vendor named for them."""

    account: Account
    method: str
    secrets: Mapping[str, str] = field(repr=False)
    open_fields: Mapping[str, str] = field(default_factory=dict)


def addressed(provider: str, values: Mapping[str, str]) -> dict[str, str]:
    """The typed fields, normalised by the provider and with the parts of its hosts.

    Raises:
        Rejected: The provider knows that an address is wrong; `field` names it.
    """
    find = getattr(registry.part(provider, "client"), "addresses", None)
    return {**values, **(find(values) if find else {})}


def keep(tools: Tools, actor: Actor, connection_id: str, proven: Proven) -> Connection:
    """Save what was proven; a connection that worked before goes on working.

    Raises:
        Refusal: `connections.other_account`, `connections.taken` or `.not_connected`; then
            nothing has changed.
    """
    with tools.store.transaction() as session:
        row = connections.locked(session, connection_id)
        if row is None or row.state not in LIVING:
            raise Refusal("connections.not_connected", 409)
        _refuse_other_account(row, proven.account)
        _refuse_taken(session, row, proven.account)
        if row.account_id not in ("", proven.account.id):
            _forget_choices(session, row)
        fresh_login = row.state not in UNFINISHED
        tools.vault.seal(session, owner(row.id), "credentials", json.dumps(dict(proven.secrets)))
        _fill(row, proven)
        row.state = move(row.state, Event.PROVEN)
        session.add(row)
        if fresh_login:
            _resume(tools, session, row)
        action = "connection.signed_in_again" if fresh_login else "connection.signed_in"
        tools.audit.note(session, actor, row, action, detail={"account": proven.account.name})
    return row


def _refuse_other_account(row: Connection, account: Account) -> None:
    if row.state in UNFINISHED or row.account_id in ("", account.id):
        return
    raise Refusal("connections.other_account", 409, values={"reason": row.account_name})


def _refuse_taken(session: Session, row: Connection, account: Account) -> None:
    """A vendor with one webhook per account serves one agent; a second would steal it silently."""
    hooks = registry.manifest(row.provider).hooks
    if hooks is None or not hooks.exclusive:
        return
    connections.lock_account(session, row.provider, account.id)
    other = connections.elsewhere(session, row, account.id)
    if other is not None:
        name = connections.agent_name(session, other.agent_id)
        raise Refusal("connections.taken", 409, values={"reason": name or other.agent_id})


def _forget_choices(session: Session, row: Connection) -> None:
    """Another account has other calendars, pipelines and fields."""
    row.settings, row.configured_at = {}, None
    row.events = registry.manifest(row.provider).usual_events()
    mapping.forget(session, row.id)


def _fill(row: Connection, proven: Proven) -> None:
    account = proven.account
    row.method, row.version = proven.method, row.version + 1
    row.account_id, row.account_name, row.account_url = account.id, account.name, account.url
    row.account_details = dict(account.details)
    row.open_fields = dict(proven.open_fields)
    row.settings = {**row.settings, **account.settings}
    way = registry.manifest(row.provider).method(proven.method)
    oauth = isinstance(way, OAuth2)
    row.granted_scopes = proven.secrets.get("scope", "").split() if oauth else []
    row.token_expires_at = (lifetime.end(proven.secrets) if oauth else None) or account.expires_at
    row.refresh_due_at = lifetime.scheduled(proven.secrets) if oauth else None
    clear(row)


def _resume(tools: Tools, session: Session, row: Connection) -> None:
    """A new login takes up again what stood still: reading, the webhook, events that waited."""
    manifest = registry.manifest(row.provider)
    due = next_due(manifest, effective(manifest, row))
    row.next_due_at = clock.now() if due and not row.paused else None
    row.probe_due_at = jittered(PROBE_EVERY)
    session.add(row)
    if manifest.hooks and manifest.hooks.subscribes and row.state == State.ACTIVE:
        arguments = {"connection_id": row.id}
        tools.jobs.enqueue_in(
            session, "hooks.subscribe", arguments, key=f"hooks:{row.id}", group=row.provider
        )
    tools.jobs.enqueue_in(
        session,
        "inbound.process",
        {"connection_id": row.id},
        key=f"inbound:{row.id}",
        group=row.provider,
        priority=5,
    )
