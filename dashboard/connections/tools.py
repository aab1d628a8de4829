"""What the walks of this room work with; made once, in assembly."""

from dataclasses import dataclass

from dashboard.audit.log import Audit
from dashboard.connections.open import Opener
from dashboard.connections.reach import Reach
from dashboard.jobs import Jobs
from dashboard.oauth.apps import Apps
from dashboard.oauth.refresh import Tokens
from dashboard.sandbox.play import Sandboxes
from dashboard.settings import Settings
from dashboard.store.base import Store
from dashboard.vault.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Tools:
    """One of each."""

    settings: Settings
    store: Store
    vault: Vault
    audit: Audit
    jobs: Jobs
    sandboxes: Sandboxes
    apps: Apps
    tokens: Tokens
    reach: Reach
    opener: Opener
