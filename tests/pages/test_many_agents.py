"""Where there are more agents than a list holds, pages read a part of them and find the others."""

import pytest
import sqlalchemy as sa

from dashboard.contracts.people import SYSTEM
from dashboard.queries.overview import OFFERED
from dashboard.store.actions import ActionRun
from dashboard.store.agents import Agent
from dashboard.store.audit import AuditEntry
from dashboard.store.counting import COUNTED
from tests.pages.conftest import PAGES, shown
from tests.pages.test_setup import button, press

SEARCH = "agent_choice.search"
LAST = f"agt_{OFFERED + 4:04}"


@pytest.fixture
def agents(desk):
    """agents(count): that many, by name in the order of their ids; the ids."""

    def made(count):
        rows = [
            {"id": f"agt_{number:04}", "name": f"Агент {number:04}", "sample": {}}
            for number in range(count)
        ]
        with desk.store.transaction() as session:
            session.connection().execute(sa.insert(Agent), rows)
        return [row["id"] for row in rows]

    return made


@pytest.fixture
def crowd(agents):
    """Five more than a list holds."""
    return agents(OFFERED + 5)


def chooser(app):
    return app.selectbox(key="agent_choice")


def look(app, words, key=SEARCH):
    app.text_input(key=key).set_value(words).run()
    assert not app.exception
    return app


def keys(app):
    return {one.key for one in app.text_input}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("ru", "Ещё 5 агентов не поместились в список"),
        ("en", "5 more agents do not fit into the list"),
    ],
)
@pytest.mark.usefixtures("crowd")
def test_the_first_are_offered_and_the_others_counted(open_page, language, sentence):
    app = open_page(language=language)

    assert chooser(app).options == [f"Агент {number:04}" for number in range(OFFERED)]
    assert sentence in shown(app)


@pytest.mark.parametrize("page", ["integrations", "sync", "settings", "journal"])
def test_where_a_list_holds_all_nothing_is_searched(open_page, agents, page):
    agents(OFFERED)

    app = open_page(page)

    assert not {key for key in keys(app) if key and key.endswith(".search")}
    assert "не поместил" not in shown(app)


@pytest.mark.parametrize("page", ["integrations", "sync", "records", "agents"])
@pytest.mark.usefixtures("crowd")
def test_an_agent_beyond_the_list_is_found_by_its_name(open_page, page):
    app = look(open_page(page), "агент 0204")
    assert "Нашёлся 1 агент" in shown(app)

    chooser(app).set_value(LAST).run()

    assert not app.exception
    assert chooser(app).value == LAST
    assert app.session_state["agent_id"] == LAST


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("ru", "Агента с таким именем нет"), ("en", "No agent has this name")],
)
@pytest.mark.usefixtures("crowd")
def test_a_search_without_hits_says_so_and_loses_nothing(open_page, language, sentence):
    app = look(open_page(language=language, agent=LAST), "нет такого")
    assert sentence in shown(app)
    assert (chooser(app).value, chooser(app).options) == (LAST, ["Агент 0204"])

    look(app, "")

    assert chooser(app).value == LAST
    assert len(chooser(app).options) == OFFERED + 1


@pytest.mark.usefixtures("crowd")
def test_a_link_to_an_agent_beyond_the_list_stays_chosen(open_page):
    app = open_page(agent=LAST)
    assert chooser(app).value == LAST
    assert "Ещё 4 агента не поместились" in shown(app)

    look(app, "агент 0003")
    assert chooser(app).options == ["Агент 0204", "Агент 0003"]
    assert chooser(app).value == LAST

    app.switch_page("../../pages/sync.py").run()
    assert chooser(app).value == LAST


@pytest.mark.usefixtures("crowd")
def test_an_agent_deleted_during_a_search_gives_its_place_to_the_first(open_page, desk):
    app = look(open_page(agent=LAST), "нет такого")
    desk.agents.delete(SYSTEM, LAST)

    app.run()

    assert not app.exception
    assert chooser(app).value == "agt_0000"


