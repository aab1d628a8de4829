"""From the first click to a connection that works."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from dashboard import clock, registry
from dashboard.connections import drafts, repeats, values
from dashboard.connections.check import Checker, TestResult
from dashboard.connections.configure import Configure
from dashboard.connections.machine import LIVING, OPENABLE, UNFINISHED, Event, State, move
from dashboard.connections.proof import Proven, addressed, keep
from dashboard.connections.reach import effective
from dashboard.connections.renewal import Renewal
from dashboard.connections.schedule import PROBE_EVERY, enabled_streams, jittered, next_due
from dashboard.connections.signin import SignIn
from dashboard.connections.tools import Tools
from dashboard.connections.watch import Watch
from dashboard.contracts.accounts import Account
from dashboard.contracts.errors import Refusal
from dashboard.contracts.forms import Kind
from dashboard.contracts.manifest import Keys, Manifest
from dashboard.contracts.people import Actor, Role, require
from dashboard.oauth.refresh import owner as vault_owner
from dashboard.store import connections, flows
from dashboard.store.base import Session
from dashboard.store.connections import Connection, OAuthFlow


class Connect:
    """The set-up walk: begin, prove whose account it is, activate."""

    def __init__(
        self, tools: Tools, signin: SignIn, checker: Checker, configure: Configure
    ) -> None:
        self._tools, self._signin = tools, signin
        self._checker, self._configure = checker, configure

    def register(self) -> None:
        """Let the job engine end sign-ins nobody came back from, renew tokens, ask vendors."""
        self._tools.jobs.every("sign_ins.overdue", 60, self._signin.sweep)
        Renewal(self._tools).register()
        Watch(self._tools).register()

    def begin(
        self,
        actor: Actor,
        agent_id: str,
        provider: str,
        *,
        method: str = "",
        environment: str = "live",
    ) -> Connection:
        """A draft to go on with; one's own unfinished one, or one that needs a new login.

        Raises:
            Refusal: `connections.no_agent` or `.no_provider` (404), `.already` (409),
                `.no_method`, `.bad_environment`, `.other_environment`.
        """
        require(actor, Role.OPERATOR, agent_id)
        return drafts.begin(self._tools, actor, agent_id, provider, (method, environment))

    def draft_in(
        self, session: Session, actor: Actor, row: Connection, *, method: str, environment: str
    ) -> Connection:
        """A new draft in the caller's transaction, where the agent has no such connection."""
        require(actor, Role.OPERATOR, row.agent_id)
        return drafts.new(self._tools, session, actor, row, (method, environment))

    def submit_keys(
        self,
        actor: Actor,
        connection_id: str,
        given: Mapping[str, Any],
        *,
        method: str = "",
    ) -> Account:
        """Whose account the pasted keys open; then, and only then, they are kept.

        A secret left blank while changing the keys of a proven connection stays as it was.

        Raises:
            Refusal: What is wrong with a field, `connections.other_account` or `.taken`.
            ProviderError: What the vendor said to these keys.
        """
        row = self._row(actor, connection_id)
        keys = _keys(registry.manifest(row.provider), method or row.method)
        typed = addressed(row.provider, self._cleaned(row, keys, given))
        client = registry.part(row.provider, "client")
        with self._tools.opener.trial(row, typed) as opened:
            account: Account = client.identify(opened.client)
        keep(self._tools, actor, connection_id, _proven(account, keys, typed))
        return account

    def authorize(
        self,
        actor: Actor,
        connection_id: str,
        given: Mapping[str, Any],
        *,
        owner: str,
        method: str = "",
    ) -> OAuthFlow:
        """A flow whose URL the person opens; what was proven before stays in force meanwhile.

        Raises:
            Refusal: What is wrong with a field, or `oauth.no_app`.
        """
        row = self._row(actor, connection_id)
        return self._signin.leave(actor, row, given, owner=owner, method=method)

    def finish_flow(self, params: Mapping[str, str], owner: str) -> OAuthFlow:
        """How the trip ended that these callback parameters belong to.

        Raises:
            Refusal: `oauth.unknown_state`, `.other_browser` or `.expired`; everything later is
                written into the flow.
        """
        return self._signin.come_back(params, owner)

    def flow(self, actor: Actor, flow_id: str) -> OAuthFlow:
        """A flow as it stands; pages and clients poll it.

        Raises:
            Refusal: `oauth.unknown_flow` (404).
        """
        with self._tools.store.transaction() as session:
            found = flows.get(session, flow_id)
            row = connections.get(session, found.connection_id) if found else None
        if found is None or row is None:
            raise Refusal("oauth.unknown_flow", 404)
        require(actor, Role.VIEWER, row.agent_id)
        return found

    def alone(self, actor: Actor, agent_id: str, provider: str) -> AbstractContextManager[None]:
        """Requests to connect the same agent to the same provider wait for each other.

        Raises:
            Refusal: `connections.busy` (409) when another one takes too long.
        """
        require(actor, Role.OPERATOR, agent_id)
        return repeats.alone(self._tools, agent_id, provider)

    def made_by(
        self, actor: Actor, agent_id: str, provider: str, asked: tuple[str, str]
    ) -> Connection | None:
        """The connection that a request (repeats.mark) has made before, None for a first one.

        Raises:
            Refusal: `actions.key_reused` (409) when its key came with another request.
        """
        require(actor, Role.OPERATOR, agent_id)
        return repeats.made_by(self._tools, agent_id, provider, asked)

    def remember(self, connection_id: str, asked: tuple[str, str]) -> None:
        """Know a request again by which this connection was made."""
        repeats.remember(self._tools, connection_id, asked)

    def pending_flow(self, connection_id: str) -> OAuthFlow | None:
        """The flow that somebody may still come back from."""
        with self._tools.store.transaction() as session:
            return flows.pending(session, connection_id)

    def activate(self, actor: Actor, connection_id: str) -> TestResult:
        """Test everything that was switched on, and start when it works.

        A failed check of something switched on stops it: `TestResult.blocking` says what.

        Raises:
            Refusal: `connections.not_proven` when nobody has signed in yet.
        """
        row = self._row(actor, connection_id)
        if row.state not in OPENABLE:
            raise Refusal("connections.not_proven", 409)
        result = self._checker.test(actor, connection_id)
        with self._tools.store.transaction() as session:
            fresh = connections.locked(session, connection_id)
            if fresh is None or fresh.state not in OPENABLE:
                return result
            if result.blocking:
                failed: dict[str, object] = {"checks": [c.name for c in result.blocking]}
                self._tools.audit.note(
                    session, actor, fresh, "connection.activated", outcome="refused", detail=failed
                )
            else:
                self._start(session, actor, fresh)
        return result

    def abandon(self, actor: Actor, connection_id: str) -> None:
        """Throw an unfinished draft away with all it has; nothing was started at the vendor.

        Raises:
            Refusal: `connections.in_use` (409) when it works already: disconnect it instead.
        """
        row = self._row(actor, connection_id)
        with self._tools.store.transaction() as session:
            fresh = connections.locked(session, row.id)
            if fresh is None or fresh.state not in UNFINISHED:
                raise Refusal("connections.in_use", 409)
            fresh.state = move(fresh.state, Event.DISCONNECTED)
            fresh.disconnected_at, fresh.version = clock.now(), fresh.version + 1
            fresh.token_expires_at = fresh.refresh_due_at = None
            session.add(fresh)
            self._tools.vault.forget(session, vault_owner(row.id))
            flows.supersede(session, row.id, "oauth.superseded")
            self._tools.audit.note(session, actor, fresh, "connection.abandoned")

    # --- inside ---------------------------------------------------------------------------

    def _row(self, actor: Actor, connection_id: str) -> Connection:
        with self._tools.store.transaction() as session:
            row = connections.get(session, connection_id)
        if row is None:
            raise Refusal("connections.not_found", 404)
        require(actor, Role.OPERATOR, row.agent_id)
        if row.state not in LIVING:
            raise Refusal("connections.not_connected", 409)
        return row

    def _known(self, row: Connection, keys: Keys) -> dict[str, str]:
        if not row.account_id or row.method != keys.id:
            return {}
        asked = {f.name for f in keys.fields}
        kept = {**row.open_fields, **self._tools.tokens.kept(row.id)}
        return {name: value for name, value in kept.items() if name in asked}

    def _cleaned(self, row: Connection, keys: Keys, given: Mapping[str, Any]) -> dict[str, str]:
        merged = {**self._known(row, keys), **{k: v for k, v in given.items() if v != ""}}
        typed = values.texts(keys.fields, merged)
        rules = self._configure.rules(row)
        for asked in keys.fields:
            if asked.kind is Kind.URL and asked.name in typed:
                typed[asked.name] = rules.clean(asked, typed[asked.name])
        return typed

    def _start(self, session: Session, actor: Actor, row: Connection) -> None:
        manifest = registry.manifest(row.provider)
        first = row.state == State.AUTHORIZED
        row.state = move(row.state, Event.ACTIVATED)
        if not first:
            session.add(row)
            return
        row.connected_at = clock.now()
        settings = effective(manifest, row)
        row.next_due_at = next_due(manifest, settings)
        row.probe_due_at = jittered(PROBE_EVERY)
        session.add(row)
        arguments = {"connection_id": row.id}
        jobs = self._tools.jobs
        if manifest.hooks and manifest.hooks.subscribes:
            jobs.enqueue_in(
                session, "hooks.subscribe", arguments, key=f"hooks:{row.id}", group=row.provider
            )
        if enabled_streams(manifest, settings):
            wanted = {**arguments, "reason": "first"}
            jobs.enqueue_in(session, "sync.request", wanted, once=f"first:{row.id}")
        self._tools.audit.note(session, actor, row, "connection.activated")


def _proven(account: Account, keys: Keys, typed: Mapping[str, str]) -> Proven:
    hidden = {f.name for f in keys.fields if f.kind is Kind.SECRET}
    return Proven(
        account=account,
        method=keys.id,
        secrets={name: value for name, value in typed.items() if name in hidden},
        open_fields={name: value for name, value in typed.items() if name not in hidden},
    )


def _keys(manifest: Manifest, wanted: str) -> Keys:
    """The wanted method when it takes keys, otherwise the provider's first that does."""
    method = manifest.method(wanted)
    if isinstance(method, Keys):
        return method
    found = next((way for way in manifest.auth if isinstance(way, Keys)), None)
    if found is None:
        raise Refusal("connections.keys_not_taken", 409)
    return found
