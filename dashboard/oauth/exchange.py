"""Takes a person back from the consent page: once, in time, in the same browser."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboard import clock
from dashboard.contracts.errors import Refusal
from dashboard.contracts.manifest import OAuth2
from dashboard.oauth.authorize import hashed, owner
from dashboard.store import flows
from dashboard.store.base import Session
from dashboard.store.connections import OAuthFlow
from dashboard.vault.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What was put aside when the person left; `actor` is who left."""

    method: str
    verifier: str = field(repr=False)
    actor: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)


def take(session: Session, state: str, came: str) -> OAuthFlow:
    """The flow behind a state, which nobody can take a second time.

    Args:
        came: Who came back, as `Trip.owner` names them.
    Raises:
        Refusal: `oauth.unknown_state`, `oauth.other_browser` or `oauth.expired`.
    """
    flow = flows.by_state(session, hashed(state)) if state else None
    if flow is None:
        raise Refusal("oauth.unknown_state", 400)
    if not _may_return(flow, came):
        raise Refusal("oauth.other_browser", 403)
    if flow.expires_at <= clock.now():
        raise Refusal("oauth.expired", 410)
    if not flows.spend(session, flow):
        raise Refusal("oauth.unknown_state", 400)
    return flow


def kept(session: Session, vault: Vault, flow: OAuthFlow) -> Kept:
    """What was put aside for this flow; it is gone afterwards.

    Raises:
        Refusal: `oauth.unknown_state` when it was taken before.
    """
    text = vault.open(session, owner(flow.id), "verifier")
    if text is None:
        raise Refusal("oauth.unknown_state", 400)
    vault.forget(session, owner(flow.id))
    return Kept(**json.loads(text))


def question(flow: OAuthFlow, method: OAuth2, code: str, verifier: str) -> dict[str, str]:
    """What the token endpoint is asked, besides the app."""
    proof = {"code_verifier": verifier} if method.pkce and method.standard_params else {}
    return {"code": code, "redirect_uri": flow.redirect_uri, **proof}


def _may_return(flow: OAuthFlow, came: str) -> bool:
    """A flow begun over the API has no browser of its own: whoever holds its link finishes it."""
    return flow.owner.startswith("token:") or flow.owner == came
