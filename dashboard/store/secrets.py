"""Sealed rows: put, found and forgotten by owner and name."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from dashboard import clock
from dashboard.store.connections import Secret

_TABLE: sa.Table = Secret.__table__  # type: ignore[attr-defined]
_WRITTEN = ("key_id", "nonce", "ciphertext", "updated_at")
# Built once: every call to a vendor opens its credentials.
_SEALED = sa.select(_TABLE.c.key_id, _TABLE.c.nonce, _TABLE.c.ciphertext).where(
    _TABLE.c.owner == sa.bindparam("whose"), _TABLE.c.name == sa.bindparam("what")
)


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


def sealed(session: Session, owner: str, name: str) -> tuple[str, bytes, bytes] | None:
    """Key id, nonce and ciphertext of that place."""
    found = session.connection().execute(_SEALED, {"whose": owner, "what": name}).first()
    return None if found is None else (found.key_id, found.nonce, found.ciphertext)


def names(session: Session, owner: str) -> list[str]:
    """What an owner has sealed."""
    return list(session.exec(select(Secret.name).where(Secret.owner == owner)))


def forget(session: Session, owner: str, name: str = "") -> int:
    """Delete one sealed value, or all of an owner; how many there were."""
    statement = sa.delete(Secret).where(sa.column("owner") == owner)
    if name:
        statement = statement.where(sa.column("name") == name)
    return int(session.connection().execute(statement).rowcount)


def sealing_key(session: Session, owner: str, name: str) -> str:
    """Key id of the value there, empty when there is none; it stays until the transaction ends."""
    here = (col(Secret.owner) == owner, col(Secret.name) == name)
    if session.get_bind().dialect.name == "postgresql":
        found = sa.select(_TABLE.c.key_id).where(*here).with_for_update(read=True)
    else:
        # A write that changes nothing takes the lock; reading alone would not begin it.
        held = sa.update(_TABLE).where(*here).values(key_id=_TABLE.c.key_id)
        found = sa.select(_TABLE.c.key_id).where(*here)
        session.connection().execute(held)
    return session.connection().execute(found).scalar() or ""


def hold(session: Session, owner: str, name: str) -> None:
    """Wait until nobody relies on the value there any more, and let nobody begin to."""
    here = (col(Secret.owner) == owner, col(Secret.name) == name)
    session.connection().execute(sa.update(_TABLE).where(*here).values(key_id=_TABLE.c.key_id))


def sealed_with_other_keys(
    session: Session, key_id: str, after: tuple[str, str], limit: int
) -> list[Secret]:
    """Values that were not sealed with that key, in order of their places, behind `after`."""
    place = sa.tuple_(_TABLE.c.owner, _TABLE.c.name)
    found = select(Secret).where(_TABLE.c.key_id != key_id, place > sa.tuple_(*after))
    return list(session.exec(found.order_by(_TABLE.c.owner, _TABLE.c.name).limit(limit)))


def key_counts(session: Session) -> dict[str, int]:
    """How many values each key has sealed, by key id."""
    counted = sa.select(_TABLE.c.key_id, sa.func.count()).group_by(_TABLE.c.key_id)
    return {row[0]: row[1] for row in session.connection().execute(counted)}


def replace_sealed(session: Session, before: Secret, after: Secret) -> bool:
    """Put one sealed form in place of another; False when somebody changed it meanwhile."""
    same = (
        _TABLE.c.owner == before.owner,
        _TABLE.c.name == before.name,
        _TABLE.c.nonce == before.nonce,
    )
    values = {name: getattr(after, name) for name in ("key_id", "nonce", "ciphertext")}
    changed = sa.update(_TABLE).where(*same).values(values)
    return session.connection().execute(changed).rowcount == 1


def _insert(session: Session, row: Secret) -> sqlite.Insert | postgresql.Insert:
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert: sqlite.Insert | postgresql.Insert = kind.insert(_TABLE)
    return insert.values(row.model_dump() | {"updated_at": clock.now()})
