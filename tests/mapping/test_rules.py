"""What is wrong with a mapping is said line by line, before any value is seen."""

import pytest

from dashboard.contracts.accounts import VendorField
from dashboard.mapping.fields import STANDARD, AgentField, suggest
from dashboard.mapping.rules import TRANSFORMS, MappingRow, check

OURS = (*STANDARD, AgentField(name="vip", type="boolean", custom=True))
THEIRS = (
    VendorField(name="title", label="Название", required=True, max_length=10),
    VendorField(name="price", label="Бюджет", type="number"),
    VendorField(name="tel", label="Телефон", type="phone"),
    VendorField(name="when", label="Meeting", type="date"),
    VendorField(name="vip", label="VIP", type="boolean"),
    VendorField(name="made", label="Создано", type="datetime", read_only=True),
    VendorField(
        name="heat", label="Interest", type="enum", options=(("1", "Горячий"), ("2", "Cold"))
    ),
)


def line(agent="need", vendor="title", **changes):
    return MappingRow(agent_field=agent, vendor_field=vendor, **changes)


@pytest.mark.parametrize(
    "row",
    [
        line(direction="both"),
        line("phone", "tel", transform="phone_e164", argument="RU", direction="both"),
        line("budget", "price", transform="number", argument="2"),
        line("preferred_time", "when", transform="date", argument="date Europe/Moscow"),
        line("need", "heat", transform="enum", argument={"горячий": "Горячий", "*": "2"}),
        line("need", "heat", transform="enum", argument="hot=1; cold=2"),
        line("", "heat", transform="constant", argument="Cold"),
        line("", "price", transform="constant", argument="100.5"),
        line("client_name", transform="join", argument="client_name, need"),
        line("email", transform="first_non_empty", argument={"fields": ["email", "phone"]}),
        line("vip", "vip", direction="both"),
        line("preferred_time", "made", direction="from_vendor", transform="date"),
    ],
)
def test_a_sound_line_has_no_problem(row):
    assert check([row], OURS, THEIRS) == []


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (line("nobody"), "unknown_agent_field"),
        (line(""), "unknown_agent_field"),
        (line(vendor="gone"), "unknown_vendor_field"),
        (line(vendor=""), "unknown_vendor_field"),
        (line("preferred_time", "made", transform="date"), "read_only"),
        (line("need", "price"), "type_mismatch"),
        (line("need", "heat"), "type_mismatch"),
        (line("preferred_time", "when"), "type_mismatch"),
        (line("need", "vip"), "type_mismatch"),
        (line("budget", "title", direction="from_vendor"), "type_mismatch"),
        (line("client_name", transform="join", argument="need", direction="both"), "one_way"),
        (line(transform="join", argument=""), "bad_argument"),
        (line(transform="join", argument="need, nobody"), "unknown_agent_field"),
        (line("phone", "tel", transform="phone_e164", argument="Russia"), "bad_argument"),
        (line("budget", "price", transform="number", argument="two"), "bad_argument"),
        (line("preferred_time", "when", transform="date", argument="Mars/Base"), "bad_argument"),
        (line("need", "heat", transform="enum", argument="hot"), "bad_argument"),
        (line("need", "heat", transform="enum", argument=""), "bad_argument"),
        (line("need", "heat", transform="enum", argument={"hot": "3"}), "not_an_option"),
        (line("", transform="constant", argument="  "), "constant_empty"),
        (line("", transform="constant", argument="a" * 11), "too_long"),
        (line("", "heat", transform="constant", argument="Warm"), "not_an_option"),
        (line("", "price", transform="constant", argument="many"), "type_mismatch"),
        (line(transform="magic"), "bad_row"),
        (line(direction="sideways"), "bad_row"),
    ],
)
def test_each_fault_has_its_own_name_and_row(row, code):
    spare = VendorField(name="spare", label="Spare")
    found = check([line("client_name", "spare"), row], OURS, [*THEIRS, spare])

    assert [(one.row, one.code) for one in found] == [(1, f"mapping.{code}")]


def test_two_lines_may_not_fill_one_field():
    found = check([line("need"), line("comment")], OURS, THEIRS)

    assert [(p.row, p.code) for p in found] == [
        (0, "mapping.duplicate_target"),
        (1, "mapping.duplicate_target"),
    ]


def test_two_lines_may_not_fill_one_field_of_the_agent():
    rows = [line("need", "title", direction="from_vendor"), line("need", "tel", direction="both")]

    assert {p.code for p in check(rows, OURS, THEIRS)} == {"mapping.duplicate_agent_field"}


def test_a_required_custom_field_without_a_line_is_named():
    must = VendorField(name="inn", label="ИНН", required=True, custom=True)
    found = check([], OURS, [*THEIRS, must])

    assert [(p.row, p.code, p.values["name"]) for p in found] == [
        (-1, "mapping.required_unmapped", "ИНН")
    ]


def test_suggestions_pass_the_checks_and_say_how_sure_they_are():
    found = suggest(OURS, THEIRS)
    pairs = {(one.row.agent_field, one.row.vendor_field) for one in found}

    assert {("phone", "tel"), ("budget", "price"), ("vip", "vip")} <= pairs
    assert all(0.6 <= one.confidence <= 1 for one in found)
    assert [one.confidence for one in found] == sorted((o.confidence for o in found), reverse=True)
    assert check([one.row for one in found], OURS, THEIRS) == []


def test_every_transform_can_be_spoken_of():
    assert len(set(TRANSFORMS)) == 10
