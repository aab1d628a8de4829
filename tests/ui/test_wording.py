import re

import pytest

from dashboard.ui import wording


@pytest.mark.parametrize(
    "text", ["**bold**", "[x](javascript:alert(1))", "<b>x</b>", ":red[x]", "$x$", "`x`"]
)
def test_foreign_text_is_no_markdown(text):
    shown = wording.plain(text)

    assert not set("*[<:$`_#") & set(re.sub(r"\\.", "", shown))
    assert shown.replace("\\", "").replace(wording.WORD_JOINER, "") == text


@pytest.mark.parametrize("text", ["a@b.ru", "https://evil.test", "www.evil.test"])
def test_foreign_addresses_do_not_become_links(text):
    assert wording.WORD_JOINER in wording.plain(text)


def test_spoken_words_are_found_before_they_are_needed():
    asked = []
    word = wording.spoken(["a", "b"], lambda one: asked.append(one) or one.upper())

    assert (word("a"), word("new"), asked) == ("A", "new", ["a", "b"])
