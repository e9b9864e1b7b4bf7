"""What Alembic runs to bring a ledger up to date: on the connection it is given, in that one's transaction."""

from alembic import context

from notices.ledger.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
