"""Changes since the last list of the same estate, reported before planning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from notices.intake import ArrearsList, Note
from notices.ledger import Books, LastList
from notices.ledger.payments import VANISHED
from notices.messages import Message, say
from notices.model import ZERO, Account, CaseKey, Charge, Payment, Period
from notices.rules.likeness import like_a_former_owner

ChargeId = tuple[str, date, Period | None]


@dataclass(frozen=True, slots=True)
class Missing:
    """Amount in yuan that an account owed in the last list that had it."""

    owed: Decimal
    listed: date


@dataclass(frozen=True)
class Changes:
    """Changes since the last lists: notes, and the debtors missing now (`vanished`).

    `unclear` are estates with rows of unknown accounts: nobody there counts as missing.
    """

    notes: tuple[Note, ...] = ()
    vanished: Mapping[CaseKey, Missing] = field(default_factory=dict)
    unclear: frozenset[str] = frozenset()


def changes(
    arrears: ArrearsList,
    last: Iterable[tuple[str, LastList]],
    *,
    vanished_is_paid: bool,
    payments_of: Callable[[CaseKey], Iterable[Payment]] = lambda _: (),
) -> Changes:
    """Compare a list with the last one of each of its estates; recorded payments tell of some who are missing."""
    unclear = frozenset(each.estate or "" for each in arrears.rejected if each.account is None)
    vanished: dict[CaseKey, Missing] = {}
    notes: list[Note] = []
    for estate, before in last:
        comparison = _Comparison(arrears, estate, before)
        missing = comparison.vanished()
        paid = vanished_is_paid and not unclear & {estate, ""}
        notes += [
            *comparison.new(),
            *comparison.paid(),
            *comparison.missing(missing, payments_of, paid=paid),
            *comparison.amounts(),
        ]
        vanished |= missing
    return Changes(tuple(notes), vanished, unclear)


def count_as_paid(books: Books, found: Changes, list_date: date, *, by: str, at: datetime) -> None:
    """Record that vanished accounts paid what they owed by the list's day, except in unclear estates."""
    for case, missing in found.vanished.items():
        payments = (record.payment for record in books.payments.all(case))
        rest = missing.owed - sum((it.amount for it in payments if it.date > missing.listed), ZERO)
        if rest > ZERO and not found.unclear & {case.estate, ""}:
            books.payments.add(case, Payment(list_date, rest), note=VANISHED, by=by, at=at)


