"""One line per measurement, printed as the table that stands in the README."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Line:
    """What was measured: ours against the yardstick of the same run."""

    what: str
    ours: str
    yardstick: str
    ratio: str
    aim: str


HEAD = Line(what="measured", ours="desk", yardstick="yardstick", ratio="ratio", aim="aim")
RULE = Line(what="---", ours="---", yardstick="---", ratio="---", aim="---")


def text(lines: Iterable[Line]) -> str:
    """The lines as a Markdown table, padded for reading as it is."""
    rows = [_cells(line) for line in (HEAD, RULE, *lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        f"| {' | '.join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))} |"
        for row in rows
    )


def _cells(line: Line) -> tuple[str, ...]:
    return (line.what, line.ours, line.yardstick, line.ratio, line.aim)
