"""Alembic's entry: run over the connection that migrate() holds."""

from alembic import context

from eer.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    version_table="eer_schema",
)
context.run_migrations()
