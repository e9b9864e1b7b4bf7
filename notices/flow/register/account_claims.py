"""account claim: record from which day on the charges of a unit are its new owner's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from notices.errors import UsageMistake
from notices.flow.days import days_allowed, is_too_far
from notices.flow.register.accounts import known_party, never_seen, refuse_unseen
from notices.flow.workspace import Workspace
from notices.intake import Party
from notices.ledger import Books, Ledger
from notices.messages import Message, listed, say
from notices.model import Charge
from notices.rules.ownership import is_theirs
from notices.words import amounts_by_period


@dataclass(frozen=True)
class ClaimRequest:
    """Claim as a person enters it: charges that begin on `claimed_from` or later are this owner's.

    `unseen` confirms an account that no list or history has.
    """

    account: str
    claimed_from: date
    by: str
    at: datetime
    unseen: bool = False


@dataclass(frozen=True)
class Claimed:
    """Result of `account claim`: the charges of the last list that are not claimed any more, and what to say."""

    account: str
    dropped: tuple[Charge, ...]
    done: tuple[Message, ...]


def claim_account(workspace: Workspace, ledger: Ledger, request: ClaimRequest) -> Claimed:
    """Record a claim; it replaces an earlier one.

    Raises Refused if no list of the estate has the account, UsageMistake for a day too far ahead.
    """
    party = known_party(workspace, request.account)
    _refuse_claim_ahead(workspace, request)
    with ledger.begin() as books:
        seen = books.histories.knows(party.case)
        if not seen and not request.unseen:
            refuse_unseen(books, party)
        books.claims.add(party.case, request.claimed_from, by=request.by, at=request.at)
        dropped = _dropped(books, party, request.claimed_from)
    said = (_done(party, request, dropped), *_straddling(dropped, request.claimed_from))
    return Claimed(party.key, dropped, said if seen else (never_seen(party), *said))


def _refuse_claim_ahead(workspace: Workspace, request: ClaimRequest) -> None:
    """Raise UsageMistake for a day far ahead, from which on nothing that is owed would be claimed."""
    if is_too_far(workspace, request.claimed_from, request.at.date()):
        raise UsageMistake(
            say("{day} is too far in the future for a claim.", day=request.claimed_from.isoformat()),
            days_allowed(workspace),
        )


def _dropped(books: Books, party: Party, claimed_from: date) -> tuple[Charge, ...]:
    case = books.renames.today(party.case)
    return tuple(
        charge
        for _, last in books.lists.latest_of([case])
        for charge in last.charges.get(case, ())
        if charge.owed > 0 and not is_theirs(charge, claimed_from)
    )


def _done(party: Party, request: ClaimRequest, dropped: Sequence[Charge]) -> Message:
    day = request.claimed_from.isoformat()
    if not dropped:
        return say(
            "Charges of {account} that begin on {day} or later are this owner's; the last list has no older ones.",
            account=party.key,
            day=day,
        )
    return say(
        "Charges of {account} that begin on {day} or later are this owner's. Not claimed any more: {charges}. A "
        "planned notice that claims them is withdrawn when it is decided again; plan the account again.",
        account=party.key,
        day=day,
        charges=listed(amounts_by_period((charge, charge.owed) for charge in dropped)),
    )


def _straddling(dropped: Sequence[Charge], claimed_from: date) -> list[Message]:
    part = [charge for charge in dropped if charge.period and charge.period.end >= claimed_from]
    if not part:
        return []
    return [
        say(
            "Of these, {charges} is for days before and after {day}. If a part of it is this owner's, have the list "
            "show that part as a charge of its own.",
            charges=listed(amounts_by_period((charge, charge.owed) for charge in part)),
            day=claimed_from.isoformat(),
        )
    ]
