"""Where there are more events, deliveries or tokens than are counted or shown, pages say so."""

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.contracts.people import SYSTEM
from dashboard.store.counting import COUNTED
from dashboard.store.events import Delivery, Event
from dashboard.store.staff import ApiToken
from tests.pages.conftest import shown
from tests.pages.test_setup import press

BEYOND = COUNTED + 30
WORDS = {
    "ru": ("Больше 10\xa0000 событий", "Больше 10\xa0000 доставок", "10\xa0000+"),
    "en": ("More than 10,000 events", "More than 10,000 deliveries", "10,000+"),
}
FEW = {
    "ru": ("1\xa0040 событий", "1\xa0040 доставок", ["1\xa0000", "0", "40"]),
    "en": ("1,040 events", "1,040 deliveries", ["1,000", "0", "40"]),
}


@pytest.fixture
def came(desk, linked):
    """came(done, dead): so many events and deliveries of one connection."""
    connection, now = linked("kommo"), clock.now()

    def insert(done, dead):
        states = ["dead"] * dead + [""] * done
        events = [
            {
                "connection_id": connection,
                "vendor_id": str(number),
                "name": "deal.changed",
                "vendor_name": "update_lead",
                "state": state or "done",
                "processed_at": now,
            }
            for number, state in enumerate(states)
        ]
        deliveries = [
            {
                "connection_id": connection,
                "source": str(number),
                "event_type": "deal.changed",
                "body": b"{}",
                "state": state or "delivered",
                "next_attempt_at": None,
            }
            for number, state in enumerate(states)
        ]
        with desk.store.transaction() as session:
            session.connection().execute(sa.insert(Event), events)
            session.connection().execute(sa.insert(Delivery), deliveries)

    return insert


def tiles(app):
    return [one.value for one in app.metric]


def listed(app, kind):
    return len([one for one in app.expander if one.key and one.key.startswith(f"{kind}-")])


@pytest.mark.parametrize("language", WORDS)
def test_events_and_deliveries_are_counted_to_a_bound(open_page, came, language):
    came(COUNTED + 1, 12)
    app = open_page("webhooks", language=language)

    events, deliveries, many = WORDS[language]
    assert {events, deliveries} <= set(words_of(app))
    assert tiles(app) == [many, "0", "12"] * 2


@pytest.mark.parametrize("language", FEW)
def test_within_the_bound_every_number_is_exact(open_page, came, language):
    came(1000, 40)
    app = open_page("webhooks", language=language)

    events, deliveries, numbers = FEW[language]
    assert {events, deliveries} <= set(words_of(app))
    assert tiles(app) == numbers * 2


def words_of(app):
    return [one.removeprefix(":gray[:small[").removesuffix("]]") for one in shown(app).split("\n")]


def test_lists_go_on_behind_the_bound_to_their_last_page(open_page, came):
    came(BEYOND, 0)
    app = open_page("webhooks")
    seen = []
    for page in (400, 401, 402):
        app.session_state["event.page"] = app.session_state["delivery.page"] = page
        app.run()
        seen.append((listed(app, "event"), listed(app, "delivery")))

    assert not app.exception
    assert seen == [(25, 25), (25, 25), (5, 5)]
    assert app.session_state["event.page"] == 402


@pytest.mark.parametrize("kind", ["event", "delivery"])
def test_another_state_is_listed_from_its_newest(open_page, came, kind):
    came(60, 3)
    app = open_page("webhooks")
    app.session_state[f"{kind}.page"] = 3
    app.run()
    assert listed(app, kind) == 13

    app.segmented_control(key=f"{kind}.state").set_value("dead").run()

    assert listed(app, kind) == 3


@pytest.mark.parametrize("kind", ["event", "delivery"])
def test_another_service_is_listed_from_its_newest(open_page, came, linked, kind):
    came(60, 0)
    linked("stripe")
    app = open_page("webhooks")
    app.session_state[f"{kind}.page"] = 3
    app.run()
    assert listed(app, kind) == 10

    app.selectbox(key="traffic.provider").set_value("kommo").run()

    assert listed(app, kind) == 25


@pytest.fixture
def tokens(desk):
    """tokens(count): so many, number 0 is the oldest."""

    def made(count):
        with desk.store.transaction() as session:
            session.add_all(
                ApiToken(
                    id=f"tok_{number:016}",
                    name=f"Бот {number:02}",
                    token_hash=str(number),
                    tail="abcd",
                    created_by=SYSTEM.name,
                )
                for number in range(count)
            )

    return made


@pytest.mark.parametrize("language", ["ru", "en"])
def test_tokens_have_pages_the_newest_first(open_page, tokens, language):
    tokens(30)
    app = open_page("settings", language=language)
    first = names(app)
    assert pages(app)
    app.session_state["tokens.page"] = 2
    app.run()

    assert first == [f"Бот {number:02}" for number in range(29, 4, -1)]
    assert names(app) == [f"Бот {number:02}" for number in range(4, -1, -1)]


def test_a_page_of_tokens_has_no_pages_beside_it(open_page, tokens):
    tokens(25)

    app = open_page("settings")

    assert len(names(app)) == 25
    assert not pages(app)


def test_a_new_token_is_seen_at_once(open_page, tokens):
    tokens(30)
    app = open_page("settings")
    app.session_state["tokens.page"] = 2
    app.run()
    app.text_input(key="token.name").set_value("Новый")

    press(app, "Создать токен")

    assert names(app)[0] == "Новый"


def names(app):
    found = [one.value for one in app.markdown if one.value.startswith("**") and "`…" in one.value]
    return [one.split("**")[1] for one in found]


def pages(app):
    return app.get("pagination")
