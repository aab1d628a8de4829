"""The staff room: its parts, made together."""

from dashboard.audit.log import Audit
from dashboard.jobs.limits import Limits
from dashboard.settings import Settings
from dashboard.staff.invites import Invites
from dashboard.staff.people import People
from dashboard.staff.sessions import Sessions
from dashboard.staff.tokens import Tokens
from dashboard.store.base import Store


class StaffRoom:
    """People, their browsers' sessions, one-time links and API tokens."""

    def __init__(self, store: Store, audit: Audit, limits: Limits, settings: Settings) -> None:
        self.sessions = Sessions(store, settings)
        self.invites = Invites(store, audit, settings)
        self.tokens = Tokens(store, audit)
        self.people = People(store, audit, limits, self.sessions, self.invites)
