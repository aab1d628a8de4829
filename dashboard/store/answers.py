"""Answers of the API kept under the key they were asked with, so that a repeat gets them again."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from dashboard import clock
from dashboard.store.base import Column, Table, new_id, now_column

UNDER_WAY = 0


class ApiAnswer(Table, table=True):
    """One request; its answer's body lies sealed in the vault.

    Args:
        place: Digest of the caller and of the key; each is used once.
        request: Digest of what was asked.
        status: Of the answer; 0 while the request is under way.
    """

    __tablename__ = "api_answer"
    id: str = Column(default_factory=lambda: new_id("ans"), primary_key=True)
    place: str = Column(unique=True)
    request: str
    status: int = UNDER_WAY
    media_type: str = ""
    begun_at: datetime = now_column()


_TABLE: sa.Table = ApiAnswer.__table__  # type: ignore[attr-defined]


def claim(session: Session, place: str, request: str) -> str:
    """Take the key for this request: the new row's id, empty when the key is taken."""
    row = ApiAnswer(place=place, request=request)
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = kind.insert(_TABLE).values(row.model_dump())
    taken = insert.on_conflict_do_nothing(index_elements=["place"]).returning(_TABLE.c.id)
    return session.connection().execute(taken).scalar() or ""


def find(session: Session, place: str) -> ApiAnswer | None:
    """The request that took this key."""
    return session.exec(select(ApiAnswer).where(col(ApiAnswer.place) == place)).first()


def take_over(session: Session, row: ApiAnswer) -> bool:
    """Go on with a request whose process is gone; False when somebody else has."""
    same = (_TABLE.c.id == row.id, _TABLE.c.begun_at == row.begun_at)
    ours = sa.update(_TABLE).where(*same, _TABLE.c.status == UNDER_WAY)
    return session.connection().execute(ours.values(begun_at=clock.now())).rowcount == 1


def finish(session: Session, answer_id: str, status: int, media_type: str) -> None:
    """Keep how it was answered."""
    here = sa.update(_TABLE).where(_TABLE.c.id == answer_id)
    session.connection().execute(here.values(status=status, media_type=media_type))


def forget(session: Session, answer_id: str) -> None:
    """Free the key: nothing was done under it."""
    session.connection().execute(sa.delete(_TABLE).where(_TABLE.c.id == answer_id))


def delete_old(session: Session, before: datetime, limit: int) -> list[str]:
    """Delete requests that came before a moment; their ids."""
    # Ids begin with their time, so that the primary key leads to the oldest.
    oldest = f"ans_{int(before.timestamp() * 1000):012x}"
    old = sa.select(_TABLE.c.id).where(_TABLE.c.id < oldest).order_by(_TABLE.c.id).limit(limit)
    deleted = sa.delete(_TABLE).where(_TABLE.c.id.in_(old)).returning(_TABLE.c.id)
    return list(session.connection().execute(deleted).scalars())
