"""Agents and people are found by name, whatever its case; no more are read than are shown."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from dashboard import assembly
from dashboard.queries.journal import Wanted
from dashboard.queries.overview import OFFERED
from dashboard.store.agents import Agent
from dashboard.store.counting import COUNTED, Count
from tests import fresh, postgres
from tests.doubles import HandJobs


@pytest.fixture(params=["sqlite", "postgres"])
def desk(request, desk_settings):
    url = "" if request.param == "sqlite" else postgres.migrated_database()
    settings = desk_settings.model_copy(update={"database_url": url})
    made = assembly.build(settings, jobs=HandJobs())
    fresh.upgrade(made.store)
    yield made
    made.inbound.close()
    made.store.close()


@pytest.fixture
def named(desk):
    """named(*names): agents of these names; their ids are the same as their names."""

    def made(*names):
        with desk.store.transaction() as session:
            session.connection().execute(
                sa.insert(Agent), [{"id": name, "name": name, "sample": {}} for name in names]
            )

    return made


def many(count):
    return [f"Агент {number:05}" for number in range(count)]


def found(desk, words):
    page = desk.queries.people.agents_page(search=words)
    assert page.total.number == len(page.rows)
    return [row.name for row in page.rows]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Демо", "демо"),
        ("демо", "ДЕМО"),
        ("Отдел продаж", "ПРОДАЖ отд"),
        ("Ёлка", "ёлк"),
        ("Łódź", "ŁÓDŹ"),
        ("Straße 5", "straße"),
        ("Demo", "dEmO"),
    ],
)
def test_a_name_is_found_whatever_its_case(desk, named, name, words):
    named(name, "Другой")

    assert found(desk, words) == [name]


@pytest.mark.parametrize("sign", ["*", "?", "[", "]", "[а-я]", "^", "-", "%", "_", "\\", "/"])
def test_signs_stand_for_themselves(desk, named, sign):
    named("Демо", f"до{sign}после")

    assert found(desk, sign) == [f"до{sign}после"]


@pytest.mark.parametrize("words", ["я" * 60_000, "д " * 2_000, "д\0"])
def test_what_no_name_can_hold_finds_nothing(desk, named, words):
    named("Демо")

    assert found(desk, words) == []


@pytest.mark.parametrize("who", ["анна", "АННА", "Анна К"])
def test_the_journal_finds_people_whatever_the_case(desk, admin, who):
    desk.agents.create(replace(admin, name="Анна Котова"), "Демо")
    desk.agents.create(replace(admin, name="Борис"), "Ещё")

    entries = desk.queries.journal.entries(Wanted(who=who))

    assert [entry.actor_name for entry in entries] == ["Анна Котова"]
    assert desk.queries.journal.count(Wanted(who=who)).number == 1


def test_all_agents_are_offered_where_a_list_holds_them(desk, named):
    named(*many(OFFERED))

    offer = desk.queries.overview.offer("нет такого", asked=["Агент 00007"])

    assert [agent.name for agent in offer.agents] == many(OFFERED)
    assert (offer.many, offer.searched, offer.unshown.number) == (False, False, 0)


def test_of_many_agents_the_first_are_offered_and_the_chosen_one(desk, named):
    named(*many(OFFERED + 5))
    last = many(OFFERED + 5)[-1]

    offer = desk.queries.overview.offer(asked=["deleted", last, "Агент 00001"])

    assert [agent.name for agent in offer.agents] == [last, *many(OFFERED)]
    assert (offer.many, offer.chosen) == (True, last)
    assert (offer.unshown.number, offer.unshown.more) == (4, False)


def test_a_search_offers_what_it_finds_and_keeps_the_chosen_one(desk, named):
    named(*many(OFFERED + 5), "Продавец")

    hit = desk.queries.overview.offer("ПРОДАВ", asked=["Агент 00001"])
    none = desk.queries.overview.offer("нет такого", asked=["Агент 00001"])
    most = desk.queries.overview.offer("агент 00", asked=["Агент 00204"])

    assert [agent.name for agent in hit.agents] == ["Агент 00001", "Продавец"]
    assert (hit.fit.number, hit.unshown.number) == (1, 0)
    assert [agent.name for agent in none.agents] == ["Агент 00001"]
    assert (none.fit.number, none.chosen) == (0, "Агент 00001")
    assert (len(most.agents), most.unshown.number) == (OFFERED + 1, 4)


def test_counting_agents_ends_at_the_bound_and_their_pages_do_not(desk, named):
    named(*many(OFFERED + COUNTED + 1))
    offer = desk.queries.overview.offer()
    last = COUNTED // 50
    behind, end = (desk.queries.people.agents_page(page=last + n) for n in (1, 5))

    assert (len(offer.agents), offer.unshown.number, offer.unshown.more) == (OFFERED, COUNTED, True)
    assert behind.total == Count(COUNTED, more=True)
    assert behind.rows[0].name == f"Агент {COUNTED:05}"
    assert (behind.pages, len(end.rows), end.pages) == (last + 2, 1, last + 5)


def test_names_are_asked_by_id(desk, named):
    named("Демо", "Другой")

    assert desk.queries.overview.names(["Демо", "Демо", "gone", "\0"]) == {"Демо": "Демо"}