class _Comparison:
    """Comparison of two lists of one estate."""

    def __init__(self, arrears: ArrearsList, estate: str, before: LastList) -> None:
        self.sheet = arrears.source.sheet
        self.before = before
        self.now = {account.case: account for account in arrears.accounts if account.estate == estate}
        bad = (each.account.split("/")[:2] for each in arrears.rejected if each.account)
        self.bad_units = frozenset(unit for name, unit in bad if name == estate)
        self.has_due = any(column.meaning == "due" for column in arrears.columns)
        self.sold_units = frozenset(case.unit for case in self.now if case not in before.charges)
        self.units_before = _by_unit(before.charges)

    def new(self) -> Iterator[Note]:
        """Yield notes on accounts that are not in the last list, and on units with a new owner."""
        for case, account in self.now.items():
            if case in self.before.charges or account.key in self.before.left_out:
                continue
            gone = [former for former in self.units_before.get(case.unit, ()) if former not in self.now]
            if gone:
                detail = say(
                    "Unit {unit}: owner was {before} in the list of {day}, is now {now}.",
                    unit=case.unit,
                    before="；".join("、".join(former.owners) for former in gone),
                    now=account.owner,
                    day=self.before.date.isoformat(),
                )
                yield self._note("owner-changed", account, detail)
                if former := like_a_former_owner(case, [each.owners for each in gone]):
                    yield self._note("owner-alike", account, _alike(account, former))
            else:
                detail = say("{account} was not in the list of {day}.", account=account.key, day=self._day)
                yield self._note("new-account", account, detail)

    def paid(self) -> Iterator[Note]:
        """Yield notes on accounts that owed something and now owe nothing."""
        for case, account in self.now.items():
            owed = _owed(self.before.charges.get(case, ()))
            if owed > ZERO >= _owed(account.charges):
                detail = say("{account} owed {owed} and now owes nothing.", account=account.key, owed=owed)
                yield self._note("now-paid", account, detail)

    def vanished(self) -> dict[CaseKey, Missing]:
        """Return debtors no longer in the list, unless their unit has bad rows or a new owner."""
        return {
            case: Missing(owed, self.before.date)
            for case, charges in self.before.charges.items()
            if case not in self.now
            and (owed := _owed(charges)) > ZERO
            and case.unit not in self.bad_units | self.sold_units
        }

    def missing(
        self, vanished: Mapping[CaseKey, Missing], payments_of: Callable[[CaseKey], Iterable[Payment]], *, paid: bool
    ) -> Iterator[Note]:
        """Yield a note on each vanished account."""
        for case, gone in vanished.items():
            received = sum((it.amount for it in payments_of(case) if it.date > gone.listed), ZERO)
            detail = (
                say(
                    "{account} owed {owed} and is no longer in the list: a payment of {received} is recorded.",
                    account=case.key,
                    owed=gone.owed,
                    received=received,
                )
                if received >= gone.owed
                else say(
                    "{account} owed {owed} and is no longer in the list: counted as paid.",
                    account=case.key,
                    owed=gone.owed,
                )
                if paid
                else say(
                    "{account} owed {owed} and is no longer in the list: not known whether it was paid.",
                    account=case.key,
                    owed=gone.owed,
                )
            )
            yield Note("vanished-account", self.sheet, None, None, case.key, detail)

    def amounts(self) -> Iterator[Note]:
        """Yield notes on old charges whose amounts have changed or that were not listed before."""
        for case, account in self.now.items():
            if case not in self.before.charges:
                continue
            before, now = _charges(self.before.charges[case]), _charges(account.charges)
            for charge, amounts in now.items():
                earlier = before.get(charge)
                if earlier is None:
                    if charge[1] < self.before.date and amounts.owed > ZERO:
                        yield self._old_charge(account, charge, amounts)
                elif self._edited(earlier, amounts):
                    yield self._edited_charge(account, charge, earlier, amounts)

    def _edited(self, before: _Amounts, now: _Amounts) -> bool:
        """Return whether an amount changed that payments do not change (the amount owed may fall)."""
        return now.owed > before.owed or (self.has_due and now.due != before.due)

    def _edited_charge(self, account: Account, charge: ChargeId, before: _Amounts, now: _Amounts) -> Note:
        detail = say(
            "{account}: {item} due on {due_date} was {due_before} (owed {owed_before}) in the list of {day}; "
            "now {due_now} (owed {owed_now}). An old amount was changed.",
            account=account.key,
            item=charge[0],
            due_date=charge[1].isoformat(),
            due_before=before.due,
            owed_before=before.owed,
            day=self._day,
            due_now=now.due,
            owed_now=now.owed,
        )
        return self._note("amount-changed", account, detail)

    def _old_charge(self, account: Account, charge: ChargeId, now: _Amounts) -> Note:
        detail = say(
            "{account}: {item} due on {due_date} ({owed} owed) is older than the list of {day}, but was not in it.",
            account=account.key,
            item=charge[0],
            due_date=charge[1].isoformat(),
            owed=now.owed,
            day=self._day,
        )
        return self._note("old-charge-added", account, detail)

    def _note(self, code: str, account: Account, detail: Message) -> Note:
        return Note(code, self.sheet, account.rows[0] if account.rows else None, None, account.key, detail)

    @property
    def _day(self) -> str:
        return self.before.date.isoformat()


def _alike(account: Account, former: Sequence[str]) -> Message:
    return say(
        "{account}: this name looks like that of the owner so far, {former}. If that is the same person, correct the "
        "list; `approve` leaves the account out until it is included.",
        account=account.key,
        former="、".join(former),
    )


def fall(before: Iterable[Charge], now: Iterable[Charge]) -> Decimal:
    """Return by how much the amount owed on earlier charges has fallen, in yuan."""
    left = _charges(now)
    known = _charges(before)
    return sum((it.owed - (left[key].owed if key in left else ZERO) for key, it in known.items()), ZERO)


@dataclass(frozen=True, slots=True)
class _Amounts:
    due: Decimal
    owed: Decimal


def _charges(charges: Iterable[Charge]) -> dict[ChargeId, _Amounts]:
    """Add up the rows of each charge; rows with the same item, period and due date are one charge."""
    found: dict[ChargeId, _Amounts] = {}
    for charge in charges:
        key = (charge.item, charge.due_date, charge.period)
        so_far = found.get(key, _Amounts(ZERO, ZERO))
        found[key] = _Amounts(so_far.due + charge.due, so_far.owed + charge.owed)
    return found


def _owed(charges: Sequence[Charge]) -> Decimal:
    return sum((charge.owed for charge in charges), ZERO)


def _by_unit(cases: Iterable[CaseKey]) -> dict[str, list[CaseKey]]:
    units: dict[str, list[CaseKey]] = {}
    for case in cases:
        units.setdefault(case.unit, []).append(case)
    return units
