"""A process's places for jobs, shared so that one slow vendor cannot take them all."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Slots:
    """Who is at work in each lane.

    A group takes places freely until three quarters of the lane are taken. The last quarter is
    for groups that have next to nothing there, so any of them goes on while others hang.

    Args:
        widths: Lane -> how many jobs this process runs in it at a time.
    """

    def __init__(self, widths: Mapping[str, int]) -> None:
        self._widths = widths
        self._taken: dict[str, Counter[str]] = {lane: Counter() for lane in widths}
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, lane: str, group: str) -> Iterator[bool]:
        """A place for as long as the block lasts; False when the group has its share already."""
        has_place = self._take(lane, group)
        try:
            yield has_place
        finally:
            if has_place:
                with self._lock:
                    self._taken[lane][group] -= 1

    def _take(self, lane: str, group: str) -> bool:
        width, taken = self._widths[lane], self._taken[lane]
        with self._lock:
            is_free = taken.total() < width * 3 // 4
            if group and not is_free and taken[group] >= max(1, width // 16):
                return False
            taken[group] += 1
            return True
