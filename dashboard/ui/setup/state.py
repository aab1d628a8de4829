"""Where a person stands in set-up; kept in the session, so that nothing typed is lost."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard import registry
from dashboard.connections.check import TestResult
from dashboard.contracts.forms import Guide, SignIn, Step
from dashboard.contracts.manifest import Manifest
from dashboard.queries.overview import Link
from dashboard.ui import dialogs
from dashboard.ui.session import desk

LIVE, SANDBOX = "live", "sandbox"
PLACE = "setup"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The last step: the connection test that turns the card green."""

    name: str = "proof"


@dataclass(kw_only=True)
class Setup:
    """One person's way through one set-up.

    Args:
        kind: setup, or login for signing in again.
        attempt: Grows with every try to sign in, so that the button begins afresh.
        typed: Step -> field -> value, as last seen.
    """

    agent_id: str
    provider: str
    kind: str
    connection_id: str = ""
    environment: str = LIVE
    method: str = ""
    step: int = 0
    attempt: int = 0
    flow_id: str = ""
    authorization_url: str = ""
    redirect_uri: str = ""
    account: str = ""
    typed: dict[str, dict[str, Any]] = field(default_factory=dict)
    proof: TestResult | None = None

    @property
    def manifest(self) -> Manifest:
        """The provider's manifest."""
        return registry.manifest(self.provider)

    def steps(self) -> list[Step | Proof]:
        """The steps that apply: signing in again skips settings, a sandbox needs no guide."""
        own = self.manifest.steps
        if self.kind == dialogs.LOGIN:
            own = tuple(step for step in own if isinstance(step, SignIn))
        elif self.environment == SANDBOX:
            own = tuple(step for step in own if not isinstance(step, Guide))
        return [*own, Proof()]

    def now(self) -> Step | Proof:
        """The step that is shown."""
        steps = self.steps()
        return steps[min(self.step, len(steps) - 1)]

    def forget_sign_in(self) -> None:
        """Begin the trip to the vendor anew."""
        self.attempt += 1
        self.flow_id = self.authorization_url = ""

    def link(self) -> Link | None:
        """The connection as it is in the database."""
        return (
            desk().queries.overview.connection(self.connection_id) if self.connection_id else None
        )


def current(agent_id: str) -> Setup | None:
    """The set-up of the open dialog, begun when there is none yet."""
    kind, provider = dialogs.opened()
    if kind not in (dialogs.SETUP, dialogs.LOGIN):
        return None
    found = st.session_state.get("setup")
    if isinstance(found, Setup) and (found.agent_id, found.provider) == (agent_id, provider):
        return found
    begun = _begin(agent_id, provider, kind)
    st.session_state["setup"] = begun
    return begun


def held() -> Setup:
    """The set-up, in callbacks."""
    found: Setup = st.session_state["setup"]
    return found


def _begin(agent_id: str, provider: str, kind: str) -> Setup:
    setup = Setup(agent_id=agent_id, provider=provider, kind=kind)
    setup.method = setup.manifest.auth[0].id
    link = desk().queries.overview.living(agent_id, provider)
    if link is None:
        return setup
    setup.connection_id = link.id
    setup.environment, setup.method = link.environment, link.method or setup.method
    setup.account = link.account_name
    if kind == dialogs.SETUP and link.state == "authorized":
        names = [isinstance(step, SignIn) for step in setup.steps()]
        setup.step = names.index(True) + 1
    return setup
