"""A connection after set-up: settings, faults, signing in again, disconnecting."""

import pytest

from dashboard.contracts.errors import AuthExpired
from dashboard.queries.journal import Wanted
from tests.pages.conftest import shown
from tests.pages.test_setup import press


@pytest.fixture
def kommo(linked):
    return linked("kommo")


@pytest.fixture
def settings(open_page, kommo):
    assert kommo
    return open_page(configure="kommo")


def test_changed_settings_are_saved(settings, desk, kommo):
    toggle = next(one for one in settings.toggle if one.key.endswith(".sync_tasks"))
    toggle.set_value(False).run()

    press(settings, "Сохранить")

    assert desk.queries.overview.connection(kommo).settings["sync_tasks"] is False


def test_of_a_secret_only_the_tail_is_drawn(settings, desk, kommo):
    link = desk.queries.overview.connection(kommo)
    sample = desk.sandboxes.credentials(link.provider, link.tenant, link.method)

    assert sample["token"] not in shown(settings)
    assert sample["token"][-4:] in shown(settings)


def test_a_fault_is_caused_and_told_in_the_journal(settings, desk, kommo):
    press(settings, "Доступ отозван")

    actions = {entry.action for entry in desk.queries.journal.entries(Wanted(connection_id=kommo))}
    assert "sandbox.fault" in actions


def test_a_lost_sign_in_shows_on_the_card_with_its_fix(open_page, desk, kommo):
    desk.opener.apply(kommo, AuthExpired())

    app = open_page()

    assert "Нужен повторный вход" in shown(app)
    assert "Оператору нужно войти заново" in shown(app)


def test_signing_in_again_keeps_the_settings(open_page, desk, kommo, admin):
    desk.configure.save_settings(admin, kommo, {"sync_tasks": False})
    desk.opener.apply(kommo, AuthExpired())
    app = open_page()

    press(app, "Войти снова")
    press(app, "Подключить")

    link = desk.queries.overview.connection(kommo)
    assert (link.state, link.settings["sync_tasks"]) == ("active", False)


def test_disconnecting_asks_first_and_reports(open_page, desk, kommo):
    app = open_page()
    press(app, "Отключить")
    assert desk.queries.overview.connection(kommo).state == "active"

    press(app, "Отключить")

    assert desk.queries.overview.connection(kommo).state == "disconnected"
    assert "Синхронизированные записи, события и журнал сохранены" in shown(app)


def test_what_the_vendor_says_of_an_account_is_in_the_readers_language(open_page, linked):
    linked("telegram")

    text = shown(open_page(configure="telegram"))

    assert {"включено", "да"} <= {line.strip() for line in text.splitlines()}
    assert not {"on", "yes"} & {line.strip() for line in text.splitlines()}
