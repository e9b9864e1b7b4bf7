"""Debts: what accounts owe by their estate's last list, for comparison with the payments that come in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from notices.flow.workspace import Workspace
from notices.ledger import Books
from notices.model import ZERO, CaseKey, Charge, History, Payment
from notices.rules.balances import standings
from notices.rules.ownership import is_theirs


@dataclass(frozen=True)
class Owed:
    """Principal and both together with the late fee of an account in yuan, in its estate's last list, on a day.

    If the list includes a payment of that day (`in_list`), that is what was due before any payment.
    """

    principal: Decimal
    total: Decimal
    listed: date
    in_list: bool


@dataclass
class Debts:
    """Debts of accounts as the ledger has them when this is made, less what is counted since with `pay`."""

    workspace: Workspace
    _charges: dict[CaseKey, Sequence[Charge]] = field(default_factory=dict)
    _histories: dict[CaseKey, History] = field(default_factory=dict)
    _paid: dict[CaseKey, list[Payment]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, workspace: Workspace, books: Books, cases: Collection[CaseKey], today: date) -> Debts:
        """Read the debts of accounts; those that no list has are left out."""
        debts = cls(workspace)
        for estate, last in books.lists.latest_of(cases):
            charges = {case: last.charges[case] for case in cases if case.estate == estate and last.charges.get(case)}
            if charges:
                as_of = max(today, last.date)
                debts._charges |= charges
                debts._histories |= books.histories.of_cases(charges, list_date=last.date, as_of=as_of)
        return debts

    @property
    def cases(self) -> Collection[CaseKey]:
        """Accounts that their estate's last list has."""
        return self._charges.keys()

    def pay(self, case: CaseKey, payment: Payment) -> None:
        """Count one more payment."""
        self._paid[case].append(payment)

    def owed(self, case: CaseKey, day: date) -> Owed | None:
        """Return what an account owed before a payment of this day; None if the estate's last list has it not."""
        charges, history = self._charges.get(case), self._histories.get(case)
        if charges is None or history is None:
            return None
        in_list = day <= history.list_date
        later = self._paid[case]
        if in_list:
            day = history.list_date
            charges = tuple(replace(charge, paid=ZERO) for charge in charges)
            paid: tuple[Payment, ...] = ()
        else:
            paid = (*history.payments, *later)
        policy = self.workspace.policy(case.estate)
        standing = standings(charges, paid, history.list_date, day, policy, claimed_from=history.claimed_from)
        own = [each for each in standing if is_theirs(each.charge, history.claimed_from)]
        principal = sum((each.balance for each in own), ZERO)
        return Owed(principal, principal + sum((each.late_fee for each in own), ZERO), history.list_date, in_list)
