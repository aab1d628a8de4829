"""The same request to connect, sent twice, makes one connection and gets one answer.

The mark is sealed beside the credentials: it is a digest of them too, and it must end with them.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from dashboard import registry
from dashboard.connections.tools import Tools
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor
from dashboard.oauth.refresh import owner
from dashboard.store import connections, leases
from dashboard.store.connections import Connection

_NAME = "connect_request"
# Longer than the calls of one connect; a process that died meanwhile blocks nobody for longer.
LEASE = timedelta(minutes=3)
PATIENCE_SECONDS, LOOK_EVERY_SECONDS = 30.0, 0.1


@contextmanager
def alone(tools: Tools, agent_id: str, provider: str) -> Iterator[None]:
    """Let no second request connect the same agent to the same provider meanwhile.

    Raises:
        Refusal: `connections.busy` (409) when another one takes too long.
    """
    key, holder = f"connect:{agent_id}:{provider}", secrets.token_hex(8)
    ends = time.monotonic() + PATIENCE_SECONDS
    while not _taken(tools, key, holder):
        if time.monotonic() > ends:
            name = registry.manifest(provider).name
            raise Refusal("connections.busy", 409, values={"provider": name})
        time.sleep(LOOK_EVERY_SECONDS)
    try:
        yield
    finally:
        with tools.store.transaction() as session:
            leases.release(session, key, holder)


def _taken(tools: Tools, key: str, holder: str) -> bool:
    with tools.store.transaction() as session:
        return leases.acquire(session, key, holder, LEASE) is not None


def mark(actor: Actor, key: str, request: Mapping[str, Any]) -> tuple[str, str]:
    """Digests of the key, which is the caller's own, and of what was asked under it."""
    return _digest([actor.kind, actor.id, key]), _digest(request)


def remember(tools: Tools, connection_id: str, asked: tuple[str, str]) -> None:
    """Keep what this connection was made by."""
    with tools.store.transaction() as session:
        tools.vault.seal(session, owner(connection_id), _NAME, json.dumps(asked))


def made_by(
    tools: Tools, agent_id: str, provider: str, asked: tuple[str, str]
) -> Connection | None:
    """The living connection this very request has made before; None when it is a first one.

    Raises:
        Refusal: `actions.key_reused` (409) when the key came with another request.
    """
    with tools.store.transaction() as session:
        row = connections.living(session, agent_id, provider)
        kept = tools.vault.open(session, owner(row.id), _NAME) if row else None
    if row is None or kept is None:
        return None
    key, request = json.loads(kept)
    if key != asked[0]:
        return None
    if request != asked[1]:
        raise Refusal("actions.key_reused", 409, field="Idempotency-Key")
    return row


def _digest(meaning: object) -> str:
    text = json.dumps(meaning, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
