"""Payments entered after a list was planned, and answers whether the list includes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import insert, select

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, chunks, in_units_of
from notices.ledger.payments import PaymentsBook
from notices.ledger.records import PaymentAnswer, PaymentRecord
from notices.ledger.sealing import note_if_changed
from notices.ledger.spellings import spellings
from notices.model import CaseKey, State
from notices.rules.states import NOT_LEFT


class _ListPlace(NamedTuple):
    """A list in the order of events, and the first day whose payments, if entered later, it cannot include.

    That is the list's day, or the day of the plan if the list was planned before its own day.
    """

    planned_event: int
    unknown_from: date


@dataclass(frozen=True, slots=True)
class LatePayment:
    """A payment entered after the list of a batch was planned, and what is known about it.

    `dated_before` the list: a list of that day may include it, and only a person can tell; `in_list` is the answer.
    """

    record: PaymentRecord
    dated_before: bool
    in_list: bool | None

    @property
    def counts(self) -> bool:
        """True if the list cannot include it, or does not."""
        return not self.dated_before or self.in_list is False

    @property
    def unanswered(self) -> bool:
        """True while nobody has said whether the list includes it."""
        return self.dated_before and self.in_list is None


class LatePaymentsBook(Book):
    """Ledger operations for payments entered after a list was planned."""

    def answer(self, payment_id: int, batch_id: int, *, in_list: bool, by: str, at: datetime) -> None:
        """Record whether the list of a batch includes a payment that was entered after it."""
        note_if_changed(self.connection, ("payments", str(payment_id)))
        row = insert(schema.payment_answers).values(
            payment_id=payment_id, batch_id=batch_id, in_list=in_list, by=by, entered_at=at
        )
        self.connection.execute(row)
        kind = "payment-seen" if in_list else "payment-not-seen"
        self._record([NewEvent(kind, "payment", payment_id, {"batch": batch_id})], by=by, at=at)

    def of_cases(self, batch: str, cases: Collection[CaseKey]) -> dict[CaseKey, list[LatePayment]]:
        """Return the payments of these cases that were entered after the batch's list was planned, by date.

        "After" is the order of events.
        """
        places = self._places(batch)
        if not places:
            return {}
        since = min(place.planned_event for place in places.values())
        wanted = in_units_of(schema.payments, cases, self.connection) & (schema.payments.c.entered_event > since)
        entered = PaymentsBook(self.connection, self.zone).where(wanted)
        lists = self._lists(batch, {record.case for record in entered}) if entered else {}
        answers = self._answers([record.id for record in entered])
        found = defaultdict[CaseKey, list[LatePayment]](list)
        for record in entered:
            place = places.get(lists.get(record.case, 0))
            if place is None or record.entered_event <= place.planned_event:
                continue
            told = [it.in_list for it in answers.get(record.id, ()) if it.batch == batch]
            found[record.case].append(
                LatePayment(record, record.payment.date < place.unknown_from, told[-1] if told else None)
            )
        known = spellings(self.connection)
        return {case: found[known.today(case)] for case in cases if known.today(case) in found}

    def _places(self, batch: str) -> dict[int, _ListPlace]:
        """Return the place of each list of a batch in the order of events, by its id."""
        rows = self.connection.execute(
            select(
                schema.lists.c.id,
                schema.lists.c.planned_event,
                schema.lists.c.received_at,
                schema.batches.c.list_date,
            )
            .join(schema.batches, schema.lists.c.batch_id == schema.batches.c.id)
            .where(schema.batches.c.name == batch)
        )
        return {
            row.id: _ListPlace(row.planned_event, min(row.list_date, row.received_at.astimezone(self.zone).date()))
            for row in rows
        }

    def _lists(self, batch: str, cases: Collection[CaseKey]) -> dict[CaseKey, int]:
        """Return the list (id) of a batch that each of these cases is in."""
        rows = self.connection.execute(
            select(
                schema.accounts.c.estate,
                schema.accounts.c.unit,
                schema.accounts.c.case_owners,
                schema.accounts.c.list_id,
            )
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .where(schema.batches.c.name == batch, in_units_of(schema.accounts, cases, self.connection))
        )
        known = spellings(self.connection)
        return {known.today(CaseKey(estate, unit, owners)): key for estate, unit, owners, key in rows}

    def asking(self, payment_id: int) -> dict[str, bool]:
        """Return the batches whose letter to this owner rests on whether their list includes a payment, oldest first.

        The value is True if the letter has not left: it waits for the answer.
        """
        (record,) = PaymentsBook(self.connection, self.zone).where(schema.payments.c.id == payment_id)
        rows = self.connection.execute(
            select(
                schema.batches.c.name,
                schema.accounts.c.estate,
                schema.accounts.c.unit,
                schema.accounts.c.case_owners,
                schema.deliveries.c.state,
            )
            .select_from(schema.accounts)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .join(schema.decisions, schema.decisions.c.account_id == schema.accounts.c.id)
            .join(schema.notices, schema.notices.c.decision_id == schema.decisions.c.id)
            .join(schema.deliveries, schema.deliveries.c.notice_id == schema.notices.c.id)
            .where(
                in_units_of(schema.accounts, [record.case], self.connection),
                schema.deliveries.c.state != State.WITHDRAWN,
            )
            .order_by(schema.batches.c.id)
        )
        waiting: dict[str, bool] = {}
        known = spellings(self.connection)
        for name, estate, unit, owners, state in rows:
            if known.today(CaseKey(estate, unit, owners)) == record.case:
                waiting[name] = waiting.get(name, False) or state in NOT_LEFT | {State.SPOOLED}
        return {name: waits for name, waits in waiting.items() if self._rests_on(name, record)}

    def _rests_on(self, batch: str, record: PaymentRecord) -> bool:
        late = self.of_cases(batch, [record.case]).get(record.case, [])
        return any(it.record.id == record.id and it.dated_before for it in late)

    def answers(self, payment_ids: Collection[int]) -> dict[int, tuple[PaymentAnswer, ...]]:
        """Return the answers about these payments, the oldest first."""
        return {key: tuple(told) for key, told in self._answers(payment_ids).items()}

    def _answers(self, payment_ids: Collection[int]) -> Mapping[int, list[PaymentAnswer]]:
        found = defaultdict[int, list[PaymentAnswer]](list)
        for portion in chunks(payment_ids):
            rows = self.connection.execute(
                select(schema.payment_answers, schema.batches.c.name)
                .select_from(schema.payment_answers)
                .join(schema.batches, schema.payment_answers.c.batch_id == schema.batches.c.id)
                .where(schema.payment_answers.c.payment_id.in_(portion))
                .order_by(schema.payment_answers.c.id)
            )
            for row in rows:
                found[row.payment_id].append(PaymentAnswer(row.batch_id, row.name, row.in_list, row.by, row.entered_at))
        return found
