"""Runs migrations on the connection that `dashboard.store.migrate` hands over."""

from alembic import context

from dashboard.store import migrate

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=migrate.metadata(),
    render_as_batch=True,
    compare_type=True,
    include_object=migrate.is_ours,
)
with context.begin_transaction():
    context.run_migrations()
