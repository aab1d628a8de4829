"""Sealed rows: put, found and forgotten by owner and name."""

import sqlalchemy as sa
from sqlmodel import Session, select

from dashboard import clock
from dashboard.store.connections import Secret


def put(session: Session, row: Secret) -> None:
    """Keep a sealed value in place of the one there."""
    row.updated_at = clock.now()
    session.merge(row)
    session.flush()


def find(session: Session, owner: str, name: str) -> Secret | None:
    """The sealed value of that place."""
    return session.get(Secret, (owner, name))


def names(session: Session, owner: str) -> list[str]:
    """What an owner has sealed."""
    return list(session.exec(select(Secret.name).where(Secret.owner == owner)))


def forget(session: Session, owner: str, name: str = "") -> int:
    """Delete one sealed value, or all of an owner; how many there were."""
    statement = sa.delete(Secret).where(sa.column("owner") == owner)
    if name:
        statement = statement.where(sa.column("name") == name)
    return int(session.connection().execute(statement).rowcount)


def sealed_with_other_keys(session: Session, key_id: str, limit: int) -> list[Secret]:
    """Values that were not sealed with that key, a batch at a time."""
    return list(session.exec(select(Secret).where(Secret.key_id != key_id).limit(limit)))
