"""payment: record money that came in since the list, answer questions about it, and undo wrong entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from notices.errors import Refused, UsageMistake
from notices.flow.register.accounts import known_party, never_seen, refuse_unseen
from notices.flow.register.debts import Debts, Owed
from notices.flow.workspace import Workspace
from notices.intake import Party
from notices.intake.results import ImportResult
from notices.ledger import Books, Ledger, PaymentAnswer, PaymentRecord
from notices.messages import NOTHING, Message, say
from notices.model import ZERO, Payment

LATEST = timedelta(days=31)  # furthest date of an announced payment after the latest known day
OLDEST = timedelta(days=2 * 366)  # an older one is a mistyped year


@dataclass(frozen=True)
class PaymentRequest:
    """Payment as a person enters it.

    `again` confirms a second identical payment, `unseen` an account that no list or history has, `yes` more than the
    account owes, and a day years ago.
    """

    account: str
    payment: Payment
    by: str
    at: datetime
    today: date
    note: str = ""
    again: bool = False
    unseen: bool = False
    yes: bool = False


def add_payment(workspace: Workspace, ledger: Ledger, request: PaymentRequest) -> ImportResult:
    """Record a payment by an owner.

    Raises Refused if the same payment is already recorded, no list of the estate has the account, or it is more than
    the account owes, UsageMistake if the date is too far ahead.
    """
    party = known_party(workspace, request.account)
    with ledger.begin() as books:
        _refuse_future_date(books, request)
        _refuse_years_ago(request)
        _refuse_repetition(books, party, request)
        seen = books.histories.knows(party.case)
        if not seen and not request.unseen:
            refuse_unseen(books, party)
        owed = _owed(workspace, books, party, request)
        if not request.yes:
            _refuse_more_than_owed(party, request.payment, owed)
        number = books.payments.add(party.case, request.payment, note=request.note, by=request.by, at=request.at)
    entered = say(
        "Payment {number}: {amount} yuan of {account} on {day}.",
        number=number,
        amount=request.payment.amount,
        account=party.key,
        day=request.payment.date.isoformat(),
    )
    note = NOTHING if seen else never_seen(party)
    if owed is not None and owed.in_list and note is NOTHING:
        note = _taken_for_known(owed)
    if owed is None or owed.in_list:
        return ImportResult(new=1, done=entered, note=note)
    entered = say("{entered} {left}", entered=entered, left=_left(owed, request.payment.amount))
    return ImportResult(new=1, done=entered, note=note, left=max(owed.total - request.payment.amount, ZERO))


def _owed(workspace: Workspace, books: Books, party: Party, request: PaymentRequest) -> Owed | None:
    """Return what the account owed before this payment; None if the estate's last list does not have it."""
    case = books.renames.today(party.case)
    return Debts.of(workspace, books, [case], request.today).owed(case, request.payment.date)


def _left(owed: Owed, amount: Decimal) -> Message:
    """Return the message about what is left to pay, or is credit now."""
    if amount > owed.total:
        return say("{credit} yuan more than principal and late fee are credit.", credit=amount - owed.total)
    return say("{left} yuan are left to pay.", left=owed.total - amount)


def _refuse_more_than_owed(party: Party, payment: Payment, owed: Owed | None) -> None:
    if owed is not None and payment.amount > owed.total:
        raise Refused(
            say(
                "{account}: {amount} yuan are more than principal and late fee by the list of {day}, {owed} yuan.",
                account=party.key,
                amount=payment.amount,
                day=owed.listed.isoformat(),
                owed=owed.total,
            ),
            say("Check the amount and the account; --yes records it."),
        )


def _refuse_future_date(books: Books, request: PaymentRequest) -> None:
    day = request.payment.date
    known = max((request.today, *(batch.as_of for batch in books.batches.all())))
    if day > known + LATEST:
        raise UsageMistake(
            say("{day} is too far in the future for a payment.", day=day.isoformat()),
            say("Check the year, and give the day of the payment with --date."),
        )


def _refuse_years_ago(request: PaymentRequest) -> None:
    day = request.payment.date
    if day < request.today - OLDEST and not request.yes:
        raise Refused(
            say("{day} is more than two years ago.", day=day.isoformat()),
            say("Check the year; --yes records it."),
        )


def _taken_for_known(owed: Owed) -> Message:
    """Return the message about a payment that is subtracted from nothing, as the newest list is later."""
    return say(
        "The newest list is of {day} and is taken to include this payment. If it came in later, undo it and give its "
        "day with --date.",
        day=owed.listed.isoformat(),
    )


