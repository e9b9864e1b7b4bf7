"""The proof from the events: which letters were marked as leaving after something that stops them was recorded."""

from __future__ import annotations

from sqlalchemy import create_engine, text

# Every payment, hold and claim of these tests stops its owner's letter; ids of events are in the order of commits.
LEFT_TOO_LATE = text("""
    SELECT DISTINCT notices.unit FROM events AS leaving
      JOIN deliveries ON leaving.what = 'delivery' AND leaving.what_id = deliveries.id
      JOIN notices ON notices.id = deliveries.notice_id
      LEFT JOIN payments ON payments.unit = notices.unit
      LEFT JOIN holds ON holds.unit = notices.unit
      LEFT JOIN claims ON claims.unit = notices.unit
      JOIN events AS stop ON stop.id < leaving.id AND (
           (stop.kind = 'payment-added' AND stop.what_id = payments.id)
        OR (stop.kind = 'hold-added' AND stop.what_id = holds.id)
        OR (stop.kind = 'account-claimed' AND stop.what_id = claims.id))
     WHERE leaving.kind IN ('approved', 'sending', 'outbox', 'mail-confirmed', 'spooled', 'handed-over')""")


def left_too_late(url: str) -> list[str]:
    """Return the units whose letter was released or left after a payment, hold or claim of theirs was recorded."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return [unit for (unit,) in connection.execute(LEFT_TOO_LATE)]
    finally:
        engine.dispose()
