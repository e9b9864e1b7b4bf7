"""Order of entry: the place of each list and payment among the events, and answers about late payments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notices.ledger.migrations.sealing import seal_table

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Both are found by their events; what has none (an import of old data) is placed by its time.
PAYMENTS = """
UPDATE payments SET entered_event = COALESCE(
    (SELECT MIN(events.id) FROM events
      WHERE events.what = 'payment' AND events.kind = 'payment-added' AND events.what_id = payments.id),
    (SELECT MAX(events.id) FROM events WHERE events.at <= payments.entered_at),
    0)
"""
# The first list of a batch came with its plan, each further one with an addition of accounts, in the same order.
LISTS = """
UPDATE lists SET planned_event = COALESCE(
    (SELECT MIN(events.id) FROM events
      WHERE events.what = 'batch' AND events.what_id = lists.batch_id
        AND events.kind IN ('planned', 'accounts-added')
        AND (SELECT COUNT(*) FROM events AS before
              WHERE before.what = 'batch' AND before.what_id = lists.batch_id
                AND before.kind IN ('planned', 'accounts-added') AND before.id < events.id)
          = (SELECT COUNT(*) FROM lists AS older WHERE older.batch_id = lists.batch_id AND older.id < lists.id)),
    (SELECT MAX(events.id) FROM events WHERE events.at <= lists.received_at),
    0)
"""


def upgrade() -> None:
    """Add the columns, place what is on record, and add the table of answers."""
    op.add_column("payments", sa.Column("entered_event", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("lists", sa.Column("planned_event", sa.Integer(), nullable=False, server_default="0"))
    op.execute(PAYMENTS)
    op.execute(LISTS)
    op.create_table(
        "payment_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("in_list", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_payment_answers_payment_id"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_payment_answers_batch_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_answers"),
    )
    op.create_index("ix_payment_answers_payment_id", "payment_answers", ["payment_id"])
    seal_table("payment_answers", "payments", "payment_id")


def downgrade() -> None:
    """Refuse to downgrade: payments would be compared by clocks again."""
    raise NotImplementedError
