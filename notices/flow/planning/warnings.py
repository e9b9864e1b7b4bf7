"""Warnings of `plan`: lists that may not include recent payments, and accounts left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from notices.flow.planning.decisions import Tally
from notices.flow.planning.list_changes import fall
from notices.flow.workspace import Workspace
from notices.intake import ArrearsList, Problem, Rejected
from notices.ledger import Books, LastList, PaymentRecord
from notices.ledger.payments import VANISHED
from notices.messages import Message, say
from notices.model import ZERO, Account, CaseKey

NAMED = 10  # accounts in one message


def cautions(books: Books, sha256: str, accounts: Sequence[Account], list_date: date) -> tuple[Message, ...]:
    """Warn if a list, identified by day and SHA-256, may not include payments; `accounts` are to get a notice.

    `books` show the ledger as it was before the plan.
    """
    payments = [it for it in books.payments.all() if it.note != VANISHED]
    payers = {it.case for it in payments}
    issued = {account.case: account for account in accounts if account.case in payers}
    paid = [it for it in payments if it.case in issued]
    return (
        *_planned_before(books, sha256, list_date),
        *_paid_on_the_day(issued, paid, list_date),
        *_entered_since(books, issued, [it for it in paid if it.payment.date < list_date], list_date),
    )


def short_of_time(tally: Tally) -> Iterator[Message]:
    """Name the accounts whose limitation date is near, the nearest first."""
    nearest = sorted(tally.pressing)[:NAMED]
    accounts = ", ".join(f"{account} ({day.isoformat()})" for day, account in nearest)
    if len(tally.pressing) > NAMED:
        yield say(
            "Limitation presses for {count} accounts, first for {accounts}. `notices show BATCH` has them all.",
            count=len(tally.pressing),
            accounts=accounts,
        )
    elif nearest:
        yield say("Limitation presses for {count} account(s): {accounts}.", count=len(nearest), accounts=accounts)


def _planned_before(books: Books, sha256: str, list_date: date) -> Iterator[Message]:
    """Warn if the same file was planned for an earlier day: it cannot include later payments."""
    earlier = [
        batch
        for batch in books.batches.all()
        if batch.list_date < list_date and any(received.sha256 == sha256 for received in batch.lists)
    ]
    for batch in earlier[-1:]:
        yield say(
            "This file was already planned as batch {batch}, as a list of {day}. As a list of {now} it is assumed to "
            "include all payments up to then. If it is still the old list, plan it with --list-date {day}.",
            batch=batch.name,
            day=batch.list_date.isoformat(),
            now=list_date.isoformat(),
        )


def _paid_on_the_day(
    issued: Mapping[CaseKey, Account], paid: Sequence[PaymentRecord], list_date: date
) -> Iterator[Message]:
    """Warn about payments on the day of the list, which may or may not be included in it."""
    for it in paid:
        if it.payment.date == list_date:
            yield say(
                "{account} paid on {day}, the day of this list; the list is assumed to include the payment. "
                "If the list is older, give its day with --list-date.",
                account=issued[it.case].key,
                day=list_date.isoformat(),
            )


def _entered_since(
    books: Books, issued: Mapping[CaseKey, Account], paid: Sequence[PaymentRecord], list_date: date
) -> Iterator[Message]:
    """Warn about earlier payments entered since the last list that this list does not seem to include."""
    last = dict(books.lists.latest(sorted({it.case.estate for it in paid}), list_date))
    late = defaultdict[CaseKey, list[PaymentRecord]](list)
    for it in paid:
        before = last.get(it.case.estate)
        if before is None or it.entered_event > before.planned_event:
            late[it.case].append(it)
    for case, payments in late.items():
        if _fallen_by(last.get(case.estate), issued[case]) < sum((it.payment.amount for it in payments), ZERO):
            yield say(
                "{account} paid on {days}, entered since the last list. This list of {now} should include the payment, "
                "but the amount owed has not fallen. If the list is older, give its day with --list-date.",
                account=issued[case].key,
                days=", ".join(it.payment.date.isoformat() for it in payments),
                now=list_date.isoformat(),
            )


def _fallen_by(before: LastList | None, account: Account) -> Decimal:
    """Return by how much the amount owed on the last list's charges has fallen, in yuan."""
    return fall(before.charges.get(account.case, ()), account.charges) if before else ZERO


def left_out(workspace: Workspace, arrears: ArrearsList, *, accept_partial: bool) -> tuple[Message, ...]:
    """Return messages about bad rows and unknown estates; only `accept_partial` plans the other accounts then."""
    unknown = sorted({a.estate for a in arrears.accounts if not workspace.settings.estate(a.estate)})
    messages = [
        say(
            "There is no estate “{estate}” in the settings: its accounts cannot be planned. "
            "Correct the name in the list, or add [[estates]] to notices.toml.",
            estate=estate,
        )
        for estate in unknown
    ]
    if arrears.problems and accept_partial:
        messages.append(
            say(
                "{count} problem(s) in the list: these accounts are left out. "
                "Correct their rows and add them with --into.",
                count=len(arrears.problems),
            )
        )
    elif arrears.problems:
        messages.append(
            say(
                "{count} problem(s) in the list. Correct these rows and plan again, "
                "or plan the good accounts only, with --accept-partial.",
                count=len(arrears.problems),
            )
        )
    return tuple(messages)


def reject_unknown_estates(workspace: Workspace, arrears: ArrearsList) -> ArrearsList:
    """Move accounts of estates that are not in the settings to the rejected ones."""
    known = [account for account in arrears.accounts if workspace.settings.estate(account.estate)]
    strangers = [account for account in arrears.accounts if not workspace.settings.estate(account.estate)]
    heading = next((column.heading for column in arrears.columns if column.meaning == "estate"), None)
    rejected = [
        Rejected(
            account=account.key,
            estate=account.estate,
            rows=account.rows,
            problems=(
                Problem(
                    sheet=arrears.source.sheet,
                    row=account.rows[0] if account.rows else None,
                    column=heading,
                    value=account.estate,
                    problem=say("Estate {estate} is not in the settings.", estate=account.estate),
                    remedy=say("Correct the name in the list, or add [[estates]] to notices.toml."),
                ),
            ),
        )
        for account in strangers
    ]
    return replace(arrears, accounts=tuple(known), rejected=(*arrears.rejected, *rejected))
