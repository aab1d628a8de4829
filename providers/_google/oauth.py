"""Google's sign-in: endpoints, scopes of the account, and how a grant is taken back.

Source: developers.google.com/identity/protocols/oauth2/web-server and the discovery document
oauth2 v2, read 2026-11-23.
"""

from dataclasses import dataclass
from datetime import date

from dashboard.contracts.accounts import Revocation
from dashboard.contracts.errors import Rejected
from dashboard.contracts.manifest import Endpoint, Scope, Source
from dashboard.kit.access import Access
from dashboard.kit.http import Client, required

SOURCE = Source(
    "https://developers.google.com/identity/protocols/oauth2/web-server", date(2026, 11, 23)
)
AUTH_HOST = "https://accounts.google.com"
TOKEN_HOST = "https://oauth2.googleapis.com"  # noqa: S105 - an origin, not a secret
AUTHORIZE = Endpoint("auth", "/o/oauth2/v2/auth")
TOKEN = Endpoint("token", "/token")

# A refresh token comes only with offline access, and on a second login only with consent.
AUTHORIZE_PARAMS = {"access_type": "offline", "prompt": "consent"}

# Asked by its full name, because the token answer names it so even when "email" was asked.
EMAIL = Scope("https://www.googleapis.com/auth/userinfo.email", ("account",))
OPENID = Scope("openid", ("account",))


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who signed in; `id` stays when the address changes."""

    id: str
    email: str


def person(client: Client, host: str = "api") -> Person:
    """Who is behind the access token. `host` must be www.googleapis.com."""
    row = client.get("/oauth2/v2/userinfo", host=host, holds="id")
    return Person(id=required(row, "id"), email=str(row.get("email", "")))


def revoke(access: Access) -> Revocation:
    """Take the whole grant back at Google; an already dead one counts as taken back."""
    credentials = access.credentials
    given = credentials.get("refresh_token") or credentials.get("access_token", "")
    try:
        # Without the bearer header: an expired access token must not stand in the way.
        Client(access).call("POST", "/revoke", host=TOKEN.host, form={"token": given}, safe=True)
    except Rejected as refused:
        if refused.status != 400:
            raise
    return Revocation(revoked=True)
