"""All questions a page may ask, in one place."""

from dashboard.queries.journal import Journal
from dashboard.queries.overview import Overview
from dashboard.queries.people import People
from dashboard.queries.receivers import Receivers
from dashboard.queries.records import Records
from dashboard.queries.syncing import Syncing
from dashboard.queries.traffic import Traffic
from dashboard.store.base import Store


class Queries:
    """The questions, by subject."""

    def __init__(self, store: Store) -> None:
        self.overview = Overview(store)
        self.syncing = Syncing(store)
        self.records = Records(store)
        self.traffic = Traffic(store)
        self.receivers = Receivers(store)
        self.journal = Journal(store)
        self.people = People(store)
