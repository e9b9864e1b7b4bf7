"""Work orders, letters of reply, and why a letter came back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notices.ledger.migrations.sealing import seal_table, touch_rows

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and say of each returned letter whether the carrier reported it as refused."""
    op.add_column("deliveries", sa.Column("cause", sa.Text()))
    _fill_causes()
    op.create_table(
        "work_orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("slip_id", sa.Integer(), nullable=False),
        sa.Column("estate", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("case_owners", sa.Text(), nullable=False),
        sa.Column("objection", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.Text()),
        sa.Column("closed_on", sa.Date()),
        sa.Column("closed_by", sa.Text()),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_work_orders_notice_id"),
        sa.ForeignKeyConstraint(["slip_id"], ["slips.id"], name="fk_work_orders_slip_id"),
        sa.PrimaryKeyConstraint("id", name="pk_work_orders"),
    )
    op.create_index("ix_work_orders_estate_unit", "work_orders", ["estate", "unit"])
    seal_table("work_orders", "work_orders", "id")
    op.create_table(
        "replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("estate", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("case_owners", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer()),
        sa.Column("principal", sa.BigInteger()),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_replies_account_id"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_replies_notice_id"),
        sa.PrimaryKeyConstraint("id", name="pk_replies"),
        sa.UniqueConstraint("number", name="uq_replies_number"),
    )
    op.create_index("ix_replies_estate_unit", "replies", ["estate", "unit"])
    seal_table("replies", "replies", "id")
    op.create_table(
        "reply_deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reply_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("on", sa.Date()),
        sa.Column("cause", sa.Text()),
        sa.Column("job", sa.Text()),
        sa.Column("message_id", sa.Text()),
        sa.Column("sha256", sa.Text()),
        sa.ForeignKeyConstraint(["reply_id"], ["replies.id"], name="fk_reply_deliveries_reply_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reply_deliveries"),
        sa.UniqueConstraint("reply_id", "channel", name="uq_reply_deliveries_reply_id_channel"),
    )
    seal_table("reply_deliveries", "replies", "reply_id")


def _fill_causes() -> None:
    """Take the cause from the last event of each returned delivery, which says what the carrier reported."""
    connection = op.get_bind()
    events = sa.table(
        "events",
        sa.column("id", sa.Integer()),
        sa.column("what", sa.Text()),
        sa.column("what_id", sa.Integer()),
        sa.column("kind", sa.Text()),
        sa.column("data", sa.JSON()),
    )
    told = sa.select(events.c.what_id, events.c.data).where(events.c.what == "delivery", events.c.kind == "returned")
    last = {row.what_id: row.data for row in connection.execute(told.order_by(events.c.id))}
    refused = [key for key, data in last.items() if (data or {}).get("carrier") == "refused"]
    deliveries = sa.table(
        "deliveries", sa.column("id", sa.Integer()), sa.column("state", sa.Text()), sa.column("cause", sa.Text())
    )
    for key in refused:
        mine = (deliveries.c.id == key) & (deliveries.c.state == "returned")
        connection.execute(sa.update(deliveries).where(mine).values(cause="refused"))
    if refused:
        touch_rows("deliveries", "notices", "notice_id")


def downgrade() -> None:
    """Refuse to downgrade: work orders and letters that were sent must not be lost."""
    raise NotImplementedError
