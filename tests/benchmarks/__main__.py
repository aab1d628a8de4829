"""`python -m tests.benchmarks`: every ratio, in one table."""

import logging
import sys

from tests.benchmarks import action, page, sync, table


def main() -> None:
    """Measure and print; the page first, while nothing else is warm."""
    logging.disable(logging.INFO)
    lines = [*page.lines(), *action.lines(), *sync.lines()]
    sys.stdout.write(f"{table.text(lines)}\n")


main()
