"""Reads of receivers and of the deliveries that were given up."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from dashboard.store.base import Session
from dashboard.store.events import Delivery


def waiting(session: Session, connection_id: str) -> tuple[int, datetime | None]:
    """How many deliveries wait for a receiver, and when the next of them is due."""
    asked = sa.select(sa.func.count(), sa.func.min(Delivery.next_attempt_at)).where(
        col(Delivery.connection_id) == connection_id, col(Delivery.next_attempt_at).is_not(None)
    )
    count, due = session.connection().execute(asked).one()
    return count, due


def reasons(
    session: Session, connection_ids: Sequence[str], since: datetime | None
) -> list[tuple[str, str, int, datetime]]:
    """Dead deliveries by connection and error code: how many, and when the newest was made."""
    of_each = (col(Delivery.connection_id), col(Delivery.error_code))
    asked = sa.select(*of_each, sa.func.count(), sa.func.max(Delivery.created_at)).where(
        col(Delivery.connection_id).in_(connection_ids), col(Delivery.state) == "dead"
    )
    if since is not None:
        asked = asked.where(col(Delivery.created_at) >= since)
    counted = asked.group_by(*of_each).order_by(sa.func.count().desc(), *of_each)
    return [(row[0], row[1], row[2], row[3]) for row in session.connection().execute(counted)]
