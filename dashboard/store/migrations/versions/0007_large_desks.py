"""Lists, counts and next pages of large desks are read from indexes.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_LIVING = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    op.drop_index("record_by_time", table_name="record")
    op.create_index(
        "record_living",
        "record",
        ["connection_id", "stream", "updated_at", "external_id"],
        sqlite_where=_LIVING,
        postgresql_where=_LIVING,
    )
    op.create_index("agent_by_name", "agent", ["name", "id"])


def downgrade() -> None:
    op.drop_index("agent_by_name", table_name="agent")
    op.drop_index("record_living", table_name="record")
    op.create_index(
        "record_by_time", "record", ["connection_id", "stream", "updated_at", "external_id"]
    )
