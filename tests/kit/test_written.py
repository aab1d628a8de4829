"""An id is one segment of a path, whoever has typed it."""

import pytest

from dashboard.contracts.errors import Rejected
from dashboard.kit.http import segment


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("in_1", "in_1"),
        ("a/b?c#d", "a%2Fb%3Fc%23d"),
        ("../x", "..%2Fx"),
        ("ru#h@group", "ru%23h%40group"),
        ("%2e", "%252e"),
        ("ё", "%D1%91"),
        ("\0", "%00"),
        ("\ud800", "%3F"),
    ],
)
def test_whatever_is_in_an_id_stays_in_its_segment(text, written):
    assert segment(text) == written


@pytest.mark.parametrize("text", ["", ".", ".."])
def test_an_id_that_would_climb_is_nobodys(text):
    with pytest.raises(Rejected) as caught:
        segment(text)

    assert (caught.value.code, caught.value.status) == ("not_found", 404)
