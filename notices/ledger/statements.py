"""Lines of statements: each recorded once, whatever files it appears in, and booked, proposed or ignored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update

from notices.errors import Refused
from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, Values, chunks, insert_all
from notices.ledger.discards import counts
from notices.ledger.inputs import NewLine, NewPayment
from notices.ledger.letters import LettersBook
from notices.ledger.payments import PaymentsBook
from notices.ledger.records import CandidateRecord, LineRecord, LineState
from notices.ledger.spellings import Spellings, spellings
from notices.messages import say
from notices.model import ZERO, CaseKey, Payment, State, notice_state


@dataclass(frozen=True, slots=True)
class PayerFacts:
    """Facts by which payers name an account: its telephones, and its notices' numbers and sums.

    `withdrawn` are the numbers of notices that were withdrawn; `listed` is false for an account that only imported
    history has.
    """

    case: CaseKey
    telephones: frozenset[str]
    numbers: frozenset[str]
    withdrawn: frozenset[str]
    sums: frozenset[Decimal]
    listed: bool


@dataclass(frozen=True, slots=True)
class PayerLetter:
    """A letter for several units, with the principal and the total in yuan that it demands for each account."""

    number: str
    principals: Mapping[CaseKey, Decimal]
    totals: Mapping[CaseKey, Decimal]


class StatementsBook(Book):
    """Ledger operations for lines of statements."""

    def known(self, keys: Iterable[str]) -> dict[str, LineRecord]:
        """Return those of these lines that are recorded, by key."""
        found: dict[str, LineRecord] = {}
        for portion in chunks(keys):
            found |= {line.key: line for line in self._where(schema.statement_lines.c.key.in_(portion))}
        return found

    def of_references(self, references: Iterable[str]) -> dict[str, list[LineRecord]]:
        """Return the recorded lines of these orders, by the order's number."""
        found = defaultdict[str, list[LineRecord]](list)
        for portion in chunks(references):
            for line in self._where(schema.statement_lines.c.reference.in_(portion)):
                found[line.reference or ""].append(line)
        return found

    def of_format(self, name: str, amounts: Collection[Decimal]) -> list[LineRecord]:
        """Return the recorded lines of a format with one of these amounts, in the order of entry."""
        columns = schema.statement_lines.c
        return [
            line
            for portion in chunks(amounts)
            for line in self._where((columns.format == name) & columns.amount.in_(portion))
        ]

    def refunds(self, name: str, amounts: Collection[Decimal]) -> list[LineRecord]:
        """Return the recorded refunds of a format that are of one of these amounts, in the order of entry."""
        columns = schema.statement_lines.c
        kind = (columns.format == name) & (columns.state == LineState.IGNORED) & (columns.why == "refund")
        return [line for portion in chunks(amounts) for line in self._where(kind & columns.amount.in_(portion))]

    def add(self, lines: Sequence[NewLine], *, by: str, at: datetime) -> list[LineRecord]:
        """Record lines with the payments of those that are booked; return them in the same order."""
        booked = [
            NewPayment(case, Payment(line.date, amount), _note(line.file, line.row))
            for line in lines
            for case, amount in line.booked
        ]
        made = iter(PaymentsBook(self.connection, self.zone).add_many(booked, by=by, at=at) if booked else ())
        ids = insert_all(self.connection, schema.statement_lines, [_row(line, by, at) for line in lines])
        payments = {
            key: tuple(next(made) for _ in line.booked) for key, line in zip(ids, lines, strict=True) if line.booked
        }
        if payments:
            rows = [{"line_id": key, "payment_id": payment} for key, its in payments.items() for payment in its]
            self.connection.execute(insert(schema.statement_bookings), rows)
        told: dict[str, list[int]] = defaultdict(list)
        for key, line in zip(ids, lines, strict=True):
            told[line.state.value].append(key)
        if ids:
            self._record([NewEvent("statement-imported", "statement-line", ids[0], told)], by=by, at=at)
        return [record_of(key, line, payments.get(key, ())) for key, line in zip(ids, lines, strict=True)]

    def waiting(self) -> list[LineRecord]:
        """Return the lines that wait for a person, the oldest money first."""
        return sorted(
            self._where(schema.statement_lines.c.state == LineState.PROPOSED), key=lambda line: (line.date, line.id)
        )

    def find(self, line_id: int) -> LineRecord | None:
        """Return the line of that number, None if there is none."""
        return next(iter(self._where(schema.statement_lines.c.id == line_id)), None)

    def book(self, line: LineRecord, case: CaseKey, amount: Decimal, *, by: str, at: datetime) -> int:
        """Book an amount of a line that waits to an account; return the payment's id. The rest goes on waiting.

        Raises Refused if less than that waits.
        """
        if amount > line.waiting:
            raise Refused(
                say("Only {left} yuan of proposal {number} wait.", left=line.waiting, number=line.id),
                say("Check the amount; `notices payment match` lists the proposals."),
            )
        payment = PaymentsBook(self.connection, self.zone).add(
            case, Payment(line.date, amount), note=_note(line.file, line.row), by=by, at=at
        )
        self.connection.execute(insert(schema.statement_bookings).values(line_id=line.id, payment_id=payment))
        left = line.waiting - amount
        state = LineState.PROPOSED if left else LineState.BOOKED
        self._settle(line, by, at, waiting=left, state=state, why="confirmed")
        self._record([NewEvent("proposal-accepted", "statement-line", line.id, {"payment": payment})], by=by, at=at)
        return payment

    def refuse(self, line: LineRecord, *, by: str, at: datetime) -> None:
        """Record that what waits of a line is no owner's payment."""
        state = LineState.BOOKED if line.payments else LineState.REFUSED
        self._settle(line, by, at, waiting=ZERO, state=state, why=line.why)
        self._record([NewEvent("proposal-refused", "statement-line", line.id)], by=by, at=at)

    def put_back(self, payment: int, amount: Decimal, *, by: str, at: datetime) -> int | None:
        """Let a line of a statement wait for a person again, after a payment that was booked from it was taken back.

        `amount` is that of the payment, in yuan. Returns the number of the line, None if the payment is from no line.
        """
        columns = schema.statement_bookings.c
        line_id = self.connection.execute(select(columns.line_id).where(columns.payment_id == payment)).scalar()
        line = None if line_id is None else self.find(line_id)
        if line is None:
            return None
        self._settle(line, by, at, waiting=line.waiting + amount, state=LineState.PROPOSED, why=line.why)
        self._record([NewEvent("proposal-again", "statement-line", line.id, {"payment": payment})], by=by, at=at)
        return line.id

    def has_undone(self, line: LineRecord) -> bool:
        """Return whether a payment that was booked from a line was taken back."""
        columns = schema.statement_bookings.c
        undone = select(columns.payment_id).join(
            schema.payment_reversals, schema.payment_reversals.c.payment_id == columns.payment_id
        )
        return self.connection.execute(undone.where(columns.line_id == line.id)).first() is not None

    def give_back(self, line: LineRecord, amount: Decimal, *, why: str, by: str, at: datetime) -> list[int]:
        """Record that an amount of a line went back to its payer; return the payments that are taken back.

        What waits goes back first; then payments are taken back, and the rest of the last one is booked again.
        """
        left, back = max(line.waiting - amount, ZERO), max(amount - line.waiting, ZERO)
        taken: list[int] = []
        book = PaymentsBook(self.connection, self.zone)
        records = book.where(schema.payments.c.id.in_(line.payments)) if back and line.payments else []
        for record in reversed(records):
            if not back:
                break
            book.take_back(record.id, why=why, by=by, at=at)
            taken.append(record.id)
            rest = max(record.payment.amount - back, ZERO)
            back = max(back - record.payment.amount, ZERO)
            if rest:
                again = book.add(record.case, Payment(record.payment.date, rest), note=record.note, by=by, at=at)
                self.connection.execute(insert(schema.statement_bookings).values(line_id=line.id, payment_id=again))
        returned = line.returned + amount
        state = LineState.RETURNED if returned >= line.amount else line.state
        if state is LineState.PROPOSED and not left:
            state = LineState.BOOKED
        self._settle(line, by, at, waiting=left, returned=returned, state=state, why=line.why)
        self._record(
            [NewEvent("line-returned", "statement-line", line.id, {"amount": f"{amount:.2f}"})],
            by=by,
            at=at,
        )
        return taken

    def payer_facts(self) -> list[PayerFacts]:
        """Return every account that a list or imported history has, with what payers may write of it."""
        known = spellings(self.connection)
        telephones, listed = self._telephones(known)
        numbers: dict[CaseKey, set[str]] = defaultdict(set)
        withdrawn: dict[CaseKey, set[str]] = defaultdict(set)
        sums: dict[CaseKey, set[Decimal]] = defaultdict(set)
        states = self._states()
        columns = schema.notices.c
        rows = self.connection.execute(
            select(
                columns.id,
                columns.number,
                columns.estate,
                columns.unit,
                columns.case_owners,
                columns.principal,
                columns.total,
            ).order_by(columns.id)
        )
        for key, number, estate, unit, owners, principal, total in rows:
            case = known.today(CaseKey(estate, unit, owners))
            gone = states.get(key) is State.WITHDRAWN
            if number:
                (withdrawn if gone else numbers)[case].add(number)
            if number and not gone:
                sums[case] |= {each for each in (principal, total) if each}
            if number or case in listed:
                telephones.setdefault(case, set())
        return [
            PayerFacts(
                case,
                frozenset(telephones[case]),
                frozenset(numbers.get(case, ())),
                frozenset(withdrawn.get(case, ())),
                frozenset(sums.get(case, ())),
                case in listed,
            )
            for case in telephones
        ]

    def payer_letters(self) -> list[PayerLetter]:
        """Return every letter for several units that is not withdrawn, with what it demands for each."""
        known = spellings(self.connection)
        mates = LettersBook(self.connection).all_mates()
        columns = schema.notices.c
        wanted = select(columns.id, columns.estate, columns.unit, columns.case_owners, columns.principal, columns.total)
        rows = {
            row.id: row
            for portion in chunks({mate.notice_id for mate in mates})
            for row in self.connection.execute(wanted.where(columns.id.in_(portion)))
        }
        letters: dict[str, dict[CaseKey, tuple[Decimal, Decimal]]] = defaultdict(dict)
        for mate in mates:
            row = rows[mate.notice_id]
            case = known.today(CaseKey(row.estate, row.unit, row.case_owners))
            letters[mate.letter_number][case] = (row.principal or ZERO, row.total or ZERO)
        return [
            PayerLetter(
                number,
                {case: principal for case, (principal, _) in demands.items()},
                {case: total for case, (_, total) in demands.items()},
            )
            for number, demands in letters.items()
        ]

    def _telephones(self, known: Spellings) -> tuple[dict[CaseKey, set[str]], set[CaseKey]]:
        """Return the telephones of each account that a list has, and these accounts."""
        columns = schema.accounts.c
        found: dict[CaseKey, set[str]] = defaultdict(set)
        rows = self.connection.execute(
            select(columns.estate, columns.unit, columns.case_owners, columns.telephone)
            .join(schema.batches, columns.batch_id == schema.batches.c.id)
            .where(counts())
            .distinct()
        )
        for estate, unit, owners, telephone in rows:
            found[known.today(CaseKey(estate, unit, owners))].add(telephone)
        return found, set(found)

    def _states(self) -> Mapping[int, State]:
        rows = self.connection.execute(select(schema.deliveries.c.notice_id, schema.deliveries.c.state))
        found: dict[int, list[State]] = defaultdict(list)
        for key, state in rows:
            found[key].append(state)
        return {key: notice_state(each) for key, each in found.items()}

    def keys_of(self, payments: Collection[int]) -> dict[int, str]:
        """Return the key of the line that each of these payments was booked from, if any."""
        columns = schema.statement_bookings.c
        found: dict[int, str] = {}
        for portion in chunks(payments):
            rows = self.connection.execute(
                select(columns.payment_id, schema.statement_lines.c.key)
                .join(schema.statement_lines, columns.line_id == schema.statement_lines.c.id)
                .where(columns.payment_id.in_(portion))
            )
            found.update((payment, key) for payment, key in rows)
        return found

    def _settle(self, line: LineRecord, by: str, at: datetime, **values: object) -> None:
        self.connection.execute(
            update(schema.statement_lines)
            .where(schema.statement_lines.c.id == line.id)
            .values(settled_by=by, settled_at=at, **values)
        )

    def _where(self, wanted: ColumnElement[bool]) -> list[LineRecord]:
        known = spellings(self.connection)
        rows = self.connection.execute(
            select(schema.statement_lines).where(wanted).order_by(schema.statement_lines.c.id)
        ).all()
        payments = self._payments([row.id for row in rows])
        return [_read(row, payments.get(row.id, ()), known) for row in rows]

    def _payments(self, lines: Collection[int]) -> dict[int, tuple[int, ...]]:
        """Return the payments of each of these lines that were not taken back."""
        found = defaultdict[int, tuple[int, ...]](tuple)
        columns = schema.statement_bookings.c
        for portion in chunks(lines):
            rows = self.connection.execute(
                select(columns.line_id, columns.payment_id)
                .outerjoin(schema.payment_reversals, schema.payment_reversals.c.payment_id == columns.payment_id)
                .where(columns.line_id.in_(portion), schema.payment_reversals.c.id.is_(None))
                .order_by(columns.payment_id)
            )
            for line, payment in rows:
                found[line] = (*found[line], payment)
        return found


