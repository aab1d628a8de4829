"""Runs of flows."""

from collections.abc import Mapping
from typing import Any

from dashboard.contracts.records import Run
from dashboard.kit.http import Client
from dashboard.kit.moments import from_unix


def runs(row: Mapping[str, Any], _client: Client) -> Run:
    """One row of GET /runs."""
    return Run(
        external_id=row["id"], title=row["flow"], updated_at=from_unix(row["at"]), status="accepted"
    )
