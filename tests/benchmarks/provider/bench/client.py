"""Plain bearer keys."""

from dashboard.kit.access import Access
from dashboard.kit.http import Client


def connect(access: Access) -> Client:
    """A client with the key in its header."""
    return Client(access, headers={"authorization": f"Bearer {access.credentials['api_key']}"})
