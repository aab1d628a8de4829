"""Providers that are there for a test and gone after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import providers
from dashboard import registry


@contextmanager
def visiting(root: Path) -> Iterator[None]:
    """Providers of one more folder, for as long as the block lasts.

    Other suites run over the providers of the house only.
    """
    registry.discover(root)
    try:
        yield
    finally:
        providers.__path__.remove(str(root))
        registry.ids.cache_clear()
