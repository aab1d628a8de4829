"""Ends a connection: at the vendor as far as it lets us, here in any case."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from dashboard import clock, registry
from dashboard.connections.check import subscription
from dashboard.connections.machine import LIVING, Event, move
from dashboard.connections.open import Opened
from dashboard.connections.tools import Tools
from dashboard.contracts.accounts import Revocation
from dashboard.contracts.errors import AuthExpired, ProviderError, Refusal
from dashboard.contracts.people import SYSTEM, Actor, Role, require
from dashboard.oauth.refresh import owner
from dashboard.store import connections, flows
from dashboard.store.connections import Connection


@dataclass(frozen=True, kw_only=True)
class Disconnected:
    """What was ended, and what was not.

    Args:
        revoked: The vendor confirmed that the credentials no longer work.
        unsubscribed: The vendor no longer calls us; None when it never did.
        kept: How many rows of each kind stay readable here: records, events, runs.
        why_not: Code of why something stayed at the vendor: a text key of the provider's
            `errors`, or of ours when it has a dot.
        manual_url: Where a person can end the rest.
    """

    revoked: bool = False
    unsubscribed: bool | None = None
    kept: Mapping[str, int] = field(default_factory=dict)
    why_not: str = ""
    manual_url: str = ""


class Disconnect:
    """The last walk of a connection."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        tools.tokens.on_dropped(self.give_back)

    def give_back(self, row: Connection, credentials: Mapping[str, str]) -> None:
        """Revoke tokens that the vendor issued while the connection was being ended.

        Not where another connection uses the same account: many vendors end the whole grant.
        """
        with self._tools.store.transaction() as session:
            shared = connections.elsewhere(session, row, row.account_id) is not None
            done = Revocation(revoked=False, why_not="connections.account_in_use")
        if not shared:
            done = self._given_back(row, credentials)
        detail: dict[str, object] = {"revoked": done.revoked, "why_not": done.why_not}
        with self._tools.store.transaction() as session:
            self._tools.audit.note(session, SYSTEM, row, "connection.late_token", detail=detail)

    def disconnect(self, actor: Actor, connection_id: str) -> Disconnected:
        """End it. A vendor that does not answer stops nothing here.

        Raises:
            Refusal: `connections.not_found`, `connections.not_connected`.
        """
        row = self._row(actor, connection_id)
        report = Disconnected()
        try:
            report = self._leave(row)
        finally:
            # Whatever happened out there, no secret stays behind.
            report = self._forget(actor, row, report)
        return report

    # --- inside ---------------------------------------------------------------------------

    def _given_back(self, row: Connection, credentials: Mapping[str, str]) -> Revocation:
        try:
            with self._tools.opener.trial(row, credentials) as opened:
                done: Revocation = registry.part(row.provider, "client").revoke(opened.client)
        except ProviderError as error:
            return Revocation(revoked=False, why_not=_why(error))
        return done

    def _row(self, actor: Actor, connection_id: str) -> Connection:
        with self._tools.store.transaction() as session:
            row = connections.get(session, connection_id)
        if row is None:
            raise Refusal("connections.not_found", 404)
        require(actor, Role.OPERATOR, row.agent_id)
        if row.state not in LIVING:
            raise Refusal("connections.not_connected", 409)
        return row

    def _leave(self, row: Connection) -> Disconnected:
        nothing = None if row.subscription is None else False
        if not row.account_id:
            return Disconnected(unsubscribed=nothing, why_not="connections.never_signed_in")
        try:
            with self._tools.opener.probe(row.id) as opened:
                gone = self._unsubscribed(opened)
                return replace(self._revoked(opened), unsubscribed=gone)
        except (ProviderError, Refusal) as error:
            return Disconnected(unsubscribed=nothing, why_not=_why(error))

    def _unsubscribed(self, opened: Opened) -> bool | None:
        hooks, kept = opened.manifest.hooks, opened.connection.subscription
        if hooks is None or kept is None:
            return None
        try:
            module = registry.part(opened.manifest.id, "webhooks")
            module.unsubscribe(opened.client, subscription(kept))
        except ProviderError:
            return False
        return True

    def _revoked(self, opened: Opened) -> Disconnected:
        try:
            module = registry.part(opened.manifest.id, "client")
            done: Revocation = module.revoke(opened.client)
        except ProviderError as error:
            return Disconnected(why_not=_why(error))
        return Disconnected(revoked=done.revoked, why_not=done.why_not, manual_url=done.manual_url)

    def _forget(self, actor: Actor, row: Connection, report: Disconnected) -> Disconnected:
        with self._tools.store.transaction() as session:
            fresh = connections.locked(session, row.id)
            if fresh is None or fresh.state not in LIVING:
                return report
            if fresh.subscription != row.subscription:
                # A job registered the webhook anew in between; it is still there.
                report = replace(report, unsubscribed=False)
            report = replace(report, kept=connections.history_sizes(session, row.id))
            fresh.state = move(fresh.state, Event.DISCONNECTED)
            fresh.disconnected_at, fresh.version = clock.now(), fresh.version + 1
            fresh.next_due_at = fresh.token_expires_at = fresh.subscription_expires_at = None
            fresh.refresh_due_at = fresh.probe_due_at = fresh.hook_due_at = None
            fresh.subscription = None
            session.add(fresh)
            self._tools.vault.forget(session, owner(row.id))
            flows.supersede(session, row.id, "oauth.superseded")
            detail: dict[str, object] = asdict(report)
            self._tools.audit.note(session, actor, fresh, "connection.disconnected", detail=detail)
        return report


def _why(error: ProviderError | Refusal) -> str:
    """A vendor that refuses the credentials already has nothing left to revoke."""
    return "connections.dead_already" if isinstance(error, AuthExpired) else error.code
