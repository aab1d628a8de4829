"""SQLite's writers of one process, one after another.

SQLite takes one writer at a time. Those who come meanwhile sleep and ask again, in no order: of
many threads some sleep although the file is free, and one may wait until it fails. Here a thread
waits for its turn first and is woken when it comes. Other processes are waited for by SQLite.
"""

import sqlite3
import threading
from collections import defaultdict
from typing import Any

# As long as SQLite itself is patient (`busy_timeout`); after that it decides.
PATIENCE_SECONDS = 30.0
# What makes the driver begin a transaction.
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")

_turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


class Cursor(sqlite3.Cursor):
    """Waits for the connection's turn ahead of a transaction's first change."""

    connection: "Connection"

    def execute(self, sql: str, values: Any = (), /) -> "Cursor":
        """As sqlite3's own."""
        self.connection.wait_to_write(sql)
        super().execute(sql, values)
        return self

    def executemany(self, sql: str, values: Any, /) -> "Cursor":
        """As sqlite3's own."""
        self.connection.wait_to_write(sql)
        super().executemany(sql, values)
        return self


class Connection(sqlite3.Connection):
    """Has its turn from the first change until the transaction's end."""

    def __init__(self, database: str, *args: Any, **more: Any) -> None:
        super().__init__(database, *args, **more)
        self._turn = _turns[database]
        self._has_turn = False

    def cursor(self, factory: Any = Cursor) -> Any:
        """A cursor that waits for its turn."""
        return super().cursor(factory)

    def wait_to_write(self, sql: str) -> None:
        """Return when nobody else in this process changes this database."""
        if not self._has_turn and sql.lstrip()[:7].upper().startswith(_WRITES):
            self._has_turn = self._turn.acquire(timeout=PATIENCE_SECONDS)

    def commit(self) -> None:
        """As sqlite3's own; the next one's turn begins."""
        try:
            super().commit()
        finally:
            self._end_turn()

    def rollback(self) -> None:
        """As sqlite3's own; the next one's turn begins."""
        try:
            super().rollback()
        finally:
            self._end_turn()

    def close(self) -> None:
        """As sqlite3's own."""
        try:
            super().close()
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._turn.release()
