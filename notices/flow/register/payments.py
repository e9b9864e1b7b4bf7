"""payment: money that came in since the list, and what of it was entered by mistake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from notices.errors import Refused, UsageMistake
from notices.flow.register.accounts import known_party, never_seen
from notices.flow.workspace import Workspace
from notices.intake import Party
from notices.intake.results import Entered
from notices.ledger import Books, Ledger, PaymentRecord
from notices.messages import NOTHING, say
from notices.model import Payment

LATEST = timedelta(days=31)  # so far ahead of all days that are known a payment may be dated, as one that is announced


@dataclass(frozen=True)
class PaymentRequest:
    """A payment as a person enters it.

    `again` says that the very same came in once more, `unseen` that an account is meant which no list has shown.
    """

    account: str
    payment: Payment
    by: str
    at: datetime
    today: date
    note: str = ""
    again: bool = False
    unseen: bool = False


def add_payment(workspace: Workspace, ledger: Ledger, request: PaymentRequest) -> Entered:
    """Record a payment of an owner.

    Raises Refused where the very same is recorded already, or no list of the estate has shown the account; UsageMistake
    for a day that is far ahead.
    """
    party = known_party(workspace, request.account)
    with ledger.begin() as books:
        _refuse_days_to_come(books, request)
        _refuse_repetition(books, party, request)
        seen = books.histories.knows(party.case)
        if not seen and not request.unseen:
            _refuse_unknown(books, party)
        number = books.payments.add(party.case, request.payment, note=request.note, by=request.by, at=request.at)
    entered = say(
        "Payment {number}: {amount} yuan of {account} on {day}.",
        number=number,
        amount=request.payment.amount,
        account=party.key,
        day=request.payment.date.isoformat(),
    )
    return Entered(new=1, done=entered, note=NOTHING if seen else never_seen(party))


def _refuse_days_to_come(books: Books, request: PaymentRequest) -> None:
    day = request.payment.date
    known = max((request.today, *(batch.as_of for batch in books.batches.all())))
    if day > known + LATEST:
        raise UsageMistake(
            say("No payment can have come in on {day} yet.", day=day.isoformat()),
            say("Look at the year; give the day on which the money came in with --date."),
        )


def _refuse_repetition(books: Books, party: Party, request: PaymentRequest) -> None:
    payment, note = request.payment, request.note
    if not request.again and any((it.payment, it.note) == (payment, note) for it in books.payments.all(party.case)):
        raise Refused(
            say(
                "A payment of {amount} yuan on {day} with the same note is recorded for {account} already.",
                amount=payment.amount,
                day=payment.date.isoformat(),
                account=party.key,
            ),
            say("If so much came in twice that day, say so with --again."),
        )


def _refuse_unknown(books: Books, party: Party) -> None:
    """An estate of which no list was planned yet cannot have shown anybody."""
    if books.histories.lists_show(party.estate):
        raise Refused(
            say("No list or history has shown {account}: the payment was not recorded.", account=party.key),
            say("Check its spelling with `notices show BATCH`; if it is meant all the same, say so with --unseen."),
        )


def list_payments(ledger: Ledger, *, estate: str | None, include_taken_back: bool) -> list[PaymentRecord]:
    """The payments in the order of their dates."""
    with ledger.read() as books:
        found = books.payments.all(include_taken_back=include_taken_back)
    return [record for record in found if estate in {None, record.case.estate}]


def undo(ledger: Ledger, payment: int, *, why: str, by: str, at: datetime) -> PaymentRecord:
    """Take a payment back that never came in; raises UsageMistake where there is none of that number, Refused twice.

    From then on it is decided as if it had not been paid. What was decided before stands as it is, until it is
    decided again.
    """
    with ledger.begin() as books:
        found = {record.id: record for record in books.payments.all(include_taken_back=True)}.get(payment)
        if found is None:
            raise UsageMistake(
                say("There is no payment number {number}.", number=payment),
                say("`notices payment list` shows the numbers."),
            )
        if found.taken_back_at is not None:
            raise Refused(
                say(
                    "Payment {number} was taken back on {day} already.", number=payment, day=found.taken_back_at.date()
                ),
                say("`notices payment list --all` shows it with its reason."),
            )
        books.payments.take_back(payment, why=why, by=by, at=at)
    return found
