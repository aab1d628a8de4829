"""Which language is spoken."""

import pytest

from dashboard.staff.language import DEFAULT, preferred


@pytest.mark.parametrize(
    ("accept", "chosen", "spoken"),
    [
        ("ru-RU,ru;q=0.9,en;q=0.8", "", "ru"),
        ("en-GB", "", "en"),
        ("de,en;q=0.5,ru;q=0.7", "", "ru"),
        ("fr", "", DEFAULT),
        ("", "", DEFAULT),
        ("ru", "en", "en"),
        ("en", "xx", "en"),
        (";;q=x,,en;q=abc", "", "en"),
    ],
)
def test_the_choice_comes_first_then_the_browser(accept, chosen, spoken):
    assert preferred(accept, chosen) == spoken
