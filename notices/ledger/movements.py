"""Events since a head, for the record outside the ledger: movements of deliveries, given numbers, entries by kind."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from notices.ledger import schema
from notices.ledger.base import chunks
from notices.ledger.heads import HeadEntry, Movement
from notices.ledger.records import Head
from notices.model import State
from notices.rules.states import MAY_HAVE_LEFT

STAYING = ("approved", "rendered")  # kinds of events by the thousand, none of which lets anything leave
# Kinds of events that only a person can enter again: nothing outside of the ledger tells what was entered.
ENTERED = (
    "payment-added",
    "payment-taken-back",
    "payment-seen",
    "payment-not-seen",
    "hold-added",
    "hold-lifted",
    "slip-received",
    "report",
    "imported",
    "account-claimed",
    "account-renamed",
    "account-rename-undone",
    "accounts-joined",
    "accounts-kept-apart",
)
LAST = select(schema.events.c.id, schema.events.c.link, schema.events.c.at).order_by(schema.events.c.id.desc()).limit(1)


def entry_since(connection: Connection, known: Head) -> HeadEntry | None:
    """Return the present head with everything since a known one; None if there is nothing newer."""
    last = connection.execute(LAST).first()
    if last is None or last.id <= known.id:
        return None
    return HeadEntry(
        Head(last.id, last.link),
        last.at,
        (*_movements(connection, known.id), *_letters(connection, known.id)),
        _handed(connection, known.id),
        _series(connection, known.id),
        _entered(connection, known.id),
    )


def present_head(connection: Connection) -> HeadEntry | None:
    """Return the present head with the present series; None for a ledger without events."""
    last = connection.execute(LAST).first()
    if last is None:
        return None
    return HeadEntry(Head(last.id, last.link), last.at, series=series_of(connection))


def series_of(connection: Connection) -> dict[str, int]:
    """Return the next number of each series."""
    return {row.pattern: row.next_value for row in connection.execute(select(schema.series))}


def _movements(connection: Connection, known: int) -> tuple[Movement, ...]:
    """Return the last movement of each delivery that left, may have left, or did not after all."""
    moved = _moved(connection, known, "delivery")
    found: dict[int, Movement] = {}
    for portion in chunks(moved):
        rows = connection.execute(
            select(schema.deliveries, schema.notices.c.number)
            .join(schema.notices)
            .where(schema.deliveries.c.id.in_(portion), schema.notices.c.number.is_not(None))
        )
        for row in rows:
            job = moved[row.id].get("job")
            state = State(str(moved[row.id]["to"]))
            found[row.id] = Movement(
                row.number, row.channel, state, row.message_id, row.sha256, str(job) if job else None
            )
    return tuple(found[key] for key in moved if key in found)


def _moved(connection: Connection, known: int, what: str) -> dict[int, dict[str, object]]:
    """Return what the last movement of each delivery, or of each letter of reply by one channel, says."""
    wanted = (
        select(schema.events.c.what_id, schema.events.c.data)
        .where(schema.events.c.id > known, schema.events.c.what == what, schema.events.c.kind.not_in(STAYING))
        .order_by(schema.events.c.id)
    )
    moved: dict[int, dict[str, object]] = {}
    for row in connection.execute(wanted):
        if _matters(row.data.get("from")) or _matters(row.data.get("to")):
            # A carrier's result, and some others, do not name the job that the letter is in.
            moved[row.what_id] = {"job": moved.get(row.what_id, {}).get("job"), **row.data}
    return moved


def _letters(connection: Connection, known: int) -> tuple[Movement, ...]:
    """Return the last movement of each letter of reply, with its kind and the notice that it replies to."""
    moved = _moved(connection, known, "reply-delivery")
    found: dict[int, Movement] = {}
    for portion in chunks(moved):
        rows = connection.execute(
            select(
                schema.reply_deliveries,
                schema.replies.c.number,
                schema.replies.c.kind,
                schema.notices.c.number.label("about"),
            )
            .join(schema.replies, schema.reply_deliveries.c.reply_id == schema.replies.c.id)
            .outerjoin(schema.notices, schema.replies.c.notice_id == schema.notices.c.id)
            .where(schema.reply_deliveries.c.id.in_(portion))
        )
        for row in rows:
            state = State(str(moved[row.id]["to"]))
            found[row.id] = Movement(
                row.number, row.channel, state, row.message_id, row.sha256, row.job, row.kind, row.about
            )
    return tuple(found[key] for key in moved if key in found)


def _handed(connection: Connection, known: int) -> tuple[str, ...]:
    """Return the jobs of which a file was about to be transferred, or was."""
    wanted = (
        select(schema.jobs.c.number)
        .join(schema.events, schema.events.c.what_id == schema.jobs.c.id)
        .where(schema.events.c.id > known, schema.events.c.what == "job", schema.events.c.kind.like("file-%"))
    )
    return tuple(connection.execute(wanted.distinct().order_by(schema.jobs.c.number)).scalars())


def _matters(state: object) -> bool:
    return state in MAY_HAVE_LEFT or state == State.WITHDRAWN


def _entered(connection: Connection, known: int) -> dict[str, int]:
    """Return how many things of each kind were entered."""
    kind = schema.events.c.kind
    wanted = select(kind, func.count()).where(schema.events.c.id > known, kind.in_(ENTERED)).group_by(kind)
    return {str(row[0]): int(row[1]) for row in connection.execute(wanted.order_by(kind))}


def _series(connection: Connection, known: int) -> dict[str, int]:
    numbered = select(schema.events.c.id).where(
        schema.events.c.id > known, schema.events.c.what == "batch", schema.events.c.kind == "approved"
    )
    if connection.execute(numbered.limit(1)).first() is None:
        return {}
    return series_of(connection)
