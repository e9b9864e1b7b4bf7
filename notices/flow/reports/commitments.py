"""Promises and instalments that are due, and those that were broken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from notices.flow.reports.masking import shown_account
from notices.flow.workspace import Workspace
from notices.ledger import FEW_UNITS, Books, Cases, HoldRecord, ListedAccount
from notices.model import ZERO, CaseKey, Charge, History, Hold, HoldKind, Payment
from notices.rules.balances import balances
from notices.rules.commitments import current_plan, instalment_missed, paid_since, promise_broken, promise_pending

if TYPE_CHECKING:
    from notices.flow.reports.response import ReportRequest


@dataclass(frozen=True, slots=True)
class OpenPromise:
    """A promise, or an instalment of a plan, that is due on a date or was broken; without an amount, everything."""

    case: CaseKey
    account: str
    kind: HoldKind
    date: date
    amount: Decimal | None
    state: Literal["due", "broken"]
    handler: str
    hold: int


def open_promises(
    workspace: Workspace,
    books: Books,
    holds: Sequence[HoldRecord],
    cases: Cases,
    listed: Mapping[int, ListedAccount],
    received: Mapping[int, Sequence[Payment]],
    request: ReportRequest,
) -> list[OpenPromise]:
    """Return what is still promised and what was broken, in the order of the dates."""
    of_case: dict[CaseKey, list[HoldRecord]] = {}
    for record in holds:
        of_case.setdefault(record.case, []).append(record)
    newest = {case: listed[cases.of(case)] for case in of_case if cases.of(case) in listed}
    payments = {case: received.get(cases.of(case), ()) for case in of_case}
    charges = books.response.charges([newest[case].id for case in of_case if case in newest])
    shown = {case: charges.get(newest[case].id, ()) if case in newest else () for case in of_case}
    open_ones = {
        case: waiting
        for case, records in of_case.items()
        if case not in newest or any(balances(shown[case], payments.get(case, ()), newest[case].list_date))
        if (waiting := list(_unpaid(records, payments.get(case, ()))))
    }
    broken = _broken(workspace, books, open_ones, shown, request.as_of)
    found = []
    for case, waiting in open_ones.items():
        policy = workspace.policy(case.estate)
        for record, day, amount in waiting:
            due = promise_pending([Hold(HoldKind.PROMISE, record.hold.registered, until=day)], request.as_of, policy)
            if due or record.id in broken:
                account = newest.get(case)
                found.append(
                    OpenPromise(
                        case=case,
                        account=shown_account(case, names=request.names),
                        kind=record.hold.kind,
                        date=day,
                        amount=amount,
                        state="due" if due else "broken",
                        handler=(account.handler if account else None) or "",
                        hold=record.id,
                    )
                )
    return sorted(found, key=lambda it: (it.date, it.account, it.hold))


def _unpaid(
    records: Sequence[HoldRecord], payments: Sequence[Payment]
) -> Iterator[tuple[HoldRecord, date, Decimal | None]]:
    """Yield each promise whose amount has not come in, and each part of the plan in force that is not covered."""
    plan = current_plan([it.hold for it in records])
    for record in records:
        hold = record.hold
        if hold.kind is HoldKind.PROMISE and hold.until is not None:
            if hold.amount is None or paid_since(payments, hold.registered) < hold.amount:
                yield record, hold.until, hold.amount
        elif hold is plan:
            left = paid_since(payments, hold.registered)
            for part in sorted(hold.instalments, key=lambda it: it.date):
                left -= part.amount
                if left < ZERO:
                    yield record, part.date, min(part.amount, -left)


def _broken(
    workspace: Workspace,
    books: Books,
    waiting: Mapping[CaseKey, Iterable[tuple[HoldRecord, date, Decimal | None]]],
    shown: Mapping[CaseKey, Sequence[Charge]],
    as_of: date,
) -> set[int]:
    """Return the holds (ids) that the rule book calls broken, by the whole history of their accounts."""
    late = [case for case, parts in waiting.items() if any(day < as_of for _, day, _ in parts)]
    if not late:
        return set()
    histories: dict[CaseKey, History] = {}
    for start in range(0, len(late), FEW_UNITS):  # of more at once, the whole estate would be read
        few = {case: shown[case] for case in late[start : start + FEW_UNITS]}
        histories |= books.histories.of_cases(few, list_date=as_of, as_of=as_of)
    broken = set()
    for case in late:
        history, policy = histories[case], workspace.policy(case.estate)
        told = (history.payments, history.notices, history.settled_on, as_of, policy)
        for record, _, _ in waiting[case]:
            hold = record.hold
            is_broken = (
                promise_broken([hold], *told) if hold.kind is HoldKind.PROMISE else instalment_missed(hold, *told)
            )
            if is_broken:
                broken.add(record.id)
    return broken
