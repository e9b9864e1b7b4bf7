"""Batches that were discarded: they count no longer, as if their lists had never been planned."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from notices.ledger import schema

DISCARDED = "discarded"  # the event of a batch


def counts() -> ColumnElement[bool]:
    """Return a condition for the batches that were not discarded."""
    gone = select(schema.events.c.what_id).where(schema.events.c.what == "batch", schema.events.c.kind == DISCARDED)
    return schema.batches.c.id.not_in(gone)
