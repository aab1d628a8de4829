"""What keeps the desk from working, in codes that monitoring can read."""

import sqlalchemy as sa

from dashboard.assembly import Dashboard
from dashboard.contracts.errors import Refusal
from dashboard.store import pulse


def problems(desk: Dashboard) -> list[str]:
    """`database`, `migrations`, a refusal's code, `engine`; empty when all is well.

    `engine` means that this process is meant to do jobs and its part of the job engine has
    stopped, or that the queues cannot be read.
    """
    if not pulse.answers(desk.store):
        return ["database"]
    try:
        if not pulse.is_current(desk.store):
            return ["migrations"]
        desk.vault.compare_key(desk.store)
    except Refusal as refusal:
        return [refusal.code]
    except sa.exc.SQLAlchemyError:
        return ["database"]
    return [] if desk.jobs.is_well() else ["engine"]
