"""Runs know who runs them and are found while open; the journal has a head."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('proposed', 'approved', 'running', 'unknown')")


def upgrade() -> None:
    with op.batch_alter_table("action_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("executor", sa.String(), nullable=False, server_default=""))
    op.create_index(
        "action_run_open",
        "action_run",
        ["state", "created_at"],
        unique=False,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _count_what_is_there()


def _count_what_is_there() -> None:
    """No key is at hand here: the first start of this version seals the head."""
    entry = sa.table("audit_entry", sa.column("seq"), sa.column("hash"))
    newest = sa.select(entry.c.hash).order_by(entry.c.seq.desc()).limit(1).scalar_subquery()
    count = sa.select(sa.func.count()).select_from(entry).scalar_subquery()
    first = sa.literal("0" * 64)
    head = sa.table("audit_head", *map(sa.column, ("id", "entries", "hash", "seal")))
    values = sa.select(sa.literal(1), count, sa.func.coalesce(newest, first), sa.literal(""))
    op.execute(sa.insert(head).from_select(["id", "entries", "hash", "seal"], values))


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
