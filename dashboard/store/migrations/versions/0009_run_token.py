"""A run remembers which API token asked for it: that one may not approve it.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "action_run",
        sa.Column("requested_token", sa.String(), nullable=False, server_default=""),
    )


def downgrade() -> None:
    op.drop_column("action_run", "requested_token")
