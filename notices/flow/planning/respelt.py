"""Accounts that a list still has under the old spelling of an owner who was renamed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from notices.intake import ArrearsList, Note, Problem, Rejected
from notices.ledger import Books
from notices.messages import say
from notices.model import Account, CaseKey


def under_names_of_today(arrears: ArrearsList, books: Books) -> ArrearsList:
    """Return the list with renamed owners spelt as they are today, and a note on each.

    If the list has an owner under both spellings, both accounts are rejected: one letter could not have all charges.
    """
    today = books.renames.today_of(account.case for account in arrears.accounts)
    if not today:
        return arrears
    counts = Counter(today.get(account.case, account.case) for account in arrears.accounts)
    twice = {case for case, count in counts.items() if count > 1}
    good = [it for it in arrears.accounts if today.get(it.case, it.case) not in twice]
    rejected = [_rejected(arrears, it) for it in arrears.accounts if today.get(it.case, it.case) in twice]
    return replace(
        arrears,
        accounts=tuple(_respelt(account, today) for account in good),
        rejected=(*arrears.rejected, *rejected),
        problems=(*arrears.problems, *(problem for each in rejected for problem in each.problems)),
        notes=(*arrears.notes, *(_note(arrears, it, today[it.case]) for it in good if it.case in today)),
    )


def _respelt(account: Account, today: Mapping[CaseKey, CaseKey]) -> Account:
    named = today.get(account.case)
    return replace(account, owners=named.owners) if named else account


def _note(arrears: ArrearsList, account: Account, today: CaseKey) -> Note:
    detail = say("{account} was renamed: it is planned as {owner}.", account=account.key, owner="、".join(today.owners))
    row = account.rows[0] if account.rows else None
    return Note("renamed-account", arrears.source.sheet, row, None, account.key, detail)


def _rejected(arrears: ArrearsList, account: Account) -> Rejected:
    problem = Problem(
        sheet=arrears.source.sheet,
        row=account.rows[0] if account.rows else None,
        column=next((column.heading for column in arrears.columns if column.meaning == "owner"), None),
        value=account.owner,
        problem=say("The list has this owner of {unit} under two spellings.", unit=account.unit),
        remedy=say("Use the corrected spelling in all rows of the unit."),
    )
    return Rejected(account.key, account.estate, account.rows, (problem,))
