"""Actions that wait for a person, on their page."""

import pytest
import sqlalchemy as sa

from dashboard.contracts.people import Role
from dashboard.store.actions import ActionRule, ActionRun
from tests import fresh
from tests.pages.conftest import shown
from tests.pages.test_setup import press

ASKED = {"name": "Мария", "phone": "+79990000001"}


@pytest.fixture
def proposed(desk, admin, agent, linked):
    """A run that needs consent."""
    linked("kommo")
    rule = ActionRule(
        agent_id=agent.id, provider="kommo", action="create_contact", decision="approval"
    )
    desk.actions.set_rule(admin, rule)
    return desk.actions.run(admin, agent.id, "kommo", "create_contact", ASKED)


@pytest.fixture
def unknown(desk, agent, linked):
    """unknown(provider, action): a run whose answer was lost."""

    def made(provider="kommo", action="create_contact"):
        link = desk.queries.overview.living(agent.id, provider)
        connection = link.id if link else linked(provider)
        with desk.store.transaction() as session:
            row = ActionRun(
                agent_id=agent.id,
                connection_id=connection,
                provider=provider,
                action=action,
                key=f"lost-{action}",
                digest="d",
                state="unknown",
                arguments=ASKED,
                requested_by="Бот",
            )
            session.add(row)
        return row

    return made


def state(desk, run):
    with desk.store.transaction() as session:
        found = session.get_one(ActionRun, run.id)
    return found.state, found.decided_by


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", ("Ждёт согласия", "Кто попросил", "Что именно будет сделано", "Разрешить")),
        ("en", ("Waits for consent", "Asked by", "What exactly is to be done", "Allow")),
    ],
)
def test_a_proposed_action_is_shown_with_exactly_what_it_will_do(
    open_page, proposed, language, words
):
    app = open_page("approvals", language=language)

    text = shown(app)
    assert [word for word in words if word not in text] == []
    assert app.json[0].value.count("+79990000001") == 1
    assert proposed.requested_by in text


def test_an_allowed_action_is_done_and_says_who_allowed_it(open_page, proposed, desk):
    app = open_page("approvals")

    press(app, "Разрешить")

    assert state(desk, proposed) == ("succeeded", "Сотрудник admin")
    assert "Ничего не ждёт" in shown(app)


def test_a_denied_action_is_not_done(open_page, proposed, desk):
    press(open_page("approvals"), "Отказать")

    assert state(desk, proposed) == ("denied", "Сотрудник admin")


@pytest.mark.usefixtures("proposed")
def test_a_viewer_sees_what_waits_and_decides_nothing(open_page):
    app = open_page("approvals", role=Role.VIEWER)

    assert "Ждёт согласия" in shown(app)
    assert [b.label for b in app.button] == []


@pytest.mark.parametrize(("word", "ends"), [("Выполнено", "succeeded"), ("Не выполнено", "failed")])
def test_a_person_says_whether_a_lost_action_happened(open_page, unknown, desk, word, ends):
    run = unknown()

    press(open_page("approvals"), word)

    assert state(desk, run) == (ends, "Сотрудник admin")


def test_an_unknown_outcome_is_looked_up_again_where_the_vendor_can_tell(
    open_page, linked, desk, admin, agent
):
    linked("kommo")
    run = desk.actions.run(admin, agent.id, "kommo", "create_contact", ASKED)
    with desk.store.transaction() as session:
        session.get_one(ActionRun, run.id).state = "unknown"
    app = open_page("approvals")

    press(app, "Проверить ещё раз")

    assert state(desk, run)[0] == "succeeded"
    assert "Сервис подтвердил" in shown(app)


def test_where_nobody_can_be_asked_no_check_is_offered(open_page, unknown):
    unknown("telegram", "send_text")
    labels = {button.label for button in open_page("approvals").button}

    assert {"Выполнено", "Не выполнено"} <= labels
    assert "Проверить ещё раз" not in labels


def test_what_waits_of_all_agents_is_counted_and_listed(proposed, unknown, desk):
    lost = unknown()

    assert desk.queries.overview.count_undecided() == 2
    assert desk.queries.overview.count_undecided(most=1) == 1
    assert [run.id for run in desk.queries.overview.undecided()] == [proposed.id, lost.id]


@fresh.sqlite_only
def test_counting_what_waits_uses_the_index_of_open_runs(desk):
    """The menu asks in every run of every page, however many runs have ended."""
    asked = []
    sa.event.listen(desk.store.engine, "before_cursor_execute", lambda *call: asked.append(call))
    desk.queries.overview.count_undecided()
    _, _, statement, values, *_ = next(call for call in asked if "action_run" in call[2])

    with desk.store.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert any("action_run_open" in str(step) for step in plan), plan
