"""Sealed rows: put, found and forgotten by owner and name."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from dashboard import clock
from dashboard.store.connections import Secret

_TABLE: sa.Table = Secret.__table__  # type: ignore[attr-defined]
_WRITTEN = ("key_id", "nonce", "ciphertext", "updated_at")


def put(session: Session, row: Secret) -> None:
    """Keep a sealed value in place of the one there."""
    insert = _insert(session, row)
    values = {name: insert.excluded[name] for name in _WRITTEN}
    session.connection().execute(
        insert.on_conflict_do_update(index_elements=["owner", "name"], set_=values)
    )
    # A row read earlier in this transaction would hide the new one.
    loaded = session.identity_map.get(session.identity_key(Secret, (row.owner, row.name)))
    if loaded is not None:
        session.expire(loaded)


def put_if_absent(session: Session, row: Secret) -> None:
    """Keep a sealed value, unless its place is taken."""
    session.connection().execute(_insert(session, row).on_conflict_do_nothing())


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


def _insert(session: Session, row: Secret) -> sqlite.Insert | postgresql.Insert:
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert: sqlite.Insert | postgresql.Insert = kind.insert(_TABLE)
    return insert.values(row.model_dump() | {"updated_at": clock.now()})
