"""The staff room: its parts, made together."""

from dashboard.audit.log import Audit
from dashboard.jobs.limits import Limits
from dashboard.settings import Settings
from dashboard.staff.invites import Invites
from dashboard.staff.people import People
from dashboard.staff.repeats import Repeats
from dashboard.staff.sessions import Sessions
from dashboard.staff.tokens import Tokens
from dashboard.store.base import Store
from dashboard.vault.vault import Vault


class StaffRoom:
    """People, their browsers' sessions, one-time links, API tokens and their repeated writes."""

    def __init__(
        self, store: Store, audit: Audit, limits: Limits, vault: Vault, settings: Settings
    ) -> None:
        self.sessions = Sessions(store, settings)
        self.invites = Invites(store, audit, settings)
        self.tokens = Tokens(store, audit)
        self.people = People(store, audit, limits, self.sessions, self.invites)
        self.repeats = Repeats(store, vault)
