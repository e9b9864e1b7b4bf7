"""account show: everything on record of one owner of one unit."""

from __future__ import annotations

from dataclasses import dataclass

from notices.flow.register.accounts import known_party, refuse_unrecorded
from notices.flow.workspace import Workspace
from notices.ledger import ClaimRecord, HoldRecord, Ledger, NoticeRecord, PaymentRecord, RenameRecord, SlipRecord


@dataclass(frozen=True)
class AccountRecord:
    """Everything on record of an account, under all its spellings, each kind in the order of entry."""

    account: str
    notices: tuple[NoticeRecord, ...]
    holds: tuple[HoldRecord, ...]
    payments: tuple[PaymentRecord, ...]
    slips: tuple[SlipRecord, ...]
    claims: tuple[ClaimRecord, ...]
    renames: tuple[RenameRecord, ...]


def show_account(workspace: Workspace, ledger: Ledger, account: str) -> AccountRecord:
    """Return everything on record of an account. Raises Refused, naming the nearest ones, if there is nothing."""
    party = known_party(workspace, account)
    with ledger.read() as books:
        refuse_unrecorded(books, party)
        notices = books.notices.of_case(party.case)
        return AccountRecord(
            account=books.renames.today(party.case).key,
            notices=tuple(notices),
            holds=tuple(books.holds.all(case=party.case, include_lifted=True)),
            payments=tuple(books.payments.all(party.case, include_taken_back=True)),
            slips=tuple(books.slips.of_notices([notice.id for notice in notices])),
            claims=tuple(books.claims.of_cases([party.case])),
            renames=tuple(books.renames.of_case(party.case)),
        )
