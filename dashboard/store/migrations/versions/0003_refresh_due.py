"""When tokens are to be renewed, and leases by the database's own clock.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SET = sa.text("refresh_due_at IS NOT NULL")


def upgrade() -> None:
    """Every known token is looked at by its end at the latest; leases begin anew."""
    op.add_column("connection", sa.Column("refresh_due_at", sa.DateTime(timezone=True)))
    op.create_index(
        "connection_refresh_due",
        "connection",
        ["refresh_due_at"],
        sqlite_where=_SET,
        postgresql_where=_SET,
    )
    op.execute(
        "UPDATE connection SET refresh_due_at = token_expires_at"
        " WHERE state IN ('authorized', 'active', 'degraded')"
    )
    op.drop_table("lease")
    op.create_table(
        "lease",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("cut_off", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def downgrade() -> None:
    """Back to leases by the processes' clocks."""
    op.drop_table("lease")
    op.create_table(
        "lease",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.drop_index("connection_refresh_due", "connection")
    op.drop_column("connection", "refresh_due_at")
