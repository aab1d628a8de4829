"""Working hours follow the clock on the wall."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.actions.hours import is_open
from dashboard.contracts.forms import WEEK

MOSCOW, BERLIN = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin")


def at(text, zone=MOSCOW):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "opened"),
    [
        ("2026-11-24T08:59", False),
        ("2026-11-24T09:00", True),
        ("2026-11-24T17:59", True),
        ("2026-11-24T18:00", False),
        ("2026-11-28T12:00", False),
    ],
)
def test_a_plain_week(moment, opened):
    assert is_open(WEEK, MOSCOW, at(moment)) is opened


def test_the_zone_of_the_settings_counts_not_that_of_the_moment():
    assert is_open(WEEK, MOSCOW, datetime.fromisoformat("2026-11-24T06:30+00:00"))
    assert not is_open(WEEK, MOSCOW, datetime.fromisoformat("2026-11-24T16:30+00:00"))


@pytest.mark.parametrize(
    ("moment", "opened"),
    [("2026-11-24T12:30", True), ("2026-11-24T13:30", False), ("2026-11-24T14:30", True)],
)
def test_several_spans_a_day(moment, opened):
    week = {"tue": [["09:00", "13:00"], ["14:00", "18:00"]]}

    assert is_open(week, MOSCOW, at(moment)) is opened


@pytest.mark.parametrize(
    ("moment", "opened"),
    [
        ("2026-11-24T21:59", False),
        ("2026-11-24T22:00", True),
        ("2026-11-25T01:59", True),
        ("2026-11-25T02:00", False),
        ("2026-11-24T01:00", False),
    ],
)
def test_a_span_over_midnight_belongs_to_the_day_it_begins(moment, opened):
    assert is_open({"tue": [["22:00", "02:00"]]}, MOSCOW, at(moment)) is opened


@pytest.mark.parametrize("span", [["00:00", "24:00"], ["00:00", "00:00"]])
@pytest.mark.parametrize("moment", ["2026-11-24T00:00", "2026-11-24T23:59"])
def test_a_whole_day(span, moment):
    assert is_open({"tue": [span]}, MOSCOW, at(moment))


def test_a_day_left_out_is_closed():
    assert not is_open({}, MOSCOW, at("2026-11-24T12:00"))


@pytest.mark.parametrize(
    ("moment", "opened"),
    [
        # Berlin, 29 March 2026: 02:00 becomes 03:00, that is 01:00 UTC.
        ("2026-03-29T00:59+00:00", False),
        ("2026-03-29T01:00+00:00", True),
        # Berlin, 25 October 2026: 03:00 becomes 02:00, that is 01:00 UTC.
        ("2026-10-25T01:30+00:00", False),
        ("2026-10-25T02:00+00:00", True),
    ],
)
def test_the_change_of_the_clock(moment, opened):
    assert is_open({"sun": [["03:00", "12:00"]]}, BERLIN, datetime.fromisoformat(moment)) is opened
