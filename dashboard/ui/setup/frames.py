"""What the fields of each step begin with."""

from collections.abc import Mapping

from dashboard.contracts.forms import Form
from dashboard.ui import live
from dashboard.ui.fields import Frame
from dashboard.ui.session import desk
from dashboard.ui.setup.state import SANDBOX, Setup


def account_frame(setup: Setup) -> Frame:
    """Credentials: what was typed, else the sandbox's sample ones, else the open fields."""
    link = setup.link()
    known: Mapping[str, object] = link.open_fields if link else {}
    return Frame(
        provider=setup.provider,
        prefix=f"setup.{setup.environment}.{setup.method}.{setup.attempt}",
        values={**known, **_samples(setup), **setup.typed.get("account", {})},
        masks={},
        live=live.nothing,
    )


def form_frame(setup: Setup, step: Form) -> Frame:
    """Settings: what was typed, else what is saved."""
    link = setup.link()
    saved = link.settings if link else {}
    return Frame(
        provider=setup.provider,
        prefix=f"setup.form.{step.name}.{setup.connection_id}",
        values={**saved, **setup.typed.get(step.name, {})},
        masks={},
        live=live.of(setup.connection_id, setup.provider),
    )


def _samples(setup: Setup) -> Mapping[str, str]:
    link = setup.link()
    if link is None or setup.environment != SANDBOX:
        return {}
    return desk().sandboxes.credentials(setup.provider, link.tenant, setup.method)
