"""Events wait for a login or a person; what is still to be processed has an index of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OPEN = sa.text("processed_at IS NULL")


def upgrade() -> None:
    op.add_column(
        "connection",
        sa.Column("hold_events", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    # A replayed event kept the moment of its first end; from now on only what has ended has one.
    op.execute("UPDATE event SET processed_at = NULL WHERE state IN ('received', 'processing')")
    op.drop_index("event_waiting", "event")
    op.create_index(
        "event_open",
        "event",
        ["connection_id", "received_at", "id"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    op.execute("UPDATE event SET state = 'received' WHERE state = 'held'")
    op.execute("UPDATE event SET state = 'dead' WHERE state = 'dropped'")
    op.drop_index("event_open", "event")
    op.create_index("event_waiting", "event", ["state", "received_at"])
    op.drop_column("connection", "hold_events")
