import re

import pytest

from dashboard import texts
from dashboard.contracts.people import Role
from tests.pages.conftest import PAGES, shown

AREAS = "|".join(path.stem for path in (texts.WORDS / "en").glob("*.json"))
RAW_KEY = re.compile(rf"(?<![\w./`])(?:{AREAS})\.[a-z_]+(?:\.[a-z_]+)*(?![\w/])")
ADMINS = {"settings"}


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_words_and_no_raw_key(open_page, linked, page, language):
    linked("kommo")

    text = shown(open_page(page, language=language))

    assert len(text) > 50
    assert RAW_KEY.findall(text) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_agents_says_so(open_page, page):
    assert len(shown(open_page(page))) > 50


@pytest.mark.parametrize("page", sorted(set(PAGES) - ADMINS))
def test_a_viewer_may_look_at_everything(open_page, linked, page):
    linked("kommo")

    assert len(shown(open_page(page, role=Role.VIEWER))) > 50


def test_a_viewer_gets_no_button_that_changes_something(open_page, linked):
    linked("kommo")

    labels = {button.label for button in open_page(role=Role.VIEWER).button}

    assert "Подробнее" in labels
    assert not labels & {"Подключить", "Отключить", "Настроить"}


def test_who_is_signed_out_sees_only_the_way_back(open_page, desk, signed_in):
    app = open_page()
    desk.staff.sessions.close(signed_in(Role.ADMIN))

    app.run()

    assert "Вы больше не в системе" in shown(app)
    assert not app.button
