"""What keeps the desk from working, in codes that monitoring can read."""

from dashboard.assembly import Dashboard
from dashboard.contracts.errors import Refusal
from dashboard.store import pulse


def problems(desk: Dashboard) -> list[str]:
    """`database`, `migrations` or a refusal's code; empty when all is well."""
    if not pulse.answers(desk.store):
        return ["database"]
    if not pulse.is_current(desk.store):
        return ["migrations"]
    try:
        desk.vault.check_key(desk.store)
    except Refusal as refusal:
        return [refusal.code]
    return []
