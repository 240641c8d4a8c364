"""Alembic runs this: one transaction for all steps, where the database can."""

from alembic import context

from harness.service.schema import metadata

with context.config.attributes["engine"].begin() as connection:
    if connection.dialect.name == "postgresql":
        # Held until the commit: of several that start at once one migrates, and the others find it done.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20261130)")
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
