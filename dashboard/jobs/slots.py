"""A process's places for jobs, shared so that one slow vendor cannot take them all."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

# Most jobs are over sooner, so most that find no place get one without going back to the queue.
PATIENCE_SECONDS = 1.0


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
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, lane: str, group: str, patience: float = PATIENCE_SECONDS) -> Iterator[bool]:
        """A place for as long as the block lasts; False when the group has its share already."""
        taken = self._taken[lane]
        with self._changed:
            has_place = self._changed.wait_for(lambda: self._is_free(lane, group), patience)
            taken[group] += has_place
        try:
            yield has_place
        finally:
            with self._changed:
                taken[group] -= has_place
                self._changed.notify_all()

    def _is_free(self, lane: str, group: str) -> bool:
        width, taken = self._widths[lane], self._taken[lane]
        free = taken.total() < width * 3 // 4
        return free or not group or taken[group] < max(1, width // 16)
