"""Lines of a mapping, and what can be wrong with them before any value is seen."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.contracts.accounts import VendorField
from dashboard.mapping import arguments
from dashboard.mapping.known import AgentField

DIRECTIONS = ("to_vendor", "from_vendor", "both")
TRANSFORMS = (
    "none",
    "trim",
    "lower",
    "phone_e164",
    "date",
    "number",
    "enum",
    "constant",
    "join",
    "first_non_empty",
)
# These make one value of several, or of none, so there is no way back.
ONE_WAY = ("constant", "join", "first_non_empty")

_TEXTS = frozenset({"text", "url", "email", "phone"})
_AS_IS = {
    "text": _TEXTS,
    "phone": frozenset({"phone", "text"}),
    "email": frozenset({"email", "text"}),
    "number": frozenset({"number", "text"}),
    "date": frozenset({"text"}),
    "boolean": frozenset({"boolean", "text"}),
}
_MADE = {
    "phone_e164": frozenset({"phone", "text"}),
    "date": frozenset({"date", "datetime", "text", "number"}),
    "number": frozenset({"number", "text"}),
    "enum": frozenset({"enum", "enums", "text", "boolean", "number"}),
    "join": _TEXTS,
    "first_non_empty": _TEXTS,
}
# What an agent's field can take from the vendor as it is; a text takes anything.
_BACK = {
    "number": frozenset({"number"}),
    "date": frozenset({"date", "datetime"}),
    "boolean": frozenset({"boolean"}),
}
_BACK_BY = {"number": "number", "date": "date"}


@dataclass(frozen=True, kw_only=True)
class MappingRow:
    """One line.

    Args:
        argument: What the transform needs, as text or as named parts; see arguments.py.
        required: A missing value stops the action instead of being left out.
        vendor_label, vendor_type: Of the vendor's field when the line was saved.
    """

    agent_field: str = ""
    vendor_field: str
    direction: str = "to_vendor"
    transform: str = "none"
    argument: Any = ""
    required: bool = False
    vendor_label: str = ""
    vendor_type: str = ""

    @property
    def writes(self) -> bool:
        """True when it goes to the vendor."""
        return self.direction in ("to_vendor", "both")

    @property
    def reads(self) -> bool:
        """True when it comes from the vendor."""
        return self.direction in ("from_vendor", "both")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with a line: a text key and its values.

    Args:
        row: Counted from 0; -1 when it is about the mapping as a whole.
    """

    row: int
    code: str
    values: Mapping[str, str] = field(default_factory=dict)


def check(
    rows: Sequence[MappingRow],
    agent_fields: Iterable[AgentField],
    vendor_fields: Iterable[VendorField],
) -> list[Problem]:
    """Everything that is wrong, line by line; empty when the mapping may be saved."""
    ours = {one.name: one for one in agent_fields}
    theirs = {one.name: one for one in vendor_fields}
    found = [
        Problem(row=place, code=f"mapping.{code}", values=values)
        for place, row in enumerate(rows)
        for code, values in _wrong(row, ours, theirs)
    ]
    return [*found, *_doubles(rows, theirs), *_unmapped(rows, theirs.values())]


Wrong = Iterable[tuple[str, dict[str, str]]]


def _wrong(
    row: MappingRow, ours: Mapping[str, AgentField], theirs: Mapping[str, VendorField]
) -> Wrong:
    if row.transform not in TRANSFORMS or row.direction not in DIRECTIONS:
        yield "bad_row", {"name": row.transform}
        return
    if row.transform != "constant" and row.agent_field not in ours:
        yield "unknown_agent_field", {"name": row.agent_field or "—"}
        return
    target = theirs.get(row.vendor_field)
    if target is None:
        yield "unknown_vendor_field", {"name": row.vendor_label or row.vendor_field or "—"}
        return
    if row.writes and target.read_only:
        yield "read_only", {"name": target.label}
    if row.reads and row.transform in ONE_WAY:
        yield "one_way", {}
    yield from _bad_argument(row, target, ours)
    yield from _mismatch(row, ours.get(row.agent_field), target)


def _bad_argument(row: MappingRow, target: VendorField, ours: Mapping[str, AgentField]) -> Wrong:
    try:
        parsed = arguments.parse(row.transform, row.argument)
    except ValueError as odd:
        yield (
            ("constant_empty" if row.transform == "constant" else "bad_argument"),
            {"name": str(odd)},
        )
        return
    for name in parsed.fields:
        if name not in ours:
            yield "unknown_agent_field", {"name": name}
    if row.transform == "constant":
        yield from _bad_constant(parsed.value, target)
    if row.transform == "enum" and target.options:
        for chosen in parsed.pairs.values():
            if option(target, chosen) is None:
                yield "not_an_option", {"name": chosen, "field": target.label}


def _bad_constant(value: str, target: VendorField) -> Wrong:
    if target.options and option(target, value) is None:
        yield "not_an_option", {"name": value, "field": target.label}
    if target.max_length and len(value) > target.max_length:
        yield "too_long", {"maximum": str(target.max_length), "field": target.label}
    if target.type == "number" and not value.lstrip("-").replace(".", "", 1).isdigit():
        yield "type_mismatch", {"ours": "text", "theirs": target.type}


def _mismatch(row: MappingRow, ours: AgentField | None, target: VendorField) -> Wrong:
    if ours is None or row.transform == "constant":
        return
    if row.writes:
        fits = _MADE.get(row.transform) or _AS_IS.get(ours.type, _TEXTS)
        if target.type not in fits:
            yield "type_mismatch", {"ours": ours.type, "theirs": target.type}
            return
    made = row.transform == _BACK_BY.get(ours.type)
    if row.reads and not made and target.type not in _BACK.get(ours.type, {target.type}):
        yield "type_mismatch", {"ours": ours.type, "theirs": target.type}


def option(target: VendorField, chosen: str) -> str | None:
    """The value of an option that was given by value or by label, None when there is none."""
    wanted = chosen.strip().casefold()
    for value, label in target.options:
        if wanted in (value.casefold(), label.strip().casefold()):
            return value
    return None


def _doubles(rows: Sequence[MappingRow], theirs: Mapping[str, VendorField]) -> Iterable[Problem]:
    written = Counter(row.vendor_field for row in rows if row.writes)
    read = Counter(row.agent_field for row in rows if row.reads)
    for place, row in enumerate(rows):
        label = theirs[row.vendor_field].label if row.vendor_field in theirs else row.vendor_field
        if row.writes and written[row.vendor_field] > 1:
            yield Problem(row=place, code="mapping.duplicate_target", values={"name": label})
        elif row.reads and read[row.agent_field] > 1:
            named = {"name": row.agent_field}
            yield Problem(row=place, code="mapping.duplicate_agent_field", values=named)


def _unmapped(rows: Sequence[MappingRow], theirs: Iterable[VendorField]) -> Iterable[Problem]:
    """Required custom fields; the standard ones are filled by the actions themselves."""
    written = {row.vendor_field for row in rows if row.writes}
    for one in theirs:
        if one.required and one.custom and not one.read_only and one.name not in written:
            yield Problem(row=-1, code="mapping.required_unmapped", values={"name": one.label})
