"""Accounts as a person writes them: parse them, and refuse unknown estates."""

from __future__ import annotations

from collections.abc import Sequence

from notices.errors import Refused
from notices.flow.workspace import Workspace, unknown_estate
from notices.intake import Party, parse_account
from notices.ledger import Books
from notices.messages import Message, say
from notices.model import CaseKey
from notices.rules.likeness import nearest


def known_party(workspace: Workspace, account: str) -> Party:
    """Return the owner of an account. Raises UsageMistake for an unknown estate or an unreadable account."""
    party = parse_account(account, tuple(estate.name for estate in workspace.settings.estates))
    if workspace.settings.estate(party.estate) is None:
        raise unknown_estate(party.estate, tuple(estate.name for estate in workspace.settings.estates))
    return party


def never_seen(party: Party) -> Message:
    """Return the warning that no list or history has this account."""
    return say("Registered, but no list or history has {account}: check its spelling.", account=party.key)


def refuse_unseen(books: Books, party: Party) -> None:
    """Raise Refused, naming the nearest accounts, if lists of the estate were planned, but none has this account."""
    if not books.histories.estate_was_listed(party.estate):
        return
    near = nearest(party.case, books.lists.accounts_of(party.estate))
    raise Refused(
        say("{account} is in no list or history: nothing was recorded.", account=party.key),
        say("Check its spelling with `notices show BATCH`, or record it anyway with --unseen."),
        [say("Nearest: {account}", account=case.key) for case in near],
    )


def is_on_record(books: Books, case: CaseKey) -> bool:
    """Return whether anything at all is on record of this account."""
    return bool(
        books.histories.knows(case)
        or books.payments.all(case, include_taken_back=True)
        or books.holds.all(case=case, include_lifted=True)
        or books.claims.of_cases([case])
        or books.renames.of_case(case)
    )


def refuse_unrecorded(books: Books, party: Party) -> None:
    """Raise Refused, naming the nearest accounts, if nothing at all is on record of this account."""
    case = party.case
    if is_on_record(books, case):
        return
    near = nearest(case, books.lists.accounts_of(party.estate))
    raise Refused(
        say("Nothing is on record of {account}.", account=party.key),
        say("Check its spelling with `notices show BATCH`."),
        [say("Nearest: {account}", account=each.key) for each in near],
    )


def unknown_estates(parties: Sequence[Party], known: Sequence[str]) -> tuple[Message, ...]:
    """Return a message for each unknown estate, whose rows were left out."""
    return tuple(
        say(
            "There is no estate “{estate}” in the settings: its rows were left out. "
            "Correct the name in the table, or add [[estates]] to notices.toml, then import it again.",
            estate=name,
        )
        for name in sorted({party.estate for party in parties} - set(known))
    )
