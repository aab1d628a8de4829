"""Counting that ends at a bound: a million rows on each visit would outlast all the rest."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from dashboard.store.base import Session

COUNTED = 10_000


@dataclass(frozen=True)
class Count:
    """How many rows there are; `more` than that, where counting ended at the bound."""

    number: int
    more: bool = False


def counted(session: Session, rows: sa.Select[Any], most: int = COUNTED) -> Count:
    """How many rows there are, of which `most` are counted."""
    # SQLite counts rows without values in half the time.
    bare = rows.with_only_columns(sa.literal_column("1", sa.Integer), maintain_column_froms=True)
    some = sa.select(sa.func.count()).select_from(bare.limit(most + 1).subquery())
    found = session.connection().execute(some).scalar_one()
    return Count(min(found, most), more=found > most)
