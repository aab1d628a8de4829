"""The installation's own apps at the vendors, or a sandbox's."""

from dashboard import clock, registry
from dashboard.audit.log import Audit
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor, Role, require
from dashboard.oauth.endpoint import App
from dashboard.oauth.turns import end_pauses
from dashboard.sandbox.play import Sandboxes
from dashboard.store import flows, renewals
from dashboard.store.base import Store
from dashboard.store.connections import Connection
from dashboard.vault.vault import Vault

# Failures of refreshing that an administrator ends, not a new login: the grant itself is good.
STUCK = frozenset({"oauth.app_refused", "oauth.app_missing", "oauth.refresh_refused"})


class Apps:
    """Client ids and secrets; the secret is sealed."""

    def __init__(self, store: Store, vault: Vault, audit: Audit, sandboxes: Sandboxes) -> None:
        self._store, self._vault = store, vault
        self._audit, self._sandboxes = audit, sandboxes

    def of(self, connection: Connection, method: str = "") -> App:
        """The app that this connection signs in with.

        Raises:
            Refusal: `oauth.no_app` when an administrator has not entered one yet.
        """
        if connection.environment == "sandbox":
            given = self._sandboxes.credentials(
                connection.provider, connection.tenant, method or connection.method
            )
            return App(client_id=given["client_id"], client_secret=given["client_secret"])
        with self._store.transaction() as session:
            app = flows.app(session, connection.provider)
            secret = self._vault.open(session, owner(connection.provider), "client_secret")
        if app is None or not secret:
            name = registry.manifest(connection.provider).name
            raise Refusal("oauth.no_app", 409, values={"provider": name})
        return App(client_id=app.client_id, client_secret=secret)

    def save(self, actor: Actor, provider: str, client_id: str, client_secret: str) -> None:
        """Keep or replace a vendor's app; an empty secret leaves the one that is kept.

        Connections that waited for it are renewed at once.

        Raises:
            Refusal: `oauth.app_incomplete`, naming the field.
        """
        require(actor, Role.ADMIN)
        client_id, client_secret = client_id.strip(), client_secret.strip()
        if not client_id:
            raise Refusal("oauth.app_incomplete", field="client_id")
        with self._store.transaction() as session:
            known = "client_secret" in self._vault.names(session, owner(provider))
            if not client_secret and not known:
                raise Refusal("oauth.app_incomplete", field="client_secret")
            flows.save_app(session, provider, client_id)
            if client_secret:
                self._vault.seal(session, owner(provider), "client_secret", client_secret)
            waiting = renewals.hasten(session, provider, STUCK, clock.now())
            end_pauses(session, waiting)
            self._audit.write(session, actor, "oauth_app.saved", provider=provider)

    def forget(self, actor: Actor, provider: str) -> None:
        """Drop a vendor's app; connections made with it can no longer refresh."""
        require(actor, Role.ADMIN)
        with self._store.transaction() as session:
            flows.forget_app(session, provider)
            self._vault.forget(session, owner(provider))
            self._audit.write(session, actor, "oauth_app.forgotten", provider=provider)


def owner(provider: str) -> str:
    """Under which name the vault keeps an app's secret."""
    return f"oauth_app:{provider}"
