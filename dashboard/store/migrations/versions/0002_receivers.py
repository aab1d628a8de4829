"""Receivers have lines, health and one try at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OPEN = sa.text("next_attempt_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "receiver",
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("strained", sa.Boolean(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("connection_id"),
    )
    op.create_table(
        "occurrence",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("occurrence_order", "occurrence", ["connection_id", "seq"])
    _widen_deliveries()


def _widen_deliveries() -> None:
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("position", sa.BigInteger(), nullable=False, server_default="0")
        )
        batch_op.add_column(sa.Column("taken_by", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("takes", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE delivery SET next_attempt_at = created_at"
        " WHERE state IN ('pending', 'delivering') AND next_attempt_at IS NULL"
    )
    for name, column in (("delivery_due", "next_attempt_at"), ("delivery_line", "position")):
        op.create_index(
            name,
            "delivery",
            ["connection_id", column],
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        )
    op.create_index("delivery_past", "delivery", ["connection_id", "state", "created_at"])


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
