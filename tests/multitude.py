"""Very many connections, made by the database itself."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dashboard.store.agents import Agent
from dashboard.store.base import Store
from dashboard.store.connections import Connection
from dashboard.store.due import Work

_TABLE: sa.Table = Connection.__table__  # type: ignore[attr-defined]


def connections(store: Store, count: int, due: datetime) -> None:
    """That many working connections of one agent, each to a provider of its own, due then."""
    moments = dict.fromkeys(Work, due)
    with store.transaction() as session:
        session.add(Agent(id="agt_many", name="Многие"))
        session.flush()
        session.add(
            Connection(
                id="con_many", agent_id="agt_many", provider="first", state="active", **moments
            )
        )
    numbers = sa.select(sa.literal(1).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(sa.select(numbers.c.n + 1).where(numbers.c.n < count - 1))
    number = sa.cast(numbers.c.n, sa.String)
    instead: dict[str, Any] = {"id": "con_many" + number, "provider": "provider" + number}
    values = [instead.get(column.name, column).label(column.name) for column in _TABLE.columns]
    copies = sa.select(*values).select_from(numbers).join(_TABLE, _TABLE.c.id == "con_many")
    with store.engine.begin() as connection:
        connection.execute(sa.insert(_TABLE).from_select(list(_TABLE.columns.keys()), copies))
        connection.exec_driver_sql("ANALYZE")
