"""How a connection is told."""

from typing import Any

from dashboard import registry
from dashboard.api.problems import vendor_sentence
from dashboard.api.shapes import Account, ConnectionShape, Status, Trouble
from dashboard.contracts.manifest import Manifest
from dashboard.queries.overview import Link
from dashboard.texts import has, problem, told

_PROVEN = ("active", "degraded", "needs_reauth")


def connection(link: Link, language: str) -> ConnectionShape:
    """A connection without its secrets."""
    return ConnectionShape(
        id=link.id,
        agent_id=link.agent_id,
        integration_id=link.provider,
        environment=link.environment,
        method=link.method,
        state=link.state,
        status=status(link),
        account=account(link),
        config=settings(registry.manifest(link.provider), link),
        events=list(link.events),
        granted_scopes=list(link.granted_scopes),
        paused=link.paused,
        last_sync_at=link.last_sync_at,
        next_sync_at=link.next_due_at,
        checked_at=link.checked_at,
        error=trouble(link, link.provider, language),
    )


def status(link: Link | None) -> Status:
    """The owner's three words: available, connected, configured."""
    if link is None or link.state not in _PROVEN:
        return "available"
    return "configured" if link.configured_at else "connected"


def account(link: Link) -> Account | None:
    """The account behind it, None before it was proven."""
    if not link.account_id:
        return None
    return Account(
        id=link.account_id,
        name=link.account_name,
        url=link.account_url,
        details=link.account_details,
    )


def settings(manifest: Manifest, link: Link) -> dict[str, Any]:
    """What staff chose; a secret among it is left out."""
    hidden = manifest.secret_names()
    shown = {**link.open_fields, **link.settings}
    return {name: value for name, value in shown.items() if name not in hidden}


def trouble(row: Any, provider: str, language: str) -> Trouble | None:
    """What a row's `error_code` and `error_reason` say, None when nothing is wrong."""
    code = row.error_code
    if not code:
        return None
    return Trouble(
        code=code,
        detail=sentence(provider, language, code),
        reason=told(language, getattr(row, "error_reason", "")),
        at=getattr(row, "error_at", None),
    )


def sentence(provider: str, language: str, code: str) -> str:
    """The sentence of a stored code: a refusal's, a vendor failure's, or the code itself."""
    try:
        if "." in code and has(code):
            return problem(language, code)
        return vendor_sentence(provider, language, code, code)
    except KeyError:
        return code
