"""Things that wait in the ledger for a person: deliveries by state, interrupted commands, dates that come."""

from __future__ import annotations

from collections import Counter
from datetime import date

from sqlalchemy import ColumnElement, String, cast, exists, func, select

from notices.ledger import schema
from notices.ledger.base import Book, unindexed
from notices.ledger.discards import counts
from notices.ledger.records import BatchDates, CommandRecord, WaitingDeliveries, WaitingRelease
from notices.model import ZERO, Action, Channel, State
from notices.rules.states import RENDERABLE

# States in which a delivery needs somebody; all others are on their way, or done.
OPEN = (
    State.PLANNED,
    State.APPROVED,
    State.RENDERED,
    State.SET_ASIDE,
    State.DEFERRED,
    State.SENDING,
    State.UNKNOWN,
    State.SPOOLED,
    State.BOUNCED,
    State.RETURNED,
    State.REFUSED,
)


BIG = 10_000  # deliveries: they are counted in some hundredths of a second
ONE_LETTER = (State.PLANNED, State.APPROVED)  # states of all deliveries of a notice at once


def _is_another() -> ColumnElement[bool]:
    """Return a condition for the deliveries that are not the first of their notice."""
    other = schema.deliveries.alias()
    mine = schema.deliveries.c
    # Cast, or SQLite looks among all deliveries of that state, for each of them, instead of among those of the notice.
    same = cast(other.c.state, String) == cast(mine.state, String)
    return exists().where(other.c.notice_id == mine.notice_id, same, other.c.id < mine.id)


class AttentionBook(Book):
    """Ledger operations that count what waits, without reading every decision."""

    def is_big(self) -> bool:
        """Return whether counting all deliveries takes longer than a reader of a page should wait."""
        return int(self.connection.execute(select(func.max(schema.deliveries.c.id))).scalar() or 0) > BIG

    def deliveries(self, batch: int | None = None) -> list[WaitingDeliveries]:
        """Return the open deliveries of the batches in use, or of one (id), by batch, tier, channel and state.

        What an approval left out is not counted. A letter that is not made yet is counted once.
        """
        its = (schema.batches.c.id, schema.batches.c.name, schema.notices.c.tier)
        how = (schema.deliveries.c.channel, schema.deliveries.c.state)
        wanted = (
            select(*its, *how, func.count())
            .select_from(schema.deliveries)
            .join(schema.notices, schema.deliveries.c.notice_id == schema.notices.c.id)
            .join(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
            .join(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .where(
                schema.deliveries.c.state.in_(OPEN),
                schema.decisions.c.excluded.is_(None),
                counts(),
                ~(schema.deliveries.c.state.in_(ONE_LETTER) & _is_another()),
            )
            .group_by(*its, *how)
            .order_by(schema.batches.c.id, schema.notices.c.tier)
        )
        if batch is not None:
            wanted = wanted.where(schema.batches.c.id == batch)
        return [WaitingDeliveries(*row) for row in self.connection.execute(wanted)]

    def states(self, batch: int) -> Counter[tuple[Channel, State]]:
        """Return the number of a batch's deliveries by channel and state."""
        how = (schema.deliveries.c.channel, schema.deliveries.c.state)
        rows = self.connection.execute(
            select(*how, func.count())
            .select_from(schema.accounts)
            .join(schema.decisions, schema.decisions.c.account_id == schema.accounts.c.id)
            .join(schema.notices, schema.notices.c.decision_id == schema.decisions.c.id)
            .join(schema.deliveries, schema.deliveries.c.notice_id == schema.notices.c.id)
            .where(schema.accounts.c.batch_id == batch)
            .group_by(*how)
        )
        return Counter({(channel, state): count for channel, state, count in rows})

    def to_render(self, batch: int) -> int:
        """Return the number of a batch's letters that are released and not made yet, or set aside."""
        wanted = (
            select(func.count(func.distinct(schema.notices.c.id)))
            .select_from(schema.deliveries)
            .join(schema.notices, schema.deliveries.c.notice_id == schema.notices.c.id)
            .join(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
            .join(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
            .where(schema.deliveries.c.state.in_(RENDERABLE), schema.accounts.c.batch_id == batch)
        )
        return int(self.connection.execute(wanted).scalar_one())

    def to_release(self, batch: int) -> dict[str, WaitingRelease]:
        """Return the notices of a batch that wait to be released, by tier."""
        # Equal numbers of other notices have another sum, of the ids or of what stands for each.
        which = (func.sum(schema.notices.c.id), func.sum((schema.notices.c.id * 7919 + 17) % 1_000_003))
        rows = self.connection.execute(
            select(schema.notices.c.tier, func.count(), func.sum(schema.decisions.c.total), *which)
            .select_from(schema.accounts)
            .join(schema.decisions, schema.decisions.c.account_id == schema.accounts.c.id)
            .join(schema.notices, schema.notices.c.decision_id == schema.decisions.c.id)
            .where(
                schema.accounts.c.batch_id == batch,
                schema.decisions.c.excluded.is_(None),
                schema.notices.c.approval_id.is_(None),
                unindexed(schema.notices.c.id).in_(
                    select(schema.deliveries.c.notice_id).where(schema.deliveries.c.state == State.PLANNED)
                ),
            )
            .group_by(schema.notices.c.tier)
        )
        return {tier: WaitingRelease(count, total, "-".join(map(str, marks))) for tier, count, total, *marks in rows}

    def interrupted(self) -> list[CommandRecord]:
        """Return the commands that were started and not finished, on any batch, oldest first."""
        wanted = select(schema.commands).where(
            schema.commands.c.finished_at.is_(None), schema.commands.c.batch.is_not(None)
        )
        return [
            CommandRecord(row.id, row.verb, row.options, row.batch, row.started_at)
            for row in self.connection.execute(wanted.order_by(schema.commands.c.id))
        ]

    def promises_due(self, until: date) -> tuple[int, int]:
        """Return how many promises and how many instalments in force are due by a day, that day included."""
        in_force = schema.holds.c.lifted_on.is_(None)
        promises = select(func.count()).where(in_force, schema.holds.c.kind == "promise", schema.holds.c.until <= until)
        parts = (
            select(func.count(func.distinct(schema.instalments.c.hold_id)))
            .select_from(schema.instalments)
            .join(schema.holds, schema.instalments.c.hold_id == schema.holds.c.id)
            .where(in_force, schema.instalments.c.date <= until)
        )
        return int(self.connection.execute(promises).scalar_one()), int(self.connection.execute(parts).scalar_one())

    def limitation(self, first: date, last: date) -> list[BatchDates]:
        """Return the newest batches of the estates with accounts whose limitation date lies in that time."""
        newest = (
            select(schema.accounts.c.estate, func.max(schema.batches.c.id).label("batch_id"))
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .where(counts())
            .group_by(schema.accounts.c.estate)
            .subquery()
        )
        near = func.min(schema.decisions.c.limitation_date)
        rows = self.connection.execute(
            select(schema.batches.c.id, schema.batches.c.name, func.count(), near)
            .select_from(schema.decisions)
            .join(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .join(newest, (newest.c.estate == schema.accounts.c.estate) & (newest.c.batch_id == schema.batches.c.id))
            .where(
                schema.decisions.c.limitation_date.between(first, last),
                schema.decisions.c.principal > ZERO,
                schema.decisions.c.action != Action.SKIP,
            )
            .group_by(schema.batches.c.id, schema.batches.c.name)
            .order_by(near)
        )
        return [BatchDates(*row) for row in rows]
