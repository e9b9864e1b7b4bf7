"""The proof from the events: which letters were marked as leaving after something that stops them was recorded."""

from __future__ import annotations

from sqlalchemy import TextClause, create_engine, text

# Every payment, hold and claim of these tests stops its owner's letter; ids of events are in the order of commits.
LEFT_TOO_LATE = text("""
    SELECT DISTINCT notices.unit FROM events AS leaving
      JOIN deliveries AS gone ON leaving.what = 'delivery' AND leaving.what_id = gone.id
      JOIN deliveries ON deliveries.id = gone.id
           OR (deliveries.letter_id = gone.letter_id AND leaving.kind <> 'approved')
      JOIN notices ON notices.id = deliveries.notice_id
      LEFT JOIN payments ON payments.unit = notices.unit
      LEFT JOIN holds ON holds.unit = notices.unit
      LEFT JOIN claims ON claims.unit = notices.unit
      JOIN events AS stop ON stop.id < leaving.id AND (
           (stop.kind = 'payment-added' AND stop.what_id = payments.id)
        OR (stop.kind = 'hold-added' AND stop.what_id = holds.id)
        OR (stop.kind = 'account-claimed' AND stop.what_id = claims.id))
     WHERE leaving.kind IN ('approved', 'sending', 'outbox', 'mail-confirmed', 'spooled', 'handed-over')""")

# Deliveries of one letter, one of which left and another did not.
LEFT_APART = text("""
    SELECT DISTINCT lead.number FROM deliveries AS one
      JOIN deliveries AS other ON one.letter_id = other.letter_id
      JOIN deliveries AS first ON first.id = one.letter_id
      JOIN notices AS lead ON lead.id = first.notice_id
     WHERE one.state IN ('sent', 'handed-over') AND other.state NOT IN ('sent', 'handed-over')""")

TOGETHER = text("SELECT CAST(count(*) AS TEXT) FROM deliveries WHERE letter_id IS NOT NULL")


def notices_together(url: str) -> int:
    """Return how many deliveries are in a letter for several units."""
    (count,) = _found(url, TOGETHER)
    return int(count)


def letters_left_apart(url: str) -> list[str]:
    """Return the letters for several units that left as one unit's but not as another's."""
    return _found(url, LEFT_APART)


REPLIED_TOO_LATE = text("""
    SELECT DISTINCT replies.unit FROM events AS leaving
      JOIN reply_deliveries ON leaving.what = 'reply-delivery' AND leaving.what_id = reply_deliveries.id
      JOIN replies ON replies.id = reply_deliveries.reply_id
      LEFT JOIN payments ON payments.unit = replies.unit
      LEFT JOIN holds ON holds.unit = replies.unit
      LEFT JOIN claims ON claims.unit = replies.unit
      JOIN events AS stop ON stop.id < leaving.id AND (
           (stop.kind = 'payment-added' AND stop.what_id = payments.id)
        OR (stop.kind = 'hold-added' AND stop.what_id = holds.id)
        OR (stop.kind = 'account-claimed' AND stop.what_id = claims.id))
     WHERE leaving.kind IN ('sending', 'outbox', 'spooled')""")


def left_too_late(url: str) -> list[str]:
    """Return the units whose letter was released or left after a payment, hold or claim of theirs was recorded.

    A letter for several units leaves too late if that was recorded for any of them.
    """
    return _found(url, LEFT_TOO_LATE)


def replied_too_late(url: str) -> list[str]:
    """Return the units to which a letter of reply left after a payment, hold or claim of theirs was recorded."""
    return _found(url, REPLIED_TOO_LATE)


def _found(url: str, query: TextClause) -> list[str]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return [found for (found,) in connection.execute(query)]
    finally:
        engine.dispose()
