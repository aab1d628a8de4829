"""Mappings are saved in versions, watched against the vendor, and used by actions."""

import pytest

from dashboard.contracts.errors import Refusal, Unavailable
from dashboard.contracts.people import Actor, Role
from dashboard.mapping.rules import MappingRow
from dashboard.store.agents import Agent, AgentField
from dashboard.store.audit import AuditEntry
from dashboard.store.mapping import MappingVersion
from tests.fixtures.links import ANNA

BUDGET = MappingRow(
    agent_field="budget", vendor_field="budget", transform="number", direction="both"
)
HEAT = MappingRow(
    agent_field="need", vendor_field="heat", transform="enum", argument={"срочно": "Горячий"}
)
PHONE = MappingRow(agent_field="phone", vendor_field="phone", transform="phone_e164")


def save(desk, row, *rows):
    return desk.mappings.save(ANNA, row.id, "deals", rows)


def test_saved_lines_keep_what_the_vendor_calls_its_fields(desk, row):
    assert save(desk, row, BUDGET, HEAT) == 1
    budget, heat = desk.mappings.current(row.id, "deals")

    assert (budget.vendor_label, budget.vendor_type) == ("Бюджет", "number")
    assert heat.argument == {"срочно": "1"}


def test_lines_with_problems_are_refused_by_number_and_nothing_is_saved(desk, row):
    wrong = MappingRow(agent_field="need", vendor_field="budget")
    with pytest.raises(Refusal) as caught:
        save(desk, row, BUDGET, wrong)

    assert caught.value.code == "mapping.has_problems"
    assert caught.value.values == {"rows": "1, 2"}
    assert desk.all(MappingVersion) == []


def test_fields_that_cannot_be_read_save_nothing(desk, row):
    desk.fault(row, "outage")
    with pytest.raises(Unavailable):
        save(desk, row, BUDGET)

    assert desk.all(MappingVersion) == []


def test_undo_brings_back_the_version_before_and_can_be_undone(desk, row):
    save(desk, row, BUDGET)
    save(desk, row, BUDGET, PHONE)
    desk.mappings.undo(ANNA, row.id, "deals")
    fewer = desk.mappings.current(row.id, "deals")
    desk.mappings.undo(ANNA, row.id, "deals")
    more = desk.mappings.current(row.id, "deals")

    assert ([r.agent_field for r in fewer], len(more)) == (["budget"], 2)
    assert [v.version for v in desk.mappings.versions(row.id, "deals")] == [4, 3, 2, 1]
    assert {v.author for v in desk.mappings.versions(row.id, "deals")} == {"Анна"}


def test_there_is_nothing_to_undo_at_first(desk, row):
    save(desk, row, BUDGET)
    with pytest.raises(Refusal) as caught:
        desk.mappings.undo(ANNA, row.id, "deals")

    assert caught.value.code == "mapping.nothing_to_undo"


def test_saving_the_same_again_adds_no_version(desk, row):
    assert save(desk, row, BUDGET) == save(desk, row, BUDGET) == 1
    assert [e.action for e in desk.all(AuditEntry)].count("mapping.saved") == 1


def test_who_may_only_look_saves_nothing(desk, row):
    viewer = Actor(kind="staff", role=Role.VIEWER)
    with pytest.raises(Refusal):
        desk.mappings.save(viewer, row.id, "deals", [BUDGET])

    assert desk.all(MappingVersion) == []


def renamed(field):
    return {**field, "label": "Сумма"} if field["name"] == "budget" else field


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (lambda fields: fields, []),
        (lambda fields: [f for f in fields if f["name"] != "budget"], ["deleted"]),
        (lambda fields: [renamed(f) for f in fields], ["renamed"]),
        (
            lambda fields: [{**f, "type": "text"} if f["name"] == "budget" else f for f in fields],
            ["type_changed"],
        ),
    ],
)
def test_drift_at_the_vendor_is_noticed(desk, row, change, kinds):
    save(desk, row, BUDGET, PHONE)
    desk.change(row, lambda state: state.update(fields=change(state["fields"])))
    found = desk.mappings.drift(row.id, "deals")

    assert [(one.row, one.kind, one.was) for one in found] == [
        (0, kind, "number" if kind == "type_changed" else "Бюджет") for kind in kinds
    ]


def test_an_agents_values_become_the_vendors(desk, row):
    save(desk, row, BUDGET, HEAT, PHONE)
    made = desk.mappings.to_vendor(
        row.id, "deals", {"budget": "1 200,50 ₽", "need": "Срочно", "comment": "not mapped"}
    )

    assert made == {"budget": 1200.5, "heat": "1"}
    assert desk.mappings.from_vendor(row.id, "deals", {"budget": 300}) == {"budget": 300}


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"phone": "нет"}, "mapping.bad_phone", "phone"),
        ({"shoe_size": 42}, "mapping.unknown_value", "shoe_size"),
    ],
)
def test_an_agent_is_told_which_value_to_correct(desk, row, values, code, field):
    save(desk, row, PHONE)
    with pytest.raises(Refusal) as caught:
        desk.mappings.to_vendor(row.id, "deals", values)

    assert (caught.value.code, caught.value.field) == (code, field)


def test_without_a_mapping_nothing_is_sent(desk, row):
    assert desk.mappings.to_vendor(row.id, "deals", {"budget": "5"}) == {}


def test_fields_staff_added_come_after_the_standard_ones(desk):
    with desk.store.transaction() as session:
        session.add(
            AgentField(agent_id=desk.agent, name="shoe_size", label="Размер", type="number")
        )
        session.add(AgentField(agent_id=desk.agent, name="budget", label="Двойник"))
    fields = desk.mappings.agent_fields(desk.agent)

    assert (fields[-1].name, fields[-1].custom) == ("shoe_size", True)
    assert [one.name for one in fields].count("budget") == 1


def test_a_preview_shows_a_real_customer_and_awkward_ones(desk, row):
    title = MappingRow(agent_field="comment", vendor_field="title")
    with desk.store.transaction() as session:
        agent = session.get(Agent, desk.agent)
        agent.sample = {"budget": "2 000", "comment": "Кухня"}
        session.add(agent)
    real, empty, long, odd = desk.mappings.preview(row.id, "deals", [BUDGET, title])

    assert real.to_vendor == {"budget": 2000, "title": "Кухня"}
    assert (empty.to_vendor, empty.problems) == ({}, ())
    assert [(p.row, p.code) for p in long.problems] == [(1, "mapping.too_long")]
    assert odd.to_vendor["budget"] == 1200.5
    assert desk.all(MappingVersion) == []