@pytest.mark.usefixtures("crowd")
def test_a_token_is_made_for_an_agent_beyond_the_list(open_page, desk):
    app = look(open_page("settings"), "агент 0204", "token.agent.search")
    app.selectbox(key="token.agent").set_value(LAST).run()
    app.text_input(key="token.name").set_value("Бот")

    press(app, "Создать токен")

    [token] = desk.queries.people.tokens().rows
    assert token.agent_id == LAST
    assert app.selectbox(key="token.agent").value == ""
    assert "Агент 0204" in shown(look(app, "", "token.agent.search"))


@pytest.mark.usefixtures("crowd")
def test_the_journal_is_narrowed_to_an_agent_beyond_the_list(open_page, desk):
    desk.agents.change(SYSTEM, LAST, name="Продавец")
    desk.agents.change(SYSTEM, "agt_0001", name="Другой")
    app = open_page("journal")
    assert {"Продавец", "Другой"} <= set(app.dataframe[0].value["Агент"])

    look(app, "ПРОДАВЕЦ", "journal.filter.agent.search")
    app.selectbox(key="journal.filter.agent").set_value(LAST).run()

    assert set(app.dataframe[0].value["Агент"]) == {"Продавец"}


@pytest.mark.usefixtures("crowd")
def test_what_waits_names_an_agent_beyond_the_list(open_page, desk, admin):
    made = desk.connect.begin(admin, LAST, "kommo", environment="sandbox")
    with desk.store.transaction() as session:
        session.add(
            ActionRun(
                agent_id=LAST,
                connection_id=made.id,
                provider="kommo",
                action="create_contact",
                key="k",
                digest="d",
                state="proposed",
                arguments={},
                requested_by="Бот",
            )
        )

    assert "Агент 0204" in shown(open_page("approvals"))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("crowd")
def test_no_page_reads_every_agent(open_page, desk, page):
    asked = []
    sa.event.listen(desk.store.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))

    open_page(page)

    read = [" ".join(text.split()) for text in asked if "FROM agent " in text]
    assert not [one for one in read if "LIMIT" not in one and "WHERE agent.id " not in one]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("ru", "Больше 10\xa0000 записей"), ("en", "More than 10,000 entries")],
)
def test_a_long_journal_is_counted_to_a_bound_and_paged_beyond(
    open_page, desk, agents, language, sentence
):
    agents(1)
    desk.agents.change(SYSTEM, "agt_0000", name="Первая")
    with desk.store.transaction() as session:
        row = session.exec(sa.select(AuditEntry)).scalars().one().model_dump(exclude={"seq"})
        session.connection().execute(sa.insert(AuditEntry), [row] * (COUNTED + 99))
    app = open_page("journal", language=language)
    assert sentence in shown(app)

    app.session_state["journal.trail"] = [151]
    press(app.run(), "Старше" if language == "ru" else "Older")

    assert len(app.dataframe[0].value) == 50
    assert app.session_state["journal.trail"] == [151, 101]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("ru", "Больше 10\xa0000 агентов"), ("en", "More than 10,000 agents")],
)
def test_a_long_list_of_agents_says_so_and_goes_on_behind_the_bound(
    open_page, agents, language, sentence
):
    agents(COUNTED + 60)
    app = open_page("agents", language=language)
    assert sentence in shown(app)

    listed = []
    for page in (200, 201, 202):
        app.session_state["agents.page"] = page
        app.run()
        listed.append(len([one for one in app.expander if "Агент" in one.label]))

    assert not app.exception
    assert listed == [50, 50, 10]


@pytest.mark.usefixtures("crowd")
def test_agents_that_are_not_found_are_missed_in_words(open_page):
    app = look(open_page("agents"), "нет такого", "agents.search")

    assert "Ничего не нашлось" in shown(app)


def test_who_is_looked_for_begins_at_the_newest(open_page, desk, agents):
    agents(1)
    for number in range(60):
        desk.agents.change(SYSTEM, "agt_0000", name=f"Имя {number}")
    app = open_page("journal")
    press(app, "Старше")

    app.text_input(key="journal.who").set_value(SYSTEM.name).run()

    assert button(app, "Новее").disabled
