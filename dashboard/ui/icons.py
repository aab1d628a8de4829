"""Providers' icons as images that need no request of their own."""

from base64 import b64encode
from functools import cache

from dashboard import registry


@cache
def address(provider: str) -> str:
    """The provider's icon as a data address for Markdown."""
    return f"data:image/svg+xml;base64,{b64encode(registry.icon(provider).encode()).decode()}"


def image(provider: str) -> str:
    """The icon as Markdown; decorative, so it has no words."""
    return f"![]({address(provider)})"
