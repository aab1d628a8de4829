"""`python -m tests.benchmarks [subject ...]`: all ratios, or those of the subjects, in a table."""

import importlib
import logging
import sys

from tests.benchmarks import table

# The page and the start first, while nothing else is warm.
SUBJECTS = ("page", "start", "action", "intake", "sync", "drain", "desk")


def main(chosen: list[str]) -> None:
    """Measure and print; an unknown subject is named."""
    if unknown := sorted(set(chosen) - set(SUBJECTS)):
        sys.exit(f"no such subject: {', '.join(unknown)}; there are {', '.join(SUBJECTS)}")
    logging.disable(logging.INFO)
    lines = [
        line
        for name in chosen or SUBJECTS
        for line in importlib.import_module(f"tests.benchmarks.{name}").lines()
    ]
    sys.stdout.write(f"{table.text(lines)}\n")


# Guarded: processes that a subject spawns import this module anew.
if __name__ == "__main__":
    main(sys.argv[1:])
