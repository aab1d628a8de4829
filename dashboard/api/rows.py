"""Lines of a mapping on their way in and out."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from dashboard.api.needs import Body
from dashboard.api.shapes import MappingRowShape
from dashboard.mapping.rules import MappingRow

Direction = Literal["to_vendor", "from_vendor", "both"]


class RowBody(Body):
    """One line of a mapping."""

    agent_field: str = Field(max_length=200)
    vendor_field: str = Field(max_length=200)
    direction: Direction = "both"
    transform: str = Field("none", max_length=50)
    argument: Any = ""
    required: bool = False


def parsed(lines: Sequence[RowBody]) -> list[MappingRow]:
    """The lines as the mapping room takes them."""
    return [MappingRow(**line.model_dump()) for line in lines]


def shape(row: MappingRow) -> MappingRowShape:
    """A line as the API tells it."""
    names = MappingRowShape.model_fields
    return MappingRowShape(**{name: getattr(row, name) for name in names})
