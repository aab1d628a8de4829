"""How an entry is hashed: canonical JSON of what it says, after the hash before it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

FIRST = "0" * 64
_SAID = (
    "action",
    "agent_id",
    "connection_id",
    "provider",
    "outcome",
    "detail",
    "vendor_request_id",
)


def digest(entry: Mapping[str, Any]) -> str:
    """SHA-256 over everything the entry says and the hash of the one before.

    Args:
        entry: Columns of `AuditEntry` by name.
    """
    said = {
        "at": entry["at"].isoformat(),
        "actor": [entry["actor_kind"], entry["actor_id"], entry["actor_name"]],
        "previous": entry["previous_hash"],
        **{name: entry[name] for name in _SAID},
    }
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