def _note(file: str, row: int) -> str:
    """Return the remark of a payment that was booked from a line."""
    return f"{file}:{row}"


def _row(line: NewLine, by: str, at: datetime) -> Values:
    return {
        "key": line.key,
        "reference": line.reference,
        "format": line.format,
        "file": line.file,
        "row": line.row,
        "date": line.date,
        "amount": line.amount,
        "returned": line.returned,
        "waiting": line.waiting,
        "payer": line.payer,
        "text": line.text,
        "state": line.state,
        "why": line.why,
        "candidates": [[case.estate, case.unit, list(case.owners), why] for case, why in line.candidates],
        "by": by,
        "entered_at": at,
    }


def record_of(key: int, line: NewLine, payments: tuple[int, ...] = ()) -> LineRecord:
    """Return the record of a new line under its number."""
    return LineRecord(
        id=key,
        key=line.key,
        reference=line.reference,
        format=line.format,
        file=line.file,
        row=line.row,
        date=line.date,
        amount=line.amount,
        returned=line.returned,
        waiting=line.waiting,
        payer=line.payer,
        text=line.text,
        state=line.state,
        why=line.why,
        candidates=tuple(CandidateRecord(case, why) for case, why in line.candidates),
        payments=payments,
    )


def _read(row: Row[Any], payments: tuple[int, ...], known: Spellings) -> LineRecord:
    return LineRecord(
        id=row.id,
        key=row.key,
        reference=row.reference,
        format=row.format,
        file=row.file,
        row=row.row,
        date=row.date,
        amount=row.amount,
        returned=row.returned,
        waiting=row.waiting,
        payer=row.payer,
        text=row.text,
        state=row.state,
        why=row.why,
        candidates=tuple(
            CandidateRecord(known.today(CaseKey(estate, unit, tuple(owners))), why)
            for estate, unit, owners, why in row.candidates
        ),
        payments=payments,
    )
