"""The desk as commands use it: put together, perhaps prepared, and closed again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dashboard.settings import Settings

if TYPE_CHECKING:
    from dashboard.assembly import Dashboard


@contextmanager
def assembled() -> Iterator["Dashboard"]:
    """The desk of the environment, whatever the state of its database."""
    from dashboard.assembly import build

    desk = build(Settings())
    try:
        yield desk
    finally:
        desk.inbound.close()
        desk.store.close()


@contextmanager
def prepared() -> Iterator["Dashboard"]:
    """The desk with its tables made and its key compared."""
    from dashboard.assembly import prepare

    with assembled() as desk:
        prepare(desk)
        yield desk
