"""payment match: proposals from statements that wait for a person: list them, and settle one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from notices.errors import Refused, UsageMistake
from notices.flow.people import refuse_strangers
from notices.flow.register.accounts import known_party, refuse_unseen
from notices.flow.register.debts import Debts
from notices.flow.workspace import Workspace
from notices.ledger import Books, Ledger, LineRecord, LineState
from notices.messages import NOTHING, Message, say
from notices.model import CaseKey, Payment
from notices.words import word


@dataclass(frozen=True)
class Settlement:
    """A person's word on a proposal: the account, None for nobody's payment; `amount` is a part of it, None for all."""

    proposal: int
    by: str
    at: datetime
    account: str | None = None
    amount: Decimal | None = None


@dataclass(frozen=True)
class SettledProposal:
    """A settled proposal: the account and the payment, None if it was refused, and what was booked.

    `waiting` is what still waits of the line, `credit` a message if the account owed less, `twice` one if the same
    money may have been booked twice.
    """

    line: LineRecord
    case: CaseKey | None
    payment: int | None
    amount: Decimal
    waiting: Decimal
    credit: Message = NOTHING
    twice: Message = NOTHING

    @property
    def attention(self) -> tuple[Message, ...]:
        """Messages that need a look."""
        return tuple(message for message in (self.credit, self.twice) if message.text)


def waiting(ledger: Ledger, *, estate: str | None = None) -> list[LineRecord]:
    """Return the proposals that wait, the oldest money first; with an estate those that may be its or anybody's."""
    with ledger.read() as books:
        lines = books.statements.waiting()
    return [
        line
        for line in lines
        if estate is None or not line.candidates or any(each.case.estate == estate for each in line.candidates)
    ]


def settle(workspace: Workspace, ledger: Ledger, word_on_it: Settlement) -> SettledProposal:
    """Book a proposal, or a part of it, to an account, or record that it is nobody's payment.

    Raises UsageMistake if there is no such proposal, Refused if it is settled, if less than the amount waits, or if no
    list or history has the account.
    """
    refuse_strangers(workspace, word_on_it.by)
    by, at = word_on_it.by, word_on_it.at
    party = None if word_on_it.account is None else known_party(workspace, word_on_it.account)
    with ledger.begin() as books:
        line = _proposal(books, word_on_it.proposal)
        if party is None:
            books.statements.refuse(line, by=by, at=at)
            return SettledProposal(line, None, None, line.waiting, line.waiting - line.waiting)
        if not books.histories.knows(party.case):
            refuse_unseen(books, party)
        case = books.renames.today(party.case)
        amount = word_on_it.amount or line.waiting
        owed = Debts.of(workspace, books, [case], at.date()).owed(case, line.date)
        twice = _equal_payment(books, line, case, amount)
        payment = books.statements.book(line, case, amount, by=by, at=at)
    credit = NOTHING
    if owed is not None and amount > owed.total:
        credit = say(
            "{account} paid {amount} yuan and owed {owed}; {credit} yuan are credit.",
            account=case.key,
            amount=amount,
            owed=owed.total,
            credit=amount - owed.total,
        )
    return SettledProposal(line, case, payment, amount, line.waiting - amount, credit, twice)


def _equal_payment(books: Books, line: LineRecord, case: CaseKey, amount: Decimal) -> Message:
    """Return the message that an equal payment of the account is on record which is not from the same file."""
    equal = [it for it in books.payments.all(case) if it.payment == Payment(line.date, amount)]
    lines = books.statements.known(books.statements.keys_of([it.id for it in equal]).values())
    from_here = {payment for it in lines.values() if it.file == line.file for payment in it.payments}
    known = next((it for it in equal if it.id not in from_here), None)
    if known is None:
        return NOTHING
    return say(
        "{account}: payment {number} is of the same day and amount. If it is the same money, take one of the two back: "
        "`notices payment undo`.",
        account=case.key,
        number=known.id,
    )


def _proposal(books: Books, number: int) -> LineRecord:
    line = books.statements.find(number)
    if line is None or (line.state is LineState.IGNORED and not line.candidates):
        raise UsageMistake(
            say("There is no proposal {number}.", number=number),
            say("`notices payment match` lists the proposals."),
        )
    if line.state is not LineState.PROPOSED:
        raise Refused(
            say("Proposal {number} is settled: {state}.", number=number, state=word(line.state)),
            say("`notices payment list` shows the payments; `notices payment undo` takes one back."),
        )
    return line
