"""Payments received since the list, and the reversal of those entered by mistake."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, true

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, in_units_of, insert_all
from notices.ledger.chain import head_of
from notices.ledger.events import LAST
from notices.ledger.inputs import NewPayment
from notices.ledger.records import PaymentRecord
from notices.ledger.sealing import note_if_changed
from notices.ledger.spellings import spellings
from notices.model import CaseKey, Payment

VANISHED = "vanished"  # note of a payment inferred from an account's absence from a list


class PaymentsBook(Book):
    """Ledger operations for payments."""

    def add(self, case: CaseKey, payment: Payment, *, note: str = "", by: str, at: datetime) -> int:
        """Record a payment; return its id."""
        row = insert(schema.payments).values(
            estate=case.estate,
            unit=case.unit,
            case_owners=case.owners,
            date=payment.date,
            amount=payment.amount,
            note=note,
            by=by,
            entered_at=at,
            entered_event=select(LAST + 1).scalar_subquery(),
        )
        payment_id: int = self.connection.execute(row.returning(schema.payments.c.id)).scalar_one()
        self._record([NewEvent("payment-added", "payment", payment_id)], by=by, at=at)
        return payment_id

    def add_many(self, new: Sequence[NewPayment], *, by: str, at: datetime) -> list[int]:
        """Record payments at once; return their ids in the same order."""
        first = head_of(self.connection).id + 1
        rows = [
            {
                "estate": it.case.estate,
                "unit": it.case.unit,
                "case_owners": it.case.owners,
                "date": it.payment.date,
                "amount": it.payment.amount,
                "note": it.note,
                "by": by,
                "entered_at": at,
                "entered_event": first + place,
            }
            for place, it in enumerate(new)
        ]
        ids = insert_all(self.connection, schema.payments, rows)
        self._record([NewEvent("payment-added", "payment", key) for key in ids], by=by, at=at)
        return ids

    def take_back(self, payment_id: int, *, why: str, by: str, at: datetime) -> None:
        """Reverse a payment, at most once: it stays on record but no longer counts."""
        note_if_changed(self.connection, ("payments", str(payment_id)))
        row = insert(schema.payment_reversals).values(payment_id=payment_id, why=why, by=by, entered_at=at)
        self.connection.execute(row)
        self._record([NewEvent("payment-taken-back", "payment", payment_id, {"why": why})], by=by, at=at)

    def all(self, case: CaseKey | None = None, *, include_taken_back: bool = False) -> list[PaymentRecord]:
        """Return the payments of a case, or all, in date order; reversed ones only if `include_taken_back`."""
        wanted = true() if case is None else in_units_of(schema.payments, [case], self.connection)
        found = self.where(wanted, include_taken_back=include_taken_back)
        named = case and spellings(self.connection).today(case)
        return [record for record in found if named in {None, record.case}]

    def of_cases(self, cases: Collection[CaseKey]) -> list[PaymentRecord]:
        """Return the payments of these cases that were not taken back, in date order."""
        known = spellings(self.connection)
        wanted = {known.today(case) for case in cases}
        found = self.where(in_units_of(schema.payments, cases, self.connection)) if cases else []
        return [record for record in found if record.case in wanted]

    def where(self, wanted: ColumnElement[bool], *, include_taken_back: bool = False) -> list[PaymentRecord]:
        """Return the payments that a condition selects, in order of their dates."""
        if not include_taken_back:
            wanted &= schema.payment_reversals.c.id.is_(None)
        known = spellings(self.connection)
        rows = self.connection.execute(
            select(
                schema.payments,
                schema.payment_reversals.c.entered_at.label("taken_back_at"),
                schema.payment_reversals.c.why,
            )
            .select_from(schema.payments)
            .outerjoin(schema.payment_reversals, schema.payment_reversals.c.payment_id == schema.payments.c.id)
            .where(wanted)
            .order_by(schema.payments.c.date, schema.payments.c.id)
        )
        return [
            PaymentRecord(
                id=row.id,
                case=known.today(CaseKey(row.estate, row.unit, row.case_owners)),
                payment=Payment(row.date, row.amount),
                note=row.note,
                by=row.by,
                entered_at=row.entered_at.astimezone(self.zone),
                entered_event=row.entered_event,
                taken_back_at=row.taken_back_at.astimezone(self.zone) if row.taken_back_at else None,
                why=row.why,
            )
            for row in rows
        ]
