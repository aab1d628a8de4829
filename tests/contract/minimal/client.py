"""How to reach Minimal as one account."""

from dashboard.contracts.accounts import Account, Revocation
from dashboard.kit.access import Access
from dashboard.kit.http import Client


def connect(access: Access) -> Client:
    """A client that carries the account's key."""
    return Client(access, headers={"authorization": f"Bearer {access.credentials['api_key']}"})


def identify(client: Client) -> Account:
    """Whose key it is."""
    row = client.get("/me", holds="id")
    return Account(id=row["id"], name=row["name"])


def revoke(client: Client) -> Revocation:
    """Withdraw the key."""
    client.call("DELETE", "/me/key", safe=True)
    return Revocation(revoked=True)
