"""How records stand in the table."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dashboard.store.base import Moment, Store
from dashboard.store.records import sqlite_moment


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 24, 10, tzinfo=UTC),
        datetime(2026, 11, 24, 10, 0, 0, 7, tzinfo=UTC),
        datetime(1, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=3))),
        datetime(2026, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-8))),
    ],
)
def test_moments_are_spelled_as_every_other_statement_spells_them(moment, tmp_path):
    dialect = Store(f"sqlite:///{tmp_path / 'x.db'}").engine.dialect
    spell = Moment().dialect_impl(dialect).bind_processor(dialect)

    assert sqlite_moment(moment) == spell(moment)
