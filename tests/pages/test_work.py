"""Daily work on the other pages."""

import pytest
from sqlmodel import desc, select

from dashboard.store.audit import AuditEntry
from tests.pages.conftest import shown
from tests.pages.test_setup import press


def test_an_agent_is_made_on_its_page(open_page, desk, admin):
    app = open_page("agents")
    app.text_input(key="agent.new.name").set_value("Продавец")

    press(app, "Создать агента")

    assert [agent.name for agent in desk.agents.all(admin)] == ["Продавец"]


def test_an_action_is_done_from_the_page(open_page, linked, desk, agent):
    linked("kommo")
    app = open_page("agents")
    app.selectbox(key="try.action.kommo").set_value("create_contact").run()
    app.text_input(key=f"try.{agent.id}.kommo.create_contact.name").set_value("Мария")

    press(app, "Выполнить")

    run = desk.queries.journal.runs(agent.id)[0]
    assert (run.action, run.state) == ("create_contact", "succeeded")
    assert run.result["external_id"] in shown(app)


def test_a_missing_field_is_named_in_words(open_page, linked):
    linked("kommo")
    app = open_page("agents")
    app.selectbox(key="try.action.kommo").set_value("create_contact").run()

    press(app, "Выполнить")

    assert "Заполните поле «Имя»" in shown(app)


def test_a_token_is_shown_once(open_page, desk):
    app = open_page("settings")
    app.text_input(key="token.name").set_value("Бот")
    press(app, "Создать токен")
    token = next(code.value for code in app.code if code.value.startswith("idk_"))

    app.run()

    assert desk.staff.tokens.actor(token).name == "Бот"
    assert token not in [code.value for code in app.code]


@pytest.mark.usefixtures("agent")
def test_the_journal_proves_its_chain(open_page):
    app = open_page("journal")

    press(app, "Проверить цепочку")

    assert "Цепочка цела" in shown(app)


@pytest.mark.usefixtures("agent")
def test_the_journal_says_how_much_of_its_end_is_missing(open_page, desk):
    app = open_page("journal")
    with desk.store.transaction() as session:
        last = session.exec(select(AuditEntry).order_by(desc(AuditEntry.seq))).first()
        session.delete(last)

    press(app, "Проверить цепочку")

    assert "Не хватает 1 последней записи" in app.error[0].value


def test_a_sync_is_asked_for_by_its_button(open_page, linked, desk, agent):
    linked("kommo")
    app = open_page("sync")

    press(app, "Синхронизировать")

    assert desk.queries.syncing.standings(agent.id)[0].latest.reason == "button"


def test_records_of_the_crm_are_listed(open_page, connected):
    connected("kommo")
    app = open_page("records")

    assert len(app.dataframe[0].value) == 25


@pytest.mark.usefixtures("agent")
def test_without_a_crm_the_records_page_says_so(open_page):
    assert "CRM не подключена" in shown(open_page("records"))


def test_the_chosen_language_is_spoken_and_remembered(open_page, desk):
    app = open_page(language="ru")

    app.segmented_control(key="language_switch").set_value("en").run()

    assert app.title[0].value == "Integrations"
    assert [person.language for person in desk.staff.people.all()] == ["en"]


def test_a_rule_makes_an_action_wait_for_consent_and_consent_does_it(
    open_page, linked, desk, agent
):
    linked("kommo")
    app = open_page("agents")
    app.selectbox(key="try.action.kommo").set_value("create_contact").run()
    prefix = f"rule.{agent.id}.kommo.create_contact"
    app.selectbox(key=f"{prefix}.decision").set_value("approval")
    app.button(key=f"{prefix}.save").click().run()
    app.text_input(key=f"try.{agent.id}.kommo.create_contact.name").set_value("Мария")

    press(app, "Выполнить")
    assert desk.queries.journal.runs(agent.id)[0].state == "proposed"
    press(app, "Разрешить")

    assert desk.queries.journal.runs(agent.id)[0].state == "succeeded"
