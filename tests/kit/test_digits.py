"""Text from outside is a number only when it says one that everybody can keep."""

import pytest

from dashboard.kit.digits import number
from dashboard.mapping import arguments

ODD = ["", "²", "٣", "-1", "1.5", " 1", "9" * 19, "9" * 5000]


@pytest.mark.parametrize("text", ODD)
def test_other_text_is_no_number(text):
    assert number(text) is None


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_a_number(text, value):
    assert number(text) == value


def test_more_digits_than_are_expected_are_refused():
    assert number("12345", most=4) is None


def test_odd_decimals_of_a_mapping_are_refused_by_name():
    with pytest.raises(ValueError, match="²"):
        arguments.parse("number", "²")
