"""The secret address a vendor calls, and the secret it signs with."""

import base64
import hashlib
import json
import secrets
from datetime import datetime, timedelta

from dashboard import clock
from dashboard.contracts.manifest import Manifest
from dashboard.oauth.refresh import owner
from dashboard.settings import Settings
from dashboard.store.base import Session
from dashboard.store.connections import Connection
from dashboard.vault.vault import Vault

TOKEN, SECRET, VENDOR_SECRET, OLD_SECRET = (
    "hook_token",
    "hook_secret",
    "subscription_secret",
    "old_hook_secret",
)
OVERLAP = timedelta(hours=24)


def make(session: Session, vault: Vault, row: Connection, manifest: Manifest) -> None:
    """Give a new connection its address and its secret."""
    token = secrets.token_urlsafe(32)
    row.hook_hash = hashed(token)
    vault.seal(session, owner(row.id), TOKEN, token)
    vault.seal(session, owner(row.id), SECRET, _new_secret(manifest))


def hashed(token: str) -> str:
    """What `Connection.hook_hash` keeps of the token in the URL."""
    return hashlib.sha256(token.encode()).hexdigest()


def url(session: Session, vault: Vault, settings: Settings, row: Connection) -> str:
    """The address the vendor calls; empty after a disconnect."""
    token = vault.open(session, owner(row.id), TOKEN)
    return f"{settings.public_url}/hooks/{token}" if token else ""


def secret(session: Session, vault: Vault, connection_id: str) -> str:
    """The secret the house made; empty after a disconnect."""
    return vault.open(session, owner(connection_id), SECRET) or ""


def rotate(session: Session, vault: Vault, connection_id: str, manifest: Manifest) -> str:
    """Replace the secret; the old one stays accepted for a day."""
    old = {"secret": secret(session, vault, connection_id), "until": _iso(clock.now() + OVERLAP)}
    new = _new_secret(manifest)
    vault.seal(session, owner(connection_id), OLD_SECRET, json.dumps(old))
    vault.seal(session, owner(connection_id), SECRET, new)
    return new


def accepted(session: Session, vault: Vault, connection_id: str) -> tuple[str, ...]:
    """Every secret an inbound call may be signed with now, the newest first."""
    mine = owner(connection_id)
    vendors = vault.open(session, mine, VENDOR_SECRET) or ""
    found = [vendors, secret(session, vault, connection_id), _old(session, vault, mine)]
    return tuple(one for one in found if one)


def _old(session: Session, vault: Vault, mine: str) -> str:
    text = vault.open(session, mine, OLD_SECRET)
    kept = json.loads(text) if text else {}
    alive = kept and datetime.fromisoformat(kept["until"]) > clock.now()
    return str(kept["secret"]) if alive else ""


def _new_secret(manifest: Manifest) -> str:
    """A `whsec_` secret where a person hands it over, otherwise text that any header may hold."""
    if manifest.hooks and manifest.hooks.shows_secret:
        return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    return secrets.token_urlsafe(32)


def _iso(moment: datetime) -> str:
    return moment.isoformat()
