"""Values are carried across as people mean them, or not at all."""

import pytest

from dashboard.mapping.apply import Defaults, from_vendor, to_vendor
from dashboard.mapping.rules import MappingRow


def line(transform="none", argument="", **changes):
    given = {"agent_field": "a", "vendor_field": "v", **changes}
    return MappingRow(transform=transform, argument=argument, **given)


def carried(row, value, **more):
    return to_vendor([row], {"a": value, **more}, Defaults(time_zone="Europe/Moscow"))


@pytest.mark.parametrize(
    ("row", "given", "made"),
    [
        (line(), "  как есть ", "  как есть "),
        (line("trim"), "  Анна   Петрова\t", "Анна Петрова"),
        (line("lower"), " Anna@Example.COM ", "anna@example.com"),
        (line("phone_e164"), "8 (921) 555-01-23", "+79215550123"),
        (line("phone_e164", "DE"), "030 123456", "+4930123456"),
        (line("phone_e164"), "+44 20 7946 0958", "+442079460958"),
        (line("number"), "1 200,50 ₽", 1200.5),
        (line("number"), "1\u00a0200,50\u202fруб.", 1200.5),
        (line("number"), "$1,200.50", 1200.5),
        (line("number"), "1.200,50 €", 1200.5),
        (line("number"), "1,200", 1200),
        (line("number"), "0,125", 0.125),
        (line("number"), "1.200.000", 1200000),
        (line("number"), "-15", -15),
        (line("number", "0"), "2,5", 3),
        (line("number"), 7, 7),
        (line("date"), "24.11.2026 15:30", "2026-11-24T15:30:00+03:00"),
        (line("date", "date"), "2026-11-24T23:30:00+00:00", "2026-11-25"),
        (line("date", "date UTC"), "2026-11-24T23:30:00+00:00", "2026-11-24"),
        (line("date", "unix"), "1970-01-02T03:00:00+03:00", 86400),
        (line("date", vendor_type="date"), "24.11.2026", "2026-11-24"),
        (line("date"), "1764000000", "2025-11-24T19:00:00+03:00"),
        (line("enum", {"Горячий": "1", "*": "9"}), " горячий ", "1"),
        (line("enum", {"Горячий": "1", "*": "9"}), "тёплый", "9"),
        (line("enum", "hot=1; cold=2", vendor_type="enums"), ["hot", "cold"], ["1", "2"]),
        (line("constant", "сайт"), "", "сайт"),
        (line("constant", "да", vendor_type="boolean"), "", True),
        (line("join", "a, b"), "Анна", "Анна Петрова"),
        (line("join", {"fields": ["b"], "separator": ", "}), "Анна", "Анна, Петрова"),
        (line("first_non_empty", "a, b"), "  ", "Петрова"),
        (line(vendor_type="boolean"), "нет", False),
    ],
)
def test_a_value_is_carried_as_it_is_meant(row, given, made):
    done = carried(row, given, b="Петрова")

    assert done.problems == ()
    assert done.values == {"v": made}


@pytest.mark.parametrize(
    ("row", "given", "code"),
    [
        (line("phone_e164"), "позвоните мне", "bad_phone"),
        (line("phone_e164"), "12", "bad_phone"),
        (line("number"), "от 100 до 200", "bad_number"),
        (line("number"), "много", "bad_number"),
        (line("number"), "nan", "bad_number"),
        (line("number"), "1e999", "bad_number"),
        (line("number"), True, "bad_number"),
        (line("date"), "завтра", "bad_date"),
        (line("date"), "31.02.2026", "bad_date"),
        (line("enum", {"hot": "1"}), "warm", "enum_unmapped"),
        (line(vendor_type="boolean"), "может быть", "bad_boolean"),
        (line(required=True), "  ", "value_required"),
    ],
)
def test_a_value_without_sense_is_a_problem_and_no_value(row, given, code):
    done = carried(row, given)

    assert done.values == {}
    assert [(one.row, one.code) for one in done.problems] == [(0, f"mapping.{code}")]


@pytest.mark.parametrize("empty", [None, "", "  ", [], {}])
def test_what_the_agent_does_not_know_is_left_out(empty):
    assert carried(line("number"), empty).values == {}


@pytest.mark.parametrize(
    ("row", "given", "made"),
    [
        (line("enum", {"Горячий": "1"}, direction="both"), "1", "Горячий"),
        (line("enum", {"Горячий": "1"}, direction="both"), ["1", "5"], "Горячий, 5"),
        (line("phone_e164", direction="both"), "8 921 555 01 23", "+79215550123"),
        (line("date", direction="from_vendor"), 86400, None),
        (line("date", direction="both"), "2026-11-24", "2026-11-24T00:00:00+03:00"),
        (line(direction="both"), ["a", "b"], "a, b"),
        (line(direction="to_vendor"), "x", None),
    ],
)
def test_the_way_back(row, given, made):
    done = from_vendor([row], {"v": given}, Defaults(time_zone="Europe/Moscow"))

    assert done.values.get("a") == made
