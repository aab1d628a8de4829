"""Set-up as a person walks it, over the built-in sandboxes."""

import pytest

from dashboard.contracts.people import Role
from tests.pages.conftest import shown

pytestmark = pytest.mark.usefixtures("agent")


def button(app, label):
    found = [one for one in app.button if one.label == label]
    assert found, [one.label for one in app.button]
    return found[-1]


def press(app, label):
    button(app, label).click().run()
    assert not app.exception
    return app


@pytest.fixture
def begun(open_page):
    """Set-up of a CRM, opened by its link, turned to the sandbox."""
    app = open_page(connect="kommo")
    app.segmented_control(key="setup.environment").set_value("sandbox").run()
    assert not app.exception
    return app


def test_a_link_opens_set_up_at_its_first_step(open_page):
    app = open_page(connect="kommo")

    assert "Шаг 1 из 5" in shown(app)


def test_the_sandbox_fills_its_credentials_in(begun):
    assert all(field.value for field in begun.text_input if field.key.startswith("setup."))


def test_a_whole_set_up_turns_the_card_green(begun, desk, agent):
    press(begun, "Подключить")
    for _ in range(3):
        press(begun, "Далее")
    assert "Kommo подключён" in shown(begun)
    press(begun, "Готово")

    link = desk.queries.overview.living(agent.id, "kommo")
    assert (link.state, link.environment) == ("active", "sandbox")
    assert "Подключено: 1" in shown(begun)


def test_every_usual_event_is_ticked_when_nobody_chose_yet(begun, desk, agent):
    press(begun, "Подключить")
    for _ in range(3):
        press(begun, "Далее")

    assert "deal.created" in desk.queries.overview.living(agent.id, "kommo").events


def test_a_wrong_key_is_explained_and_what_was_typed_stays(begun):
    secret = next(field for field in begun.text_input if field.key.endswith(".token"))
    secret.set_value("wrong").run()

    press(begun, "Подключить")

    assert "Шаг 1 из 5" in shown(begun)
    assert begun.error
    kept = next(field for field in begun.text_input if field.key.endswith(".token"))
    assert kept.value == "wrong"


def test_settings_survive_going_back(begun, desk, agent):
    press(begun, "Подключить")
    toggle = next(one for one in begun.toggle if one.key.endswith(".sync_tasks"))
    toggle.set_value(False).run()
    press(begun, "Далее")

    press(begun, "Назад")

    assert next(one for one in begun.toggle if one.key.endswith(".sync_tasks")).value is False
    assert desk.queries.overview.living(agent.id, "kommo").settings["sync_tasks"] is False


def test_without_an_app_sign_in_says_who_must_enter_one(open_page):
    app = open_page(connect="google_calendar")

    assert "собственное приложение этой установки" in shown(app)


def test_the_flow_row_alone_carries_sign_in_on(open_page, desk):
    app = open_page(connect="google_calendar")
    app.segmented_control(key="setup.environment").set_value("sandbox").run()
    flow = app.session_state["setup"].flow_id

    assert desk.queries.people.flow(flow).status == "pending"
    assert "Шаг 1 из 4" in shown(app)


def test_a_viewer_cannot_set_up_even_by_the_link(open_page, desk, agent):
    app = open_page(role=Role.VIEWER, connect="kommo")

    assert "Недостаточно прав" in shown(app)
    assert desk.queries.overview.living(agent.id, "kommo") is None
