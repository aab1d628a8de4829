"""The Webhooks page: what waits, what was given up, and the secrets of receivers."""

from datetime import timedelta

import pytest
from sqlmodel import select

from dashboard import clock
from dashboard.contracts.errors import AuthExpired
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery, Event
from tests.pages.conftest import shown
from tests.pages.test_setup import press

CHANGED = {"external_id": "31", "title": "Окна для дачи"}


@pytest.fixture
def kommo(linked):
    return linked("kommo")


@pytest.fixture
def came(desk, kommo):
    """came(count): so many events of the CRM, each of which saves a deal."""

    def store(count, state="received"):
        with desk.store.transaction() as session:
            for number in range(count):
                session.add(
                    Event(
                        connection_id=kommo,
                        vendor_id=f"v{number}",
                        name="deal.changed",
                        vendor_name="update_lead",
                        state=state,
                        processed_at=clock.now() if state == "dead" else None,
                        work={"records": [["deals", CHANGED]]},
                    )
                )

    return store


@pytest.fixture
def needs_login(desk, kommo, came):
    """37 events wait for a new sign-in to the CRM."""
    desk.opener.apply(kommo, AuthExpired())
    came(37)
    return kommo


def states(desk, table):
    with desk.store.transaction() as session:
        return sorted(set(session.exec(select(table.state)).all()))


@pytest.mark.usefixtures("needs_login")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", ("Kommo: 37 событий ждут повторного входа", "Войти снова", "Придержать до")),
        ("en", ("Kommo: 37 events wait for a new sign-in", "Log in again", "Hold until")),
    ],
)
def test_what_waits_for_a_login_is_told_with_its_number(open_page, language, words):
    text = shown(open_page("webhooks", language=language))

    assert [word for word in words if word not in text] == []


def test_the_preview_says_what_each_event_will_do(open_page, needs_login):
    app = open_page("webhooks")
    app.session_state[f"held-in-{needs_login}"] = True
    app.run()

    table = next(m.value for m in app.markdown if "Что сделает" in m.value)
    assert table.count("Окна для дачи") == 10
    press(app, "Показать ещё 27")
    table = next(m.value for m in app.markdown if "Что сделает" in m.value)
    assert table.count("Окна для дачи") == 35


def test_events_held_by_hand_go_on_when_they_are_released(open_page, desk, kommo, came, admin):
    desk.inbound.by_hand.hold(admin, kommo)
    came(2, "held")
    app = open_page("webhooks")
    assert "Kommo: 2 события ждут, пока вы их отпустите" in shown(app)

    press(app, "Отпустить 2 события")

    assert states(desk, Event) == ["received"]
    assert "2 события отпущены" in shown(app)


def test_a_person_can_let_events_wait_also_after_the_login(open_page, desk, needs_login):
    app = open_page("webhooks")

    press(app, "Придержать до моего решения")

    with desk.store.transaction() as session:
        assert session.get_one(Connection, needs_login).hold_events
    assert "будут ждать, пока их кто-нибудь не отпустит" in shown(app)


@pytest.mark.usefixtures("needs_login")
def test_what_waits_can_be_given_up(open_page, desk):
    press(open_page("webhooks"), "Отбросить 37 событий")

    assert states(desk, Event) == ["dropped"]


@pytest.mark.usefixtures("kommo")
def test_events_that_failed_are_processed_again_since_a_time(open_page, desk, came):
    came(3, "dead")
    app = open_page("webhooks")
    app.segmented_control(key="event.state").set_value("dead").run()

    press(app, "Обработать снова")

    assert states(desk, Event) == ["received"]
    assert "3 события снова в очереди" in shown(app)


# --- receivers ---------------------------------------------------------------------------------


@pytest.fixture
def receiver(linked):
    return linked("webhook")


@pytest.fixture
def dead(desk, receiver):
    """Two undeliverable events, one of them a week old."""
    with desk.store.transaction() as session:
        for position, age in enumerate((timedelta(minutes=5), timedelta(days=6)), 1):
            session.add(
                Delivery(
                    connection_id=receiver,
                    source=f"s{position}",
                    event_type="deal.changed",
                    body=b"{}",
                    state="dead",
                    position=position,
                    error_code="unavailable",
                    created_at=clock.now() - age,
                    next_attempt_at=None,
                )
            )


@pytest.mark.usefixtures("dead")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "ru",
            ("Принимает события", "Не доставлено: 2", "2 не доставлены", "Отправить заново: 1"),
        ),
        ("en", ("Takes events", "Undeliverable: 2", "2 given up", "Send 1 undeliverable again")),
    ],
)
def test_a_receiver_says_how_it_stands_and_why_deliveries_died(open_page, language, words):
    text = shown(open_page("webhooks", language=language))

    assert [word for word in words if word not in text] == []


@pytest.mark.usefixtures("dead")
def test_dead_letters_are_sent_again_since_the_chosen_time(open_page, desk, receiver):
    app = open_page("webhooks")
    assert "Отправить заново: 1" in [button.label for button in app.button]
    app.segmented_control(key=f"since-{receiver}").set_value("week").run()

    press(app, "Отправить заново: 2")

    assert states(desk, Delivery) == ["pending"]


def test_a_new_secret_is_shown_once_and_the_old_one_still_signs(open_page, desk, receiver, admin):
    app = open_page("webhooks")
    press(app, "Создать новый секрет")
    secrets = [code.value for code in app.code if code.value.startswith("whsec_")]
    app.run()

    assert len(secrets) == 1
    assert secrets[0] not in shown(app)
    assert desk.outbound.signing.overlap_until(admin, receiver) > clock.now()
    press(app, "Отключить старый сейчас")
    assert desk.outbound.signing.overlap_until(admin, receiver) is None


def test_a_receiver_that_was_switched_off_is_switched_on_again(open_page, desk, receiver):
    with desk.store.transaction() as session:
        session.get_one(Connection, receiver).paused = True
    app = open_page("webhooks")
    assert "Выключен" in shown(app)

    press(app, "Включить снова")

    with desk.store.transaction() as session:
        assert not session.get_one(Connection, receiver).paused


@pytest.mark.usefixtures("receiver")
def test_a_test_event_says_what_the_receiver_answered(open_page):
    press(app := open_page("webhooks"), "Отправить пробное: Custom Webhooks")

    assert "Приёмник принял пробное событие" in shown(app)


# --- the engine --------------------------------------------------------------------------------


@pytest.mark.usefixtures("kommo")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", ("Движок", "работников на связи: **0**", "Ни одного работника на связи")),
        ("en", ("Engine", "workers alive: **0**", "No worker is alive")),
    ],
)
def test_the_sync_page_says_how_the_engine_does(open_page, language, words):
    text = shown(open_page("sync", language=language))

    assert [word for word in words if word not in text] == []
