from datetime import timedelta

import pytest

from dashboard.jobs.backoff import pause


@pytest.mark.parametrize("attempt", [0, 1, 2, 5, 10, 100, 100_000])
def test_no_pause_is_longer_than_a_quarter_of_an_hour(attempt):
    assert all(timedelta(0) < pause(attempt) <= timedelta(minutes=15) for _ in range(200))


def test_pauses_grow():
    early = sum((pause(1) for _ in range(300)), timedelta(0))
    late = sum((pause(6) for _ in range(300)), timedelta(0))

    assert late > 8 * early


def test_pauses_are_spread_so_that_jobs_do_not_come_back_together():
    assert len({pause(8) for _ in range(50)}) == 50
