"""How does Alembic reach the database? Over the connection it is given."""

from alembic import context

from smp.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table="smp_schema",
)
context.run_migrations()
