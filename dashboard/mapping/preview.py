"""What a mapping would do: to a real customer, and to awkward ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.mapping.apply import Defaults, from_vendor, to_vendor
from dashboard.mapping.known import AgentField
from dashboard.mapping.rules import MappingRow, Problem

LONG = 5000
ODD = "  «Ёлка» 😀 <b>O'Neil</b>; \u202eabc\t"
_ODD_BY_TYPE = {
    "number": "1 200,50 ₽",
    "date": "31.12.2026 23:59",
    "phone": "8 (921) 555-01-23",
    "email": " Anna.Petrova@Example.COM ",
    "boolean": "да",
}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One customer carried across both ways.

    Args:
        name: real | empty | long | odd
        given: The agent's values; empty while it has no example.
        taken: The vendor's values of a record; empty while nothing has been read.
    """

    name: str
    given: Mapping[str, Any] = field(default_factory=dict)
    taken: Mapping[str, Any] = field(default_factory=dict)
    to_vendor: Mapping[str, Any] = field(default_factory=dict)
    from_vendor: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def real(
    rows: Sequence[MappingRow],
    agent_values: Mapping[str, Any],
    vendor_values: Mapping[str, Any],
    defaults: Defaults,
) -> Sample:
    """A customer the agent knows, and a record the vendor has."""
    out, back = to_vendor(rows, agent_values, defaults), from_vendor(rows, vendor_values, defaults)
    return Sample(
        name="real",
        given=dict(agent_values),
        taken=dict(vendor_values),
        to_vendor=out.values,
        from_vendor=back.values,
        problems=(*out.problems, *back.problems),
    )


def awkward(
    rows: Sequence[MappingRow],
    agent_fields: Sequence[AgentField],
    limits: Mapping[str, int],
    defaults: Defaults,
) -> list[Sample]:
    """Customers who said nothing, far too much, or something odd.

    Args:
        limits: Vendor field -> its longest text.
    """
    customers: dict[str, dict[str, Any]] = {
        "empty": {one.name: "" for one in agent_fields},
        "long": {one.name: "а" * LONG for one in agent_fields if one.type == "text"},
        "odd": {one.name: _ODD_BY_TYPE.get(one.type, ODD) for one in agent_fields},
    }
    return [_sample(name, rows, values, limits, defaults) for name, values in customers.items()]


def too_long(
    rows: Sequence[MappingRow], values: Mapping[str, Any], limits: Mapping[str, int]
) -> list[Problem]:
    """Values that the vendor would cut off or refuse."""
    return [
        Problem(
            row=place,
            code="mapping.too_long",
            values={
                "field": row.vendor_label or row.vendor_field,
                "maximum": str(limits[row.vendor_field]),
            },
        )
        for place, row in enumerate(rows)
        if row.writes
        and limits.get(row.vendor_field)
        and len(str(values.get(row.vendor_field, ""))) > limits[row.vendor_field]
    ]


def _sample(
    name: str,
    rows: Sequence[MappingRow],
    values: Mapping[str, Any],
    limits: Mapping[str, int],
    defaults: Defaults,
) -> Sample:
    out = to_vendor(rows, values, defaults)
    problems = (*out.problems, *too_long(rows, out.values, limits))
    return Sample(name=name, given=values, to_vendor=out.values, problems=problems)
