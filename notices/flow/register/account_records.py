"""Everything on record of one owner of one unit, and the account that a person means."""

from __future__ import annotations

from dataclasses import dataclass

from notices.errors import UsageMistake
from notices.flow.register.accounts import is_on_record, known_party, refuse_unrecorded
from notices.flow.workspace import Workspace
from notices.intake import Party
from notices.ledger import (
    Books,
    ClaimRecord,
    HoldRecord,
    Ledger,
    NoticeRecord,
    PaymentRecord,
    RenameRecord,
    ReplyRecord,
    SlipRecord,
)
from notices.messages import say
from notices.model import CaseKey

MOST_NAMED = 20  # accounts that fit the same words


@dataclass(frozen=True)
class AccountRecord:
    """Everything on record of an account, under all its spellings, each kind in the order of entry."""

    account: str
    notices: tuple[NoticeRecord, ...]
    holds: tuple[HoldRecord, ...]
    payments: tuple[PaymentRecord, ...]
    slips: tuple[SlipRecord, ...]
    letters: tuple[ReplyRecord, ...]
    claims: tuple[ClaimRecord, ...]
    renames: tuple[RenameRecord, ...]


def record_of(books: Books, case: CaseKey) -> AccountRecord:
    """Return everything on record of a case."""
    notices = books.notices.of_case(case)
    return AccountRecord(
        account=books.renames.today(case).key,
        notices=tuple(notices),
        holds=tuple(books.holds.all(case=case, include_lifted=True)),
        payments=tuple(books.payments.all(case, include_taken_back=True)),
        slips=tuple(books.slips.of_notices([notice.id for notice in notices])),
        letters=tuple(books.replies.of_case(case)),
        claims=tuple(books.claims.of_cases([case])),
        renames=tuple(books.renames.of_case(case)),
    )


def found_account(workspace: Workspace, books: Books, words: str) -> CaseKey:
    """Return the account of that name, or the only one that these words are a part of.

    Parts of unit, names, telephone and numbers of notices count. Raises UsageMistake, naming them, if several fit;
    Refused, naming the nearest ones, if a whole name is on record nowhere; UsageMistake if it is none.
    """
    whole = _whole_name(workspace, words)
    if whole is not None and is_on_record(books, whole.case):
        return whole.case
    found = books.finding.accounts(words)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageMistake(
            say("{count} accounts fit “{words}”.", count=len(found), words=words),
            say("Give more of one: unit and owner, or the number of a notice."),
            [say("{account}", account=case.key) for case in found[:MOST_NAMED]],
        )
    party = whole or known_party(workspace, words)
    refuse_unrecorded(books, party)
    return party.case


def _whole_name(workspace: Workspace, words: str) -> Party | None:
    try:
        return known_party(workspace, words)
    except UsageMistake:
        return None


def accounts_named(ledger: Ledger, words: str, most: int) -> tuple[tuple[str, CaseKey], ...]:
    """Return the first accounts that these words are a part of, each with its address (`FindingBook.at`)."""
    with ledger.read() as books:
        found = books.finding.accounts(words, most)
        addresses = books.finding.addresses_of(found)
    return tuple((addresses[case], case) for case in found if case in addresses)
