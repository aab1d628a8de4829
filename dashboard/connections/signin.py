"""The trip to a vendor's consent page and back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dashboard import clock, registry
from dashboard.connections import values
from dashboard.connections.machine import LIVING, Event, move
from dashboard.connections.proof import Proven, addressed, keep
from dashboard.connections.tools import Tools
from dashboard.contracts.accounts import Account
from dashboard.contracts.errors import ProviderError, Refusal, Rejected
from dashboard.contracts.manifest import Manifest, OAuth2
from dashboard.contracts.people import SYSTEM, Actor
from dashboard.oauth import endpoint, exchange
from dashboard.oauth.authorize import Authorize, Trip
from dashboard.oauth.authorize import owner as verifier_owner
from dashboard.store import connections, flows
from dashboard.store.base import Session
from dashboard.store.connections import Connection, OAuthFlow

# A flow keeps a code and a reason apart, so its sentences name nothing themselves.
IN_FLOW = {
    "connections.other_account": "connections.other_account_in_flow",
    "connections.taken": "connections.taken_in_flow",
}


# Pages and programs ask how a flow ended within minutes; the journal keeps it for longer.
KEPT = timedelta(days=7)
DELETED_AT_ONCE = 1000


class SignIn:
    """OAuth for connections; the old credentials stay until the new ones are proven."""

    def __init__(self, tools: Tools, authorize: Authorize) -> None:
        self._tools, self._authorize = tools, authorize

    def leave(
        self,
        actor: Actor,
        row: Connection,
        given: Mapping[str, Any],
        *,
        owner: str,
        method: str = "",
    ) -> OAuthFlow:
        """A flow for this connection.

        Raises:
            Refusal: What is wrong with a field, or `oauth.no_app`.
            Rejected: The provider knows that an address is wrong.
        """
        way = _oauth(registry.manifest(row.provider), method or row.method)
        typed = _typed(row, way, given)
        app = self._tools.apps.of(row, way.id)
        trip = Trip(
            owner=owner,
            redirect_uri=f"{self._tools.settings.public_url}/oauth/callback",
            client_id=app.client_id,
            hosts=self._tools.reach.hosts(row, typed),
            typed=typed,
            actor={"kind": actor.kind, "id": actor.id, "name": actor.name},
        )
        with self._tools.store.transaction() as session:
            fresh = _alive(session, row.id)
            flow = self._authorize.begin(session, fresh, way, trip)
            fresh.state = move(fresh.state, Event.LEFT_FOR_CONSENT)
            session.add(fresh)
        return flow

    def come_back(self, params: Mapping[str, str], owner: str) -> OAuthFlow:
        """The flow as it ended: done, refused by the person, or failed with a reason.

        Raises:
            Refusal: Nobody left with this state, or not from this browser, or too long ago.
        """
        with self._tools.store.transaction() as session:
            flow = exchange.take(session, params.get("state", ""), owner)
            kept = exchange.kept(session, self._tools.vault, flow)
        actor = _who(kept)
        try:
            self._prove(actor, flow, kept, params)
        except ProviderError as error:
            return self._end(actor, flow, error.code, error.reason)
        except Refusal as refusal:
            reason = (refusal.values or {}).get("reason", "")
            return self._end(actor, flow, IN_FLOW.get(refusal.code, refusal.code), reason)
        return self._end(actor, flow, "", "")

    def sweep(self) -> None:
        """End the flows nobody came back from in time; forget those of long ago."""
        with self._tools.store.transaction() as session:
            late = flows.overdue(session)
            for old in flows.delete_ended(session, clock.now() - KEPT, DELETED_AT_ONCE):
                # One that was given up for another window still has its verifier.
                self._tools.vault.forget(session, verifier_owner(old))
        for flow in late:
            self._end(SYSTEM, flow, "oauth.expired", "")

    # --- inside ---------------------------------------------------------------------------

    def _prove(
        self, actor: Actor, flow: OAuthFlow, kept: exchange.Kept, params: Mapping[str, str]
    ) -> None:
        code = _code(params)
        with self._tools.store.transaction() as session:
            row = _alive(session, flow.connection_id)
        method = _oauth(registry.manifest(row.provider), kept.method)
        typed = _agreed(row.provider, method, kept.typed, params)
        access = self._tools.reach.access(row, typed)
        app = self._tools.apps.of(row, method.id)
        question = exchange.question(flow, method, code, kept.verifier)
        secrets = endpoint.exchange_code(access, method, app, question)
        with self._tools.opener.trial(row, {**typed, **secrets}) as opened:
            client = registry.part(row.provider, "client")
            account: Account = client.identify(opened.client)
        proven = Proven(account=account, method=method.id, secrets=secrets, open_fields=typed)
        keep(self._tools, actor, row.id, proven)

    def _end(self, actor: Actor, flow: OAuthFlow, code: str, reason: str) -> OAuthFlow:
        status = flows.DONE
        if code:
            status = flows.REFUSED if code == "oauth.denied" else flows.FAILED
        with self._tools.store.transaction() as session:
            flows.finish(session, flow.id, status, code, reason)
            self._tools.vault.forget(session, verifier_owner(flow.id))
            row = connections.locked(session, flow.connection_id)
            if code and row is not None and row.state in LIVING:
                self._note_failure(session, actor, row, {"code": code, "reason": reason})
            ended = flows.reread(session, flow.id)
        return ended or flow

    def _note_failure(
        self, session: Session, actor: Actor, row: Connection, detail: dict[str, object]
    ) -> None:
        if flows.pending(session, row.id) is None:
            row.state = move(row.state, Event.CAME_BACK_EMPTY)
            session.add(row)
        self._tools.audit.note(
            session, actor, row, "connection.sign_in", outcome="failed", detail=detail
        )


def _typed(row: Connection, way: OAuth2, given: Mapping[str, Any]) -> dict[str, str]:
    """The fields asked before leaving; those known from an earlier login need not be repeated."""
    asked = {f.name for f in way.fields}
    known = {name: value for name, value in row.open_fields.items() if name in asked}
    return addressed(row.provider, values.texts(way.fields, {**known, **given}))


def _who(kept: exchange.Kept) -> Actor:
    """Who left for the consent page; the journal names them, the callback has no other proof."""
    who = kept.actor
    return Actor(kind=who["kind"], id=who["id"], name=who["name"]) if who else SYSTEM


def _alive(session: Session, connection_id: str) -> Connection:
    row = connections.locked(session, connection_id)
    if row is None or row.state not in LIVING:
        raise Refusal("connections.not_connected", 409)
    return row


def _oauth(manifest: Manifest, wanted: str) -> OAuth2:
    """The wanted method when it is OAuth, otherwise the provider's first that is."""
    method = manifest.method(wanted)
    if isinstance(method, OAuth2):
        return method
    found = next((way for way in manifest.auth if isinstance(way, OAuth2)), None)
    if found is None:
        raise Refusal("oauth.not_offered", 409)
    return found


def _code(params: Mapping[str, str]) -> str:
    error = params.get("error", "")
    if error == "access_denied":
        raise Refusal("oauth.denied")
    if error:
        told = params.get("error_description") or error
        raise Rejected(code="oauth.vendor_error", reason=told[:300])
    if not params.get("code"):
        raise Refusal("oauth.no_code")
    return params["code"]


def _agreed(
    provider: str, method: OAuth2, typed: Mapping[str, str], params: Mapping[str, str]
) -> dict[str, str]:
    """The typed fields, with those that the vendor names on the way back.

    A visitor can write anything into the callback's address, so what comes there passes the
    provider's own check and must not contradict what was typed before leaving.
    """
    told = {name: params[p] for p, name in method.callback_fields.items() if params.get(p)}
    if not told:
        return dict(typed)
    found = addressed(provider, {**typed, **told})
    if any(typed.get(name) and typed[name] != found[name] for name in told):
        raise Refusal("oauth.other_address", values={"reason": ", ".join(told.values())[:100]})
    return found
