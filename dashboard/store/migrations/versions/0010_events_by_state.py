"""Events of a connection in one state are read from an index, in order of time.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("event_by_state", "event", ["connection_id", "state", "received_at", "id"])


def downgrade() -> None:
    op.drop_index("event_by_state", table_name="event")
