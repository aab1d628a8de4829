import pytest

from dashboard.contracts.forms import WEEK
from dashboard.ui import schedule


def test_a_week_survives_the_table():
    assert schedule.to_week(schedule.to_rows(WEEK)) == WEEK


def test_several_spans_a_day_are_sorted_and_padded():
    week = schedule.to_week([{"day": "mon", "hours": "14:00-18:00; 9:00 – 13:00"}])

    assert week == {"mon": [["09:00", "13:00"], ["14:00", "18:00"]]}


@pytest.mark.parametrize("text", ["с девяти", "18:00-09:00", "25:00-26:00", "09:00"])
def test_hours_that_are_no_spans_name_the_day(text):
    with pytest.raises(ValueError, match="tue"):
        schedule.to_week([{"day": "tue", "hours": text}])


def test_an_empty_cell_is_a_day_off():
    assert schedule.to_week([{"day": "sun", "hours": None}]) == {"sun": []}
