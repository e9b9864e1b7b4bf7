"""Refunds in statements: they take back the payments that they give back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from notices.intake.statements import Fate, Statement, StatementLine
from notices.ledger import Books, LineRecord, LineState
from notices.messages import Message, say
from notices.model import ZERO

MONEY_OF_OWNERS = frozenset({LineState.BOOKED, LineState.PROPOSED})


@dataclass
class Refunds:
    """The refunds of one statement and those on record, by the orders that they belong to."""

    format: str
    orders: Mapping[str, list[LineRecord]]
    waiting: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))

    @classmethod
    def of(cls, books: Books, statement: Statement, known: Mapping[str, LineRecord]) -> Refunds:
        """Read what the ledger has of the statement's orders; refunds wait until their payment is known."""
        references = {line.reference for line in statement.lines if line.reference}
        refunds = cls(statement.format, books.statements.of_references(references))
        for order, records in refunds.orders.items():
            back = sum((it.amount for it in records if it.why == Fate.REFUND and not it.returned), ZERO)
            done = sum((it.returned for it in records if it.why != Fate.REFUND or it.returned), ZERO)
            refunds.waiting[order] += max(back - done, ZERO)
        for line in statement.lines:
            if line.takes_back and line.reference and line.key not in known:
                refunds.waiting[line.reference] += line.amount
        return refunds

    def returned_before(self, books: Books, lines: Iterable[StatementLine]) -> dict[str, LineRecord]:
        """Return those lines without an order that a refund in an earlier statement may have given back, by key.

        Such a refund is to the same payer, of the same amount and not before the line, and no payment was found for it.
        """
        payments = [line for line in lines if line.fate is Fate.MONEY_IN and line.payer and not line.reference]
        waiting = books.statements.refunds(self.format, {line.amount for line in payments})
        known = books.statements.of_format(self.format, {it.amount for it in waiting}) if waiting else []
        given = Counter((it.payer, it.amount) for it in known if it.why != Fate.REFUND and it.returned >= it.amount)
        found: dict[str, LineRecord] = {}
        for line in payments:
            back = [it for it in waiting if (it.payer, it.amount) == (line.payer, line.amount) and it.date >= line.date]
            if len(back) > given[line.payer, line.amount]:
                found[line.key] = back[given[line.payer, line.amount]]
        return found

    def back_of(self, line: StatementLine) -> Decimal:
        """Return how much of a new payment went back, as its status or refunds of its order say."""
        if line.fate is not Fate.MONEY_IN:
            return ZERO
        back = min(line.returned, line.amount)
        if line.reference and self.waiting[line.reference]:
            more = min(self.waiting[line.reference], line.amount - back)
            self.waiting[line.reference] -= more
            back += more
        return back

    def take_back(
        self,
        books: Books,
        lines: Sequence[StatementLine],
        recorded: Sequence[LineRecord],
        *,
        by: str,
        at: datetime,
    ) -> list[Message]:
        """Take back the payments of earlier statements that the new refunds of this one give back."""
        told: list[Message] = []
        for line, record in zip(lines, recorded, strict=True):
            if not line.takes_back:
                continue
            paid = self._paid(books, line, record)
            back = min(line.amount, self.waiting[line.reference]) if line.reference else line.amount
            if line.reference and not back:
                continue  # netted with a payment of the same statement
            for payment in paid:
                part = min(back, payment.amount - payment.returned)
                if part > 0:
                    told += self.given_back(books, payment, part, by=by, at=at, refund=record)
                    back -= part
                    if line.reference:
                        self.waiting[line.reference] -= part
            if back and not paid and not line.reference:
                told.append(_unclear(record))
        return told

    def _paid(self, books: Books, line: StatementLine, refund: LineRecord) -> Iterable[LineRecord]:
        """Return the recorded payments of a refund's order; without an order the only one of its payer and amount."""
        if line.reference:
            return [it for it in self.orders.get(line.reference, ()) if it.state in MONEY_OF_OWNERS]
        same = [
            it
            for it in books.statements.of_format(self.format, [line.amount])
            if it.state in MONEY_OF_OWNERS and it.payer == line.payer and it.date <= refund.date and not it.returned
        ]
        return same if len(same) == 1 and line.payer else []

    @staticmethod
    def given_back(
        books: Books, line: LineRecord, amount: Decimal, *, by: str, at: datetime, refund: LineRecord | None = None
    ) -> list[Message]:
        """Record that an amount of a line went back; say which payments are taken back."""
        place = refund or line
        why = f"refund {amount:.2f} ({place.file}:{place.row})"
        payments = books.statements.give_back(line, amount, why=why, by=by, at=at)
        if not payments and (amount > line.waiting or books.statements.has_undone(line)):
            return [
                say(
                    "{file}, row {row}: {amount} yuan went back, but what was booked of them ({line_file}, row "
                    "{line_row}) was taken back by hand. If it was recorded again, take that back, too: "
                    "`notices payment undo`.",
                    file=place.file,
                    row=place.row,
                    amount=amount,
                    line_file=line.file,
                    line_row=line.row,
                )
            ]
        return [
            say(
                "{file}, row {row}: {amount} yuan went back; payment {number} is taken back.",
                file=place.file,
                row=place.row,
                amount=amount,
                number=number,
            )
            for number in payments
        ]


def _unclear(refund: LineRecord) -> Message:
    return say(
        "{file}, row {row}: {amount} yuan went back, and no recorded payment, or not just one, fits. "
        "Look for it with `notices payment list`, and take it back with `notices payment undo`.",
        file=refund.file,
        row=refund.row,
        amount=refund.amount,
    )
