"""Agents and their own fields."""

import pytest

from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import SYSTEM, Actor, Role
from tests.app.desks import demo

VIEWER = Actor(kind="staff", id="v", name="V", role=Role.VIEWER)


def test_an_empty_desk_has_a_demo_agent_and_only_one(desk):
    desk.agents.ensure_demo()

    assert [agent.name for agent in desk.agents.all(SYSTEM)] == ["Demo"]


def test_a_deleted_demo_stays_deleted_while_there_is_another_agent(desk):
    desk.agents.create(SYSTEM, "Sales")
    desk.agents.delete(SYSTEM, demo(desk))

    desk.agents.ensure_demo()

    assert [agent.name for agent in desk.agents.all(SYSTEM)] == ["Sales"]


def test_an_agent_is_renamed_and_its_sample_kept(desk):
    agent = desk.agents.change(SYSTEM, demo(desk), name=" Продажи ")

    assert agent.name == "Продажи"
    assert agent.sample["phone"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_an_agent_needs_a_name(desk, name):
    with pytest.raises(Refusal) as refused:
        desk.agents.create(SYSTEM, name)

    assert (refused.value.code, refused.value.field) == ("agents.name_missing", "name")


@pytest.mark.parametrize(
    "walk",
    [
        lambda agents, _agent: agents.create(VIEWER, "x"),
        lambda agents, agent: agents.change(VIEWER, agent, name="x"),
        lambda agents, agent: agents.delete(VIEWER, agent),
        lambda agents, agent: agents.add_field(VIEWER, agent, name="city", label=""),
        lambda agents, agent: agents.delete_field(VIEWER, agent, "city"),
    ],
)
def test_a_viewer_changes_nothing(desk, walk):
    with pytest.raises(Refusal) as refused:
        walk(desk.agents, demo(desk))

    assert refused.value.status == 403


def test_a_token_of_one_agent_sees_no_other(desk):
    other = desk.agents.create(SYSTEM, "Other")
    token = Actor(kind="token", id="t", role=Role.ADMIN, agent_id=demo(desk))

    assert [agent.name for agent in desk.agents.all(token)] == ["Demo"]
    with pytest.raises(Refusal) as refused:
        desk.agents.get(token, other.id)
    assert (refused.value.code, refused.value.status) == ("agents.unknown", 404)


def test_a_field_of_its_own_is_added_and_taken_away(desk):
    desk.agents.add_field(SYSTEM, demo(desk), name="city", label="Город")

    assert [(f.name, f.label) for f in desk.agents.fields(SYSTEM, demo(desk))] == [
        ("city", "Город")
    ]
    desk.agents.delete_field(SYSTEM, demo(desk), "city")
    assert desk.agents.fields(SYSTEM, demo(desk)) == []


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ({"name": "Город", "label": ""}, "agents.field_name"),
        ({"name": "1st", "label": ""}, "agents.field_name"),
        ({"name": "city", "label": "", "kind": "money"}, "agents.field_type"),
    ],
)
def test_a_field_is_named_and_typed_plainly(desk, field, code):
    with pytest.raises(Refusal) as refused:
        desk.agents.add_field(SYSTEM, demo(desk), **field)

    assert refused.value.code == code


def test_the_same_field_twice_is_refused(desk):
    desk.agents.add_field(SYSTEM, demo(desk), name="city", label="")

    with pytest.raises(Refusal) as refused:
        desk.agents.add_field(SYSTEM, demo(desk), name="city", label="")

    assert refused.value.code == "agents.field_taken"
