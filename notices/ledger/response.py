"""The fates of notices, for reports: many at once, in compact rows, their cases by number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Text, case, func, select, true, type_coerce

from notices.ledger import schema
from notices.ledger.base import Book, chunks
from notices.ledger.batches import CORRECTED
from notices.ledger.columns import names_in
from notices.ledger.discards import counts
from notices.ledger.history_rows import charges_of
from notices.ledger.spellings import spellings
from notices.model import FAILED, ZERO, CaseKey, Channel, Charge, Payment, State
from notices.rules.settlement import SeenList, payments_seen
from notices.rules.states import LEFT_BY_EMAIL, LEFT_ON_PAPER
from notices.spelling import comparable_names, comparable_unit

Day = date  # the type, where a field is itself called `date`

LEFT = LEFT_BY_EMAIL | LEFT_ON_PAPER
BEFORE_LEAVING = (
    "approved",
    "rendered",
    "spooled",
    "sending",
)  # kinds of events by the thousand that let nothing leave


class Cases:
    """The cases of a report by number: hundreds of thousands of rows are compared faster by number than by name."""

    def __init__(self, connection: Connection) -> None:
        self._spellings = spellings(connection)
        self._by_row: dict[tuple[str, str, str], int] = {}
        self._by_name: dict[tuple[str, str, tuple[str, ...]], int] = {}
        self._names: list[tuple[str, str, tuple[str, ...]]] = []

    def __getitem__(self, number: int) -> CaseKey:
        """Return the case of that number, under its name of today."""
        return CaseKey(*self._names[number])

    def estate(self, number: int) -> str:
        """Return the estate of the case of that number."""
        return self._names[number][0]

    def of(self, case: CaseKey) -> int:
        """Return the number of a case, given under any of its names."""
        today = self._spellings.today(case)
        return self._number(today.estate, today.unit, today.owners)

    def of_row(self, estate: str, unit: str, owners: str) -> int:
        """Return the number of the case in a row; `owners` is the text that the column holds."""
        number = self._by_row.get((estate, unit, owners))
        if number is None:
            names = names_in(owners)
            number = self._by_row[estate, unit, owners] = (
                self.of(CaseKey(estate, unit, names))
                if self._spellings.renamed
                else self._number(estate, comparable_unit(unit), comparable_names(names))
            )
        return number

    def _number(self, *name: *tuple[str, str, tuple[str, ...]]) -> int:
        """Return the number of a case by its name of today, as it is compared."""
        number = self._by_name.get(name)
        if number is None:
            number = self._by_name[name] = len(self._names)
            self._names.append(name)
        return number


class GoneNotice(NamedTuple):
    """A notice that left, or that was refused for good, with the account it was decided on; principal in yuan.

    `went` is the day on which its first delivery left, None if none did; `failed` is true if no delivery arrived.
    """

    id: int
    number: str | None
    batch: str
    tier: str
    case: int
    building: str
    handler: str | None
    principal: Decimal
    date: Day | None
    went: Day | None
    failed: bool


class ListedAccount(NamedTuple):
    """An account in one list, with its building and the handler of its decision; principal in yuan."""

    id: int
    case: int
    list_date: date
    as_of: date
    batch: str
    building: str
    handler: str | None
    principal: Decimal


class BookedPayment(NamedTuple):
    """A payment received, or (then with id 0) known only from a newer list."""

    id: int
    case: int
    payment: Payment


class ReturnedSlip(NamedTuple):
    """The last slip of a notice: its batch, the day it came, and its objections."""

    notice_id: int
    batch: str
    estate: str
    received: date
    objections: tuple[str, ...]


class LeftOver(NamedTuple):
    """The balances (yuan) of an account by due date, as of its decision."""

    account_id: int
    due_date: date
    balance: Decimal


class ResponseBook(Book):
    """Ledger operations for reports; they read and change nothing."""

    def cases(self) -> Cases:
        """Return an empty table of cases, to be filled by the other methods."""
        return Cases(self.connection)

    def gone(self, cases: Cases, estate: str | None = None) -> list[GoneNotice]:
        """Return all notices of this program that left or were refused, by id."""
        went = self._days_they_went()
        fates = self._fates()
        rows = self.connection.execute(
            select(
                schema.notices.c.id,
                schema.notices.c.number,
                schema.batches.c.name,
                schema.notices.c.tier,
                schema.notices.c.estate,
                schema.notices.c.unit,
                _text_of(schema.notices.c.case_owners),
                schema.accounts.c.building,
                schema.decisions.c.handler,
                schema.notices.c.principal,
                schema.notices.c.date,
            )
            .select_from(schema.notices)
            .join(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
            .join(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .where(_of_estate(schema.notices.c.estate, estate), schema.notices.c.number.is_not(None))
            .order_by(schema.notices.c.id)
        ).all()
        return [
            GoneNotice(
                key,
                number,
                batch,
                tier,
                cases.of_row(estate, unit, owners),
                building,
                handler,
                principal or ZERO,
                day,
                went.get(key, day) if fates[key].left else None,
                fates[key].failed,
            )
            for key, number, batch, tier, estate, unit, owners, building, handler, principal, day in rows
            if key in fates
        ]

    def listed(self, cases: Cases, estate: str | None = None) -> list[ListedAccount]:
        """Return every account of every list that counts, in the order of the lists."""
        corrected = select(schema.events.c.what_id).where(  # their rows are another account's
            schema.events.c.what == "decision", schema.events.c.kind == CORRECTED
        )
        rows = self.connection.execute(
            select(
                schema.accounts.c.id,
                schema.accounts.c.estate,
                schema.accounts.c.unit,
                _text_of(schema.accounts.c.case_owners),
                schema.batches.c.list_date,
                schema.batches.c.as_of,
                schema.batches.c.name,
                schema.accounts.c.building,
                schema.decisions.c.handler,
                schema.decisions.c.principal,
            )
            .select_from(schema.accounts)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .join(schema.decisions, schema.decisions.c.account_id == schema.accounts.c.id)
            .where(_of_estate(schema.accounts.c.estate, estate), counts(), schema.decisions.c.id.not_in(corrected))
            .order_by(schema.batches.c.list_date, schema.batches.c.id, schema.accounts.c.id)
        ).all()
        return [
            ListedAccount(key, cases.of_row(estate, unit, owners), *rest) for key, estate, unit, owners, *rest in rows
        ]

    def payments(self, cases: Cases, listed: Sequence[ListedAccount], estate: str | None = None) -> list[BookedPayment]:
        """Return the payments that were not taken back, and those known only from lists, by day."""
        gone = select(schema.payment_reversals.c.payment_id)
        columns = schema.payments.c
        rows = self.connection.execute(
            select(
                columns.id, columns.estate, columns.unit, _text_of(columns.case_owners), columns.date, columns.amount
            ).where(columns.id.not_in(gone), _of_estate(columns.estate, estate))
        ).all()
        booked = [
            BookedPayment(key, cases.of_row(estate, unit, owners), Payment(day, amount))
            for key, estate, unit, owners, day, amount in rows
        ]
        return sorted([*booked, *self._seen_in_lists(listed, booked)], key=lambda it: (it.payment.date, it.id))

    def slips(self, estate: str | None = None) -> list[ReturnedSlip]:
        """Return the last slip of each notice of this program that was not taken back, in the order of entry."""
        last = select(func.max(schema.slips.c.id)).group_by(schema.slips.c.notice_id)
        rows = self.connection.execute(
            select(
                schema.slips.c.notice_id,
                schema.batches.c.name,
                schema.notices.c.estate,
                schema.slips.c.received,
                schema.slips.c.objections,
            )
            .select_from(schema.slips)
            .join(schema.notices, schema.slips.c.notice_id == schema.notices.c.id)
            .join(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
            .join(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .where(
                schema.slips.c.id.in_(last),
                schema.slips.c.source != "taken-back",
                _of_estate(schema.notices.c.estate, estate),
            )
            .order_by(schema.slips.c.id)
        )
        return [ReturnedSlip(*row) for row in rows]

    def left_over(self, account_ids: Collection[int], due: tuple[date, date] | None = None) -> list[LeftOver]:
        """Return the claimed balances of these accounts, those of one due date added up; only those `due` from … to."""
        columns = schema.charges.c
        wanted = columns.claimable & (columns.balance > ZERO)
        if due is not None:
            wanted &= columns.due_date.between(*due)
        added_up = select(columns.account_id, columns.due_date, func.sum(columns.balance)).where(wanted)
        grouped = added_up.group_by(columns.account_id, columns.due_date)
        return [
            LeftOver(*row)
            for portion in chunks(account_ids)
            for row in self.connection.execute(grouped.where(columns.account_id.in_(portion))).all()
        ]

    def owed(self, account_ids: Collection[int]) -> dict[int, Decimal]:
        """Return what the charges of each account leave open in its list, due or not; overpaid ones count nothing."""
        columns = schema.charges.c
        left = columns.due - columns.waived - columns.paid
        added_up = select(columns.account_id, func.sum(left, type_=columns.due.type)).where(left > ZERO)
        grouped = added_up.group_by(columns.account_id)
        return dict(
            tuple(row)
            for portion in chunks(account_ids)
            for row in self.connection.execute(grouped.where(columns.account_id.in_(portion))).all()
        )

    def charges(self, account_ids: Collection[int]) -> Mapping[int, Sequence[Charge]]:
        """Return the charges of these accounts."""
        return charges_of(self.connection, account_ids)

    def demands(self, cases: Cases, estate: str | None = None) -> Mapping[int, Sequence[date]]:
        """Return the days of each owner's proven demands: paper with recorded delivery, imported notices too."""
        rows = self.connection.execute(
            select(
                schema.notices.c.estate,
                schema.notices.c.unit,
                _text_of(schema.notices.c.case_owners),
                func.coalesce(schema.deliveries.c.on, schema.notices.c.date, type_=schema.notices.c.date.type),
            )
            .select_from(schema.deliveries)
            .join(schema.notices, schema.deliveries.c.notice_id == schema.notices.c.id)
            .where(
                schema.deliveries.c.channel == Channel.PRINT,
                schema.deliveries.c.state == State.DELIVERED,
                _of_estate(schema.notices.c.estate, estate),
            )
        ).all()
        found = defaultdict[int, list[date]](list)
        for named, unit, owners, day in rows:
            if day is not None:
                found[cases.of_row(named, unit, owners)].append(day)
        return {owner: sorted(days) for owner, days in found.items()}

    def _days_they_went(self) -> dict[int, date]:
        """Return the day on which the first delivery of each notice left, by the events of its leaving."""
        events, deliveries = schema.events.c, schema.deliveries.c
        first = (
            select(deliveries.notice_id, func.min(events.at))
            .select_from(schema.events)
            .join(schema.deliveries, deliveries.id == events.what_id)
            .where(
                events.what == "delivery",
                events.kind.not_in(BEFORE_LEAVING),
                events.data["to"].as_string().in_([state.value for state in LEFT]),
                deliveries.state.in_(LEFT),
            )
            .group_by(deliveries.notice_id)
        )
        return {key: _on(at, self.zone) for key, at in self.connection.execute(first).all()}

    def _fates(self) -> dict[int, _Fate]:
        """Return what became of each notice of which a delivery left or was refused."""
        state = schema.deliveries.c.state
        columns = [
            func.sum(case((state.in_(LEFT), 1), else_=0)),
            func.sum(case((state.in_(FAILED), 1), else_=0)),
            func.sum(case((state != State.WITHDRAWN, 1), else_=0)),
        ]
        rows = self.connection.execute(
            select(schema.deliveries.c.notice_id, *columns)
            .group_by(schema.deliveries.c.notice_id)
            .having(func.sum(case((state.in_(LEFT | FAILED), 1), else_=0)) > 0)
        ).all()
        return {key: _Fate(left > 0, failed == live) for key, left, failed, live in rows}

    def _seen_in_lists(self, listed: Sequence[ListedAccount], booked: Sequence[BookedPayment]) -> list[BookedPayment]:
        """Return payments inferred from the rise of paid amounts from list to list, as the rules do."""
        paid = schema.charges.c.paid
        sums: dict[int, Decimal] = dict(
            self.connection.execute(
                select(schema.charges.c.account_id, func.sum(paid))
                .where(paid != ZERO)
                .group_by(schema.charges.c.account_id)
            ).all()
        )
        if not sums:
            return []
        appearances = defaultdict[int, list[ListedAccount]](list)
        for account in listed:
            appearances[account.case].append(account)
        telling = {
            owner: seen
            for owner, seen in appearances.items()
            if len(seen) > 1 and len({sums.get(it.id, ZERO) for it in seen}) > 1
        }
        recorded = defaultdict[int, list[Payment]](list)
        for it in booked:
            recorded[it.case].append(it.payment)
        charges = charges_of(self.connection, [it.id for seen in telling.values() for it in seen])
        return [
            BookedPayment(0, owner, payment)
            for owner, seen in telling.items()
            for payment in payments_seen(
                [SeenList(it.list_date, charges.get(it.id, ())) for it in seen], recorded.get(owner, ())
            )
        ]


class _Fate(NamedTuple):
    left: bool
    failed: bool


def _text_of(column: ColumnElement[tuple[str, ...]]) -> ColumnElement[str]:
    return type_coerce(column, Text)


def _of_estate(column: ColumnElement[str], estate: str | None) -> ColumnElement[bool]:
    return true() if estate is None else column == estate


@lru_cache(maxsize=4096)  # a command records all of its deliveries at one moment
def _on(at: datetime, zone: tzinfo) -> date:
    return at.astimezone(zone).date()
