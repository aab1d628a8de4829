"""The same request to connect, sent twice, makes one connection and gets one answer.

The mark is sealed beside the credentials: it is a digest of them too, and it must end with them.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from dashboard.connections.tools import Tools
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Actor
from dashboard.oauth.refresh import owner
from dashboard.store import connections
from dashboard.store.connections import Connection

_NAME = "connect_request"


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
