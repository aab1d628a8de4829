"""Keeps access tokens fresh: one vendor call, however many callers in however many processes."""

import json
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard import clock, registry
from dashboard.contracts.errors import (
    AuthExpired,
    ProviderError,
    RateLimited,
    Refusal,
    Rejected,
    Unavailable,
)
from dashboard.contracts.manifest import OAuth2
from dashboard.oauth import endpoint
from dashboard.oauth.apps import Apps
from dashboard.settings import Settings
from dashboard.store import connections, leases
from dashboard.store.base import Store
from dashboard.store.connections import Connection
from dashboard.vault.vault import Vault

AHEAD = timedelta(minutes=5)
# Longer than the kit's longest call, so that a lease never ends under a living holder.
LEASE = timedelta(seconds=60)
PAUSE = timedelta(seconds=15)
LOOKS, LOOK_EVERY_SECONDS = 400, 0.1

Credentials = dict[str, str]


@dataclass(frozen=True)
class _Asked:
    """One caller's wish. `refused` is the access token that must not come back."""

    connection_id: str
    method: OAuth2
    refused: str
    forced: bool

    def content_with(self, kept: Credentials) -> bool:
        """True when these credentials serve the caller without a refresh."""
        if kept["access_token"] != self.refused:
            return True
        return not self.forced and _lives(kept)


class Tokens:
    """Credentials of connections, refreshed ahead of their end."""

    def __init__(
        self, store: Store, vault: Vault, apps: Apps, reach: endpoint.Reach, settings: Settings
    ) -> None:
        self._store, self._vault, self._apps, self._reach = store, vault, apps, reach
        self._redirect_uri = f"{settings.public_url}/oauth/callback"
        self._locks: dict[str, threading.Lock] = {}

    def kept(self, connection_id: str) -> Credentials:
        """The sealed credentials as they are.

        Raises:
            Refusal: `connections.not_connected` when there are none.
        """
        return self._read(connection_id)[1]

    def fresh(self, connection: Connection) -> Credentials:
        """Credentials that work now, as far as anybody can tell without calling.

        Raises:
            ProviderError: AuthExpired when only a new login helps; Unavailable or RateLimited
                when the token has ended and the vendor does not give another one now.
        """
        kept, method = self.kept(connection.id), _method(connection)
        if method is None or not _is_due(kept):
            return kept
        return self._renewed(_Asked(connection.id, method, kept["access_token"], forced=False))

    def renew(self, connection: Connection, refused: str) -> Credentials:
        """Credentials in place of an access token that the vendor has just refused.

        Raises:
            ProviderError: As `fresh`; also when the method knows no refresh.
        """
        method = _method(connection)
        if method is None:
            raise AuthExpired(detail="these credentials cannot be refreshed")
        return self._renewed(_Asked(connection.id, method, refused, forced=True))

    def _renewed(self, asked: _Asked) -> Credentials:
        # Callers of this process queue here, so that only one of them looks at the database.
        patient = not asked.content_with(self.kept(asked.connection_id))
        lock = self._locks.setdefault(asked.connection_id, threading.Lock())
        if not lock.acquire(blocking=patient):
            return self.kept(asked.connection_id)
        try:
            return self._alone(asked)
        finally:
            lock.release()

    def _alone(self, asked: _Asked) -> Credentials:
        """Refresh under the lease, or take what its present holder brings."""
        key, holder = f"refresh:{asked.connection_id}", secrets.token_hex(8)
        if served := self._waited(asked, key, holder):
            return served
        try:
            return self._refreshed(asked, holder)
        finally:
            with self._store.transaction() as session:
                leases.release(session, key, holder)

    def _waited(self, asked: _Asked, key: str, holder: str) -> Credentials:
        """Empty once the lease is ours, or credentials that make it needless."""
        for _ in range(LOOKS):
            with self._store.transaction() as session:
                if leases.acquire(session, key, holder, LEASE) is not None:
                    return {}
                paused = leases.is_paused(session, key)
            kept = self.kept(asked.connection_id)
            if asked.content_with(kept):
                return kept
            if paused:
                raise Unavailable(detail="the token endpoint did not answer a moment ago")
            time.sleep(LOOK_EVERY_SECONDS)
        raise Unavailable(detail="another process is refreshing this token")

    def _refreshed(self, asked: _Asked, holder: str) -> Credentials:
        connection, kept = self._read(asked.connection_id)
        if kept["access_token"] != asked.refused:
            return kept
        try:
            new = self._ask(connection, asked.method, kept)
        except AuthExpired:
            # A new login may have come in between; its credentials are not dead.
            latest = self.kept(asked.connection_id)
            if latest["access_token"] == asked.refused:
                raise
            return latest
        except (Unavailable, RateLimited, Rejected) as late:
            return self._wait(asked, holder, kept, late)
        return self._save(connection, new)

    def _ask(self, connection: Connection, method: OAuth2, kept: Credentials) -> Credentials:
        if not kept.get("refresh_token"):
            raise AuthExpired(detail="there is no refresh token")
        app = self._apps.of(connection, method.id)
        access = self._reach(connection, kept)
        return endpoint.refresh(access, method, app, kept, self._redirect_uri)

    def _wait(
        self, asked: _Asked, holder: str, kept: Credentials, late: ProviderError
    ) -> Credentials:
        """Leave the vendor alone for a while; a token that still lives goes on serving."""
        with self._store.transaction() as session:
            leases.pause(session, f"refresh:{asked.connection_id}", holder, PAUSE)
        if asked.content_with(kept):
            return kept
        raise late

    def _save(self, connection: Connection, new: Credentials) -> Credentials:
        ends = datetime.fromisoformat(new["expires_at"]) if new["expires_at"] else None
        with self._store.transaction() as session:
            ours = connections.set_tokens(session, connection.id, connection.version, ends)
            if ours:
                self._vault.seal(session, owner(connection.id), "credentials", json.dumps(new))
        # Not ours: a new login or a disconnect came first, and what it left is the truth.
        return new if ours else self.kept(connection.id)

    def _read(self, connection_id: str) -> tuple[Connection, Credentials]:
        with self._store.transaction() as session:
            row = connections.get(session, connection_id)
            text = self._vault.open(session, owner(connection_id), "credentials")
        if row is None or text is None:
            raise Refusal("connections.not_connected", 409)
        return row, json.loads(text)


def owner(connection_id: str) -> str:
    """Under which name the vault keeps a connection's secrets."""
    return f"connection:{connection_id}"


def _method(connection: Connection) -> OAuth2 | None:
    method = registry.manifest(connection.provider).method(connection.method)
    return method if isinstance(method, OAuth2) else None


def _lives(kept: Credentials) -> bool:
    ends = kept.get("expires_at", "")
    return not ends or datetime.fromisoformat(ends) > clock.now()


def _is_due(kept: Credentials) -> bool:
    """Due a fifth of its life ahead of the end, five minutes at most."""
    ends = kept.get("expires_at", "")
    if not ends:
        return False
    fifth = timedelta(seconds=int(kept.get("lifetime") or 3600) / 5)
    return datetime.fromisoformat(ends) - min(AHEAD, fifth) <= clock.now()
