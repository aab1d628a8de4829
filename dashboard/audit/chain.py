"""How an entry is hashed: canonical JSON of what it says, after the hash before it."""

import hashlib
import json

from dashboard.store.audit import AuditEntry

FIRST = "0" * 64


def digest(entry: AuditEntry) -> str:
    """SHA-256 over everything the entry says and the hash of the one before."""
    said = {
        "at": entry.at.isoformat(),
        "actor": [entry.actor_kind, entry.actor_id, entry.actor_name],
        "action": entry.action,
        "agent_id": entry.agent_id,
        "connection_id": entry.connection_id,
        "provider": entry.provider,
        "outcome": entry.outcome,
        "detail": entry.detail,
        "vendor_request_id": entry.vendor_request_id,
        "previous": entry.previous_hash,
    }
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
