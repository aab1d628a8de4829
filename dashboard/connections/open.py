"""Opens a connection for one piece of work, and hears how the work went."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from dashboard import clock, registry
from dashboard.audit.log import Audit
from dashboard.connections.machine import LIVING, OPENABLE, Event, State, move
from dashboard.connections.reach import Reach, bucket
from dashboard.contracts.errors import (
    AuthExpired,
    ProviderError,
    RateLimited,
    Refusal,
    Rejected,
    Unavailable,
)
from dashboard.contracts.manifest import Manifest, OAuth2
from dashboard.contracts.people import SYSTEM
from dashboard.jobs.limits import Full, Limits, Share
from dashboard.kit.access import Access
from dashboard.kit.http import Client
from dashboard.oauth.apps import STUCK
from dashboard.oauth.refresh import Tokens
from dashboard.store import connections
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection

FAILURES_TO_DEGRADE = 3
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A client that may be used until the block ends."""

    client: Client
    connection: Connection
    access: Access
    manifest: Manifest


Door = Callable[[str], AbstractContextManager[Opened]]


class Opener:
    """The only door to vendors. Credentials are fresh, hosts and network are right."""

    def __init__(
        self, store: Store, tokens: Tokens, reach: Reach, limits: Limits, audit: Audit
    ) -> None:
        self._store, self._tokens, self._reach = store, tokens, reach
        self._limits, self._audit = limits, audit

    @contextmanager
    def open(self, connection_id: str, share: Share = Share.INTERACTIVE) -> Iterator[Opened]:
        """A client of a connection that works.

        Args:
            share: Of the vendor's limit; bulk work leaves a part of it to those who wait.
        Raises:
            Refusal: `connections.not_found` or `connections.not_connected`.
            ProviderError: AuthExpired when only a new login helps; a dead grant is not tried.
        """
        with self._opened(self._load(connection_id), share) as opened:
            yield opened

    @contextmanager
    def probe(self, connection_id: str, share: Share = Share.INTERACTIVE) -> Iterator[Opened]:
        """Like `open`, whatever the state: credentials that were refused before are tried again."""
        with self._ready(self._load(connection_id), share) as opened:
            yield opened

    @contextmanager
    def trial(self, connection: Connection, credentials: Mapping[str, str]) -> Iterator[Opened]:
        """A client with credentials that are not saved."""
        with self._client(connection, credentials) as opened:
            yield opened

    def with_client(
        self, connection_id: str, work: Callable[[Client], T], share: Share = Share.INTERACTIVE
    ) -> T:
        """What `work` gives; an access token refused on the way is replaced once.

        `work` is called a second time then, so it must be one call, or reads only.

        Raises:
            Refusal, ProviderError: As `open`, and whatever `work` raises.
        """
        door = partial(self.open, share=share)
        return self._twice(door, connection_id, lambda opened: work(opened.client))

    def with_row(self, connection: Connection, work: Callable[[Client], T]) -> T:
        """As `with_client`, for who has read the row a moment ago: one reading less.

        Credentials are read now, so a connection that has ended meanwhile is refused.
        """
        rows = [connection]

        def door(connection_id: str) -> AbstractContextManager[Opened]:
            row = rows.pop() if rows else self._load(connection_id)
            return self._opened(row, Share.INTERACTIVE)

        return self._twice(door, connection.id, lambda opened: work(opened.client))

    def with_probe(self, connection_id: str, work: Callable[[Opened], T]) -> T:
        """As `with_client`, through `probe`."""
        return self._twice(self.probe, connection_id, work)

    def apply(
        self, connection_id: str, error: ProviderError, *, version: int | None = None
    ) -> None:
        """Let a failure move the connection, as contracts/errors.py says.

        Args:
            version: `Connection.version` the failed work was done with; a failure of
                credentials that were replaced meanwhile changes nothing.
        """
        if isinstance(error, AuthExpired):
            self._change(connection_id, lambda s, c: self._lose(s, c, error, version))
        elif isinstance(error, RateLimited) and not isinstance(error, Full):
            self._limits.block(bucket(self._load(connection_id)), error.retry_after)
        elif isinstance(error, Unavailable):
            self._change(connection_id, lambda s, c: self._falter(s, c, error))
        elif error.code in STUCK:
            self._change(connection_id, lambda s, c: self._stick(s, c, error))

    def healthy(self, connection_id: str) -> None:
        """Say that the vendor has just answered well."""
        connection = self._load(connection_id)
        if connection.failures or connection.state == State.DEGRADED:
            self._change(connection_id, self._recover)

    # --- inside ---------------------------------------------------------------------------

    def _twice(self, door: Door, connection_id: str, work: Callable[[Opened], T]) -> T:
        with door(connection_id) as opened:
            try:
                return work(opened)
            except AuthExpired as error:
                if not _signs_in_by_oauth(opened.connection):
                    self._blame(opened, error)
                    raise
        self._renewed(opened)
        with door(connection_id) as again:
            try:
                return work(again)
            except AuthExpired as error:
                self._blame(again, error)
                raise

    def _fresh(self, connection: Connection) -> dict[str, str]:
        """Credentials; a renewal that failed for good is seen on the connection at once."""
        try:
            return self._tokens.fresh(connection)
        except (AuthExpired, Rejected) as error:
            self.apply(connection.id, error, version=connection.version)
            raise

    def _renewed(self, opened: Opened) -> None:
        try:
            self._tokens.renew(opened.connection, opened.access.credentials["access_token"])
        except (AuthExpired, Rejected) as error:
            self.apply(opened.connection.id, error, version=opened.connection.version)
            raise

    def _blame(self, opened: Opened, error: AuthExpired) -> None:
        """Refused credentials are seen on the connection at once, as those of a failed renewal.

        Raises:
            Unavailable: They were replaced during the work; the new ones have met nothing yet.
        """
        met = opened.connection
        if self._load(met.id).version != met.version:
            raise Unavailable(detail="the credentials were replaced meanwhile") from None
        self.apply(met.id, error, version=met.version)

    @contextmanager
    def _opened(self, connection: Connection, share: Share) -> Iterator[Opened]:
        if connection.state == State.NEEDS_REAUTH:
            code, reason = connection.error_code, connection.error_reason
            raise AuthExpired(code=code, detail="a new login is due", reason=reason)
        if connection.state not in OPENABLE:
            raise Refusal("connections.not_connected", 409)
        with self._ready(connection, share) as opened:
            yield opened

    @contextmanager
    def _ready(self, connection: Connection, share: Share) -> Iterator[Opened]:
        credentials = self._fresh(connection)
        if _signs_in_by_oauth(connection):
            # Read again: refreshing has changed the version.
            connection = self._load(connection.id)
        with self._client(connection, credentials, share) as opened:
            yield opened

    @contextmanager
    def _client(
        self,
        connection: Connection,
        credentials: Mapping[str, str],
        share: Share = Share.INTERACTIVE,
    ) -> Iterator[Opened]:
        access = self._reach.access(connection, credentials, share)
        client: Client = registry.part(connection.provider, "client").connect(access)
        manifest = registry.manifest(connection.provider)
        try:
            yield Opened(client=client, connection=connection, access=access, manifest=manifest)
        finally:
            client.close()

    def _load(self, connection_id: str) -> Connection:
        with self._store.transaction() as session:
            row = connections.get(session, connection_id)
        if row is None:
            raise Refusal("connections.not_found", 404)
        return row

    def _change(self, connection_id: str, work: Callable[[Session, Connection], None]) -> None:
        with self._store.transaction() as session:
            row = connections.locked(session, connection_id)
            if row is not None and row.state in LIVING:
                work(session, row)
                session.add(row)

    def _lose(
        self, session: Session, row: Connection, error: AuthExpired, version: int | None
    ) -> None:
        if row.state not in (*OPENABLE, State.NEEDS_REAUTH):
            return
        if version is not None and version != row.version:
            return
        before = row.state
        row.state = move(row.state, Event.AUTH_LOST)
        row.next_due_at = row.refresh_due_at = row.probe_due_at = row.hook_due_at = None
        _note(row, error)
        if before != row.state:
            self._journal(session, row, "connection.auth_lost", error)

    def _falter(self, session: Session, row: Connection, error: Unavailable) -> None:
        if row.state not in OPENABLE:
            return
        row.failures += 1
        _note(row, error)
        if row.failures < FAILURES_TO_DEGRADE or row.state == State.DEGRADED:
            return
        row.state = move(row.state, Event.FALTERED)
        self._journal(session, row, "connection.degraded", error)

    def _stick(self, session: Session, row: Connection, error: ProviderError) -> None:
        """The desk's own app is refused: a good grant is kept, and works while its token lives."""
        if row.state not in OPENABLE:
            return
        known = row.error_code == error.code
        _note(row, error)
        if row.token_expires_at is not None and row.token_expires_at <= clock.now():
            row.state = move(row.state, Event.FALTERED)
        if not known:
            self._journal(session, row, "connection.refresh_failed", error)

    def _recover(self, session: Session, row: Connection) -> None:
        if row.state not in OPENABLE:
            return
        if row.state == State.DEGRADED:
            self._journal(session, row, "connection.recovered", None)
        row.state = move(row.state, Event.RECOVERED)
        clear(row)

    def _journal(
        self, session: Session, row: Connection, action: str, error: ProviderError | None
    ) -> None:
        self._audit.note(
            session,
            SYSTEM,
            row,
            action,
            outcome="failed" if error else "ok",
            detail={"code": error.code, "reason": error.reason} if error else None,
            request_id=error.request_id if error else "",
        )


def _signs_in_by_oauth(connection: Connection) -> bool:
    manifest = registry.manifest(connection.provider)
    return isinstance(manifest.method(connection.method), OAuth2)


def clear(row: Connection) -> None:
    """Forget the failures of the past."""
    row.failures, row.error_code, row.error_reason, row.error_at = 0, "", "", None


def _note(row: Connection, error: ProviderError) -> None:
    row.error_code, row.error_reason = error.code, error.reason[:300]
    row.error_at = clock.now()