def _refuse_repetition(books: Books, party: Party, request: PaymentRequest) -> None:
    payment, note = request.payment, request.note
    if request.again:
        return
    equal = [it for it in books.payments.all(party.case) if it.payment == payment]
    booked = books.statements.keys_of([it.id for it in equal])
    if (known := next((it for it in equal if it.id in booked), None)) is not None:
        raise Refused(
            say(
                "{account}: payment {number} of {amount} yuan on {day} is recorded, from a statement ({note}).",
                account=party.key,
                number=known.id,
                amount=payment.amount,
                day=payment.date.isoformat(),
                note=known.note,
            ),
            say("If the owner paid twice that day, add --again."),
        )
    if any(it.note == note for it in equal):
        raise Refused(
            say(
                "{account}: a payment of {amount} yuan on {day} with the same note is already recorded.",
                amount=payment.amount,
                day=payment.date.isoformat(),
                account=party.key,
            ),
            say("If the owner paid twice that day, add --again."),
        )


@dataclass(frozen=True)
class RecordedPayments:
    """Payments, and the answers about each (by its number) whether a list includes it, the oldest first."""

    payments: tuple[PaymentRecord, ...]
    answers: Mapping[int, tuple[PaymentAnswer, ...]]


def list_payments(ledger: Ledger, *, estate: str | None, include_taken_back: bool) -> RecordedPayments:
    """List the payments by date."""
    with ledger.read() as books:
        found = books.payments.all(include_taken_back=include_taken_back)
        chosen = tuple(record for record in found if estate in {None, record.case.estate})
        return RecordedPayments(chosen, books.late_payments.answers([record.id for record in chosen]))


@dataclass(frozen=True)
class PaymentAnswered:
    """A payment, and the batch whose list is now known to include it, or not to."""

    payment: PaymentRecord
    batch: str
    in_list: bool


def answer(ledger: Ledger, payment: int, *, in_list: bool, batch: str | None, by: str, at: datetime) -> PaymentAnswered:
    """Record whether the list of a batch includes a payment that was entered after it was planned.

    Without a `batch` it is the one whose letter waits for the answer. Raises UsageMistake if there is no such payment
    or letters of several batches wait, Refused if no letter rests on the answer or the payment was taken back.
    """
    with ledger.begin() as books:
        found = _standing(books, payment)
        named = _asked_of(books, payment, batch)
        books.late_payments.answer(payment, books.batches.get(named).id, in_list=in_list, by=by, at=at)
    return PaymentAnswered(found, named, in_list)


def _asked_of(books: Books, payment: int, batch: str | None) -> str:
    """Return the batch that an answer about a payment is for: the one named, or the one whose letter waits for it."""
    asking = books.late_payments.asking(payment)
    if not asking or batch not in {None, *asking}:
        raise Refused(
            say("No letter rests on whether a list includes payment {number}.", number=payment),
            say("`notices payment list` shows the payments, `notices status BATCH` the letters."),
        )
    waiting = [name for name, waits in asking.items() if waits] or list(asking)[-1:]
    if batch is None and len(waiting) > 1:
        raise UsageMistake(
            say(
                "Letters of {batches} wait for an answer about payment {number}.",
                batches=", ".join(waiting),
                number=payment,
            ),
            say("Say which batch's list you looked at, with --batch."),
        )
    return batch or waiting[0]


def _standing(books: Books, payment: int) -> PaymentRecord:
    """Return a payment that is not taken back; raises UsageMistake if there is none of that number, or Refused."""
    found = {record.id: record for record in books.payments.all(include_taken_back=True)}.get(payment)
    if found is None:
        raise UsageMistake(
            say("There is no payment {number}.", number=payment),
            say("`notices payment list` shows the payments."),
        )
    if found.taken_back_at is not None:
        raise Refused(
            say("Payment {number} was already taken back on {day}.", number=payment, day=found.taken_back_at.date()),
            say("`notices payment list --all` shows it with the reason."),
        )
    return found


def undo(ledger: Ledger, payment: int, *, why: str, by: str, at: datetime) -> tuple[PaymentRecord, int | None]:
    """Undo the entry of a payment that never came in, or was another owner's.

    Decisions from now on ignore it; earlier ones stay until they are made again. A line of a statement that it was
    booked from waits for a person again; its number is returned too. Raises UsageMistake if there is no
    payment of that number, Refused if it is already undone.
    """
    with ledger.begin() as books:
        found = _standing(books, payment)
        books.payments.take_back(payment, why=why, by=by, at=at)
        line = books.statements.put_back(payment, found.payment.amount, by=by, at=at)
    return found, line
