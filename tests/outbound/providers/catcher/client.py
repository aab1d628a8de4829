"""Whoever knows the address may post to it."""

from dashboard.kit.access import Access
from dashboard.kit.http import Client


def connect(access: Access) -> Client:
    """A client of that address."""
    return Client(access)
