"""A page of a long list, and how much of it can be opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dashboard.store.counting import Count

__all__ = ["Count", "Listed", "listed"]

Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class Listed(Generic[Row]):
    """Rows of one page.

    Args:
        total: How many rows all pages have together.
        pages: How many pages there are; behind those that were counted, as far as is known: this
            one, and the next where there is one.
    """

    rows: Sequence[Row]
    total: Count
    pages: int


def listed(rows: Sequence[Row], total: Count, *, page: int, size: int) -> Listed[Row]:
    """The page of at most `size` rows; one row more than that says that there is a next page."""
    pages = -(-total.number // size)
    if total.more:
        pages = max(pages, page + (len(rows) > size))
    return Listed(rows=rows[:size], total=total, pages=pages)
