"""Sends a person to the vendor's consent page, with a way back that works once."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from dashboard import clock
from dashboard.contracts.manifest import OAuth2
from dashboard.store import flows
from dashboard.store.base import Session, new_id
from dashboard.store.connections import Connection, OAuthFlow
from dashboard.vault.vault import Vault

LASTS = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Trip:
    """What one trip needs to know.

    Args:
        owner: Who may come back: a staff session's hash, or `token:<id>`.
        actor: Who leaves, for the journal.
        typed: The open fields asked before leaving.
        hosts: Origins of the vendor for these fields.
    """

    owner: str
    redirect_uri: str
    client_id: str
    hosts: Mapping[str, str]
    typed: Mapping[str, str] = field(default_factory=dict)
    actor: Mapping[str, str] = field(default_factory=dict)


class Authorize:
    """Makes flows."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def begin(
        self, session: Session, connection: Connection, method: OAuth2, trip: Trip
    ) -> OAuthFlow:
        """A flow whose `authorization_url` the person opens; earlier ones of it end."""
        flows.supersede(session, connection.id, "oauth.superseded")
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        flow = OAuthFlow(
            id=new_id("flw"),
            state_hash=hashed(state),
            connection_id=connection.id,
            owner=trip.owner,
            redirect_uri=trip.redirect_uri,
            authorization_url=_url(method, trip, state, verifier),
            expires_at=clock.now() + LASTS,
        )
        session.add(flow)
        session.flush()
        kept = {
            "method": method.id,
            "verifier": verifier,
            "typed": dict(trip.typed),
            "actor": dict(trip.actor),
        }
        self._vault.seal(session, owner(flow.id), "verifier", json.dumps(kept))
        return flow


def hashed(state: str) -> str:
    """What the database keeps of a state."""
    return hashlib.sha256(state.encode()).hexdigest()


def owner(flow_id: str) -> str:
    """Under which name the vault keeps a flow's secrets."""
    return f"flow:{flow_id}"


def _url(method: OAuth2, trip: Trip, state: str, verifier: str) -> str:
    params = {"client_id": trip.client_id, "state": state}
    if method.standard_params:
        params |= {
            "redirect_uri": trip.redirect_uri,
            "response_type": "code",
            "scope": " ".join(scope.name for scope in method.scopes),
        }
        if method.pkce:
            challenge = create_s256_code_challenge(verifier)
            params |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    wanted = {**params, **method.authorize_params}
    page = trip.hosts[method.authorize.host] + method.authorize.path
    return str(add_params_to_uri(page, [(k, v) for k, v in wanted.items() if v]))
