"""The unit as the list writes it, and the kind of owner that the list names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from notices.ledger.migrations.sealing import touch_rows

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns to the accounts; accounts of older lists print their unit as before."""
    op.add_column("accounts", sa.Column("written_unit", sa.Text(), nullable=False, server_default=""))
    op.add_column("accounts", sa.Column("owner_kind", sa.String(32)))
    touch_rows("accounts", "accounts", "id")


def downgrade() -> None:
    """Refuse to downgrade: letters already released would print another unit."""
    raise NotImplementedError
