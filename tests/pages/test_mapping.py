"""What the mapping page says a mapping will do."""

import pytest

from dashboard import texts
from tests.pages.conftest import shown


def preview(open_page, connection_id, language="ru"):
    """The mapping page with its preview of deals opened."""
    app = open_page("mapping", language=language)
    app.session_state[f"mapping.{connection_id}.deals.preview"] = True
    return app.run()


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_before_the_first_sync_a_preview_says_that_nothing_is_known_yet(
    open_page, linked, language
):
    text = shown(preview(open_page, linked("kommo"), language))

    assert texts.say(language, "mappingpage.preview_no_values") in text
    assert texts.say(language, "mappingpage.preview_unread") in text


def test_after_the_first_sync_a_preview_shows_a_record(open_page, connected):
    text = shown(preview(open_page, connected("kommo")))

    assert texts.say("ru", "mappingpage.preview_unread") not in text
    assert "| Бюджет | " in text
