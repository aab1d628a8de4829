"""Moments of health probes and of webhook renewals.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_MOMENTS = {"probe_due_at": "connection_probe_due", "hook_due_at": "connection_hook_due"}


def upgrade() -> None:
    """Working connections are looked at soon; what is found sets their next moments."""
    for column, index in _MOMENTS.items():
        op.add_column("connection", sa.Column(column, sa.DateTime(timezone=True)))
        is_set = sa.text(f"{column} IS NOT NULL")
        op.create_index(index, "connection", [column], sqlite_where=is_set, postgresql_where=is_set)
    op.execute(
        "UPDATE connection SET hook_due_at = COALESCE(connected_at, created_at)"
        " WHERE subscription_expires_at IS NOT NULL AND state IN ('active', 'degraded')"
    )
    op.execute(
        "UPDATE connection SET probe_due_at = COALESCE(connected_at, created_at)"
        " WHERE state IN ('active', 'degraded')"
    )


def downgrade() -> None:
    """Without them."""
    for column, index in _MOMENTS.items():
        op.drop_index(index, "connection")
        op.drop_column("connection", column)
