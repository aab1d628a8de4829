"""The start page's cards, and what narrows them."""

import pytest

from dashboard import registry, texts
from dashboard.store.connections import Connection
from tests.pages.conftest import shown

pytestmark = pytest.mark.usefixtures("agent")


def names(app):
    """Names on the cards, in order."""
    return [
        one.value.splitlines()[0].removeprefix("### ")
        for one in app.markdown
        if one.value.startswith("### ")
    ]


def test_every_provider_has_a_card_with_its_state_and_purpose(open_page):
    app = open_page()

    assert {"Kommo", "Stripe", "Telegram"} <= set(names(app))
    assert shown(app).count("Не подключено") >= len(names(app))
    assert registry.words("kommo", "ru").say("description") in shown(app)


def test_a_search_finds_by_name(open_page):
    app = open_page()

    app.text_input(key="q").set_value("strip").run()

    assert names(app) == ["Stripe"]


def test_a_category_narrows_and_the_filter_says_that_it_is_on(open_page):
    app = open_page()

    app.pills(key="category").set_value("payments").run()

    assert names(app) == ["Stripe"]
    assert "Фильтр · 1" in labels(app)


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_link_to_filtered_cards_works_in_either_language(open_page, linked, language):
    linked("kommo")

    app = open_page(status="connected", category="crm", language=language)

    assert names(app) == ["Kommo"]
    assert texts.say(language, "integrations.filtered", count=2) in labels(app)


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_what_needs_a_login_is_counted_apart_from_what_works(open_page, linked, desk, language):
    linked("telegram")
    lost = linked("kommo")
    with desk.store.transaction() as session:
        session.get_one(Connection, lost).state = "needs_reauth"

    text = shown(open_page(language=language))

    total = len(registry.ids())
    assert texts.say(language, "integrations.summary", connected=1, total=total) in text
    assert texts.say(language, "integrations.urgent", count=1) in text


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize(
    ("drawn", "key", "code"), [("radio", "status", "connected"), ("pills", "category", "crm")]
)
def test_a_choice_puts_its_code_into_the_address(open_page, language, drawn, key, code):
    app = open_page(language=language)

    getattr(app, drawn)(key=key).set_value(code).run()
    assert app.query_params[key] == code
    getattr(app, drawn)(key=key).set_value("").run()

    assert key not in app.query_params


def test_an_address_that_asks_for_nothing_known_shows_all(open_page):
    app = open_page(status="Подключённые")

    assert len(names(app)) == len(registry.ids())


def test_the_filter_is_off_at_first(open_page):
    assert "Фильтр" in labels(open_page())


def labels(app):
    """What the popovers of the page are called."""
    return [one.proto.popover.label for one in app.get("popover")]
