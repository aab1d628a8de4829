"""Keeps access tokens fresh: one vendor call, however many callers in however many processes."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from dashboard import registry
from dashboard.contracts.errors import (
    AuthExpired,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Refusal,
    Rejected,
    Unavailable,
)
from dashboard.contracts.manifest import OAuth2
from dashboard.oauth import endpoint, lifetime
from dashboard.oauth.apps import STUCK, Apps
from dashboard.oauth.turns import Grip, Turns, end_in
from dashboard.settings import Settings
from dashboard.store import connections, renewals
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.vault.vault import Vault

PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=15)
LOOKS, LOOK_EVERY_SECONDS = 400, 0.1
LOST = "oauth.refresh_lost"

Credentials = dict[str, str]
Dropped = Callable[[Connection, Credentials], None]


@dataclass(frozen=True)
class _Asked:
    """One caller's wish.

    Args:
        refused: The access token that must not come back.
        forced: Even while it seems to live: the vendor has refused it.
        strict: A failure is told even when the token still serves.
    """

    connection_id: str
    method: OAuth2
    refused: str
    forced: bool = False
    strict: bool = False

    def content_with(self, kept: Credentials) -> bool:
        """True when these credentials serve the caller without a refresh."""
        if kept["access_token"] != self.refused:
            return True
        return not self.forced and not lifetime.has_ended(kept)


class Tokens:
    """Credentials of connections, refreshed ahead of their end."""

    def __init__(
        self, store: Store, vault: Vault, apps: Apps, reach: endpoint.Reach, settings: Settings
    ) -> None:
        self._store, self._vault, self._apps, self._reach = store, vault, apps, reach
        self._redirect_uri = f"{settings.public_url}/oauth/callback"
        self._turns = Turns(store)
        self._dropped: Dropped | None = None

    def on_dropped(self, give_back: Dropped) -> None:
        """Say who gives tokens back to the vendor that came after their connection had ended."""
        self._dropped = give_back

    def kept(self, connection_id: str) -> Credentials:
        """The sealed credentials as they are.

        Raises:
            Refusal: `connections.not_connected` when there are none.
        """
        with self._store.transaction() as session:
            text = self._vault.open(session, owner(connection_id), "credentials")
        if text is None:
            raise Refusal("connections.not_connected", 409)
        kept: Credentials = json.loads(text)
        return kept

    def fresh(self, connection: Connection) -> Credentials:
        """Credentials that work now, as far as anybody can tell without calling.

        Raises:
            ProviderError: AuthExpired when only a new login helps; Unavailable, RateLimited or
                Rejected when the token has ended and the vendor does not give another one now.
        """
        kept, method = self.kept(connection.id), _method(connection)
        if method is None or not lifetime.is_ending(kept):
            return kept
        return self._renewed(_Asked(connection.id, method, kept["access_token"]))

    def renew(self, connection: Connection, refused: str) -> Credentials:
        """Credentials in place of an access token that the vendor has just refused.

        Raises:
            ProviderError: As `fresh`; also when the method knows no refresh.
        """
        method = _method(connection)
        if method is None:
            raise AuthExpired(detail="these credentials cannot be refreshed")
        return self._renewed(_Asked(connection.id, method, refused, forced=True))

    def renew_ahead(self, connection: Connection) -> None:
        """Replace a token that may have a while to live; somebody else may be at it already.

        Raises:
            ProviderError: As `fresh`, also while the old token still serves.
        """
        kept, method = self.kept(connection.id), _method(connection)
        if method is None or not kept.get("refresh_token"):
            if lifetime.has_ended(kept):
                raise AuthExpired(detail="there is no refresh token")
            return
        self._renewed(_Asked(connection.id, method, kept["access_token"], strict=True))

    def _renewed(self, asked: _Asked) -> Credentials:
        # Callers of this process queue here, so that only one of them looks at the database.
        patient = not asked.content_with(self.kept(asked.connection_id))
        with self._turns.in_this_process(asked.connection_id, patient=patient) as mine:
            kept = self.kept(asked.connection_id)
            if not mine or kept["access_token"] != asked.refused:
                return kept
            return self._alone(asked)

    def _alone(self, asked: _Asked) -> Credentials:
        """Refresh when it is our turn, or take what another process brings."""
        found = self._waited(asked)
        if not isinstance(found, Grip):
            return found
        try:
            return self._refreshed(asked, found)
        finally:
            self._turns.end(found)

    def _waited(self, asked: _Asked) -> Grip | Credentials:
        """The turn, once it is ours, or credentials that make it needless."""
        for _ in range(LOOKS):
            grip = self._turns.take(asked.connection_id)
            if grip is not None:
                return grip
            kept = self.kept(asked.connection_id)
            if asked.content_with(kept):
                return kept
            if self._turns.is_paused(asked.connection_id):
                raise Unavailable(detail="the token endpoint did not answer a moment ago")
            time.sleep(LOOK_EVERY_SECONDS)
        raise Unavailable(detail="another process is refreshing this token")

    def _refreshed(self, asked: _Asked, grip: Grip) -> Credentials:
        connection, kept = self._read(asked.connection_id)
        if kept["access_token"] != asked.refused:
            return kept
        try:
            new = self._ask(connection, asked.method, kept)
        except AuthExpired as dead:
            return self._replaced(asked, _told(dead, grip))
        except OutcomeUnknown as lost:
            late = Unavailable(detail=lost.detail, reason=lost.reason)
            return self._wait(asked, grip, kept, late, cut_off=True)
        except (Unavailable, RateLimited, Rejected) as late:
            return self._wait(asked, grip, kept, late)
        return self._save(connection, grip, new)

    def _ask(self, connection: Connection, method: OAuth2, kept: Credentials) -> Credentials:
        if not kept.get("refresh_token"):
            raise AuthExpired(detail="there is no refresh token")
        try:
            app = self._apps.of(connection, method.id)
        except Refusal as none:
            raise Rejected(code="oauth.app_missing", detail=none.code) from none
        access = self._reach(connection, kept)
        return endpoint.refresh(access, method, app, kept, self._redirect_uri)

    def _replaced(self, asked: _Asked, dead: AuthExpired) -> Credentials:
        """A new login may have come in between; its credentials are not dead.

        Raises:
            AuthExpired: Nobody has signed in again.
        """
        latest = self.kept(asked.connection_id)
        if latest["access_token"] == asked.refused:
            raise dead
        return latest

    def _wait(
        self,
        asked: _Asked,
        grip: Grip,
        kept: Credentials,
        late: ProviderError,
        *,
        cut_off: bool = False,
    ) -> Credentials:
        """Leave the vendor alone for a while; a token that still lives goes on serving."""
        wished = timedelta(seconds=getattr(late, "retry_after", 0.0))
        pause = min(wished, LONGEST_PAUSE) or PAUSE
        self._turns.pause(grip, pause, cut_off=cut_off)
        if asked.content_with(kept) and not asked.strict:
            return kept
        raise late

    def _save(self, connection: Connection, grip: Grip, new: Credentials) -> Credentials:
        """Nothing stands between the vendor's answer and this one transaction."""
        with self._store.transaction() as session:
            if self._kept_safe(session, connection, new):
                end_in(session, grip)
                return new
        return self._late(connection, new)

    def _kept_safe(self, session: Session, connection: Connection, new: Credentials) -> bool:
        due = lifetime.scheduled(new)
        ends = lifetime.end(new)
        if not connections.set_tokens(session, connection.id, connection.version, ends, due):
            return False
        self._vault.seal(session, owner(connection.id), "credentials", json.dumps(new))
        renewals.clear_errors(session, connection.id, STUCK)
        return True

    def _late(self, connection: Connection, new: Credentials) -> Credentials:
        """A new login or a disconnect came first, and what it left is the truth.

        Raises:
            Refusal: `connections.not_connected` after a disconnect.
        """
        with self._store.transaction() as session:
            row = connections.get(session, connection.id)
        if self._dropped is not None and (row is None or row.state == "disconnected"):
            self._dropped(row or connection, new)
        return self.kept(connection.id)

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


def _told(dead: AuthExpired, grip: Grip) -> AuthExpired:
    """Why it is dead, as far as we know: the vendor's answer to an earlier try was lost."""
    if not grip.cut_off:
        return dead
    return AuthExpired(code=LOST, detail=dead.detail, reason=dead.reason)


def _method(connection: Connection) -> OAuth2 | None:
    method = registry.manifest(connection.provider).method(connection.method)
    return method if isinstance(method, OAuth2) else None
