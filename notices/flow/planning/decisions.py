"""Deciding for the accounts of a list, some at a time, so that a city's need no more memory than an estate's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from notices.flow.workspace import Workspace
from notices.ledger import (
    FEW_UNITS,
    Books,
    DecisionRecord,
    Ledger,
    NoticeRecord,
    PlannedAccount,
)
from notices.model import Account, Action, Decision, History, State
from notices.rules.channels import address_of
from notices.rules.decide import decide_safely
from notices.settings import Estate

Outcome = tuple[Action, str | None, str]  # what was decided, for which tier, and why


class Deciding:
    """The decisions for accounts of a list; when all are taken, `counts` and `issued` (who gets a notice) tell of them.

    `leave_out` names the batch that they belong to, where it has others already.
    """

    def __init__(
        self,
        workspace: Workspace,
        accounts: Sequence[Account],
        *,
        list_date: date,
        as_of: date,
        leave_out: str | None = None,
    ) -> None:
        self._workspace = workspace
        self._accounts = accounts
        self._list_date = list_date
        self._as_of = as_of
        self._leave_out = leave_out
        self.counts: Counter[Outcome] = Counter()
        self.issued: list[Account] = []

    def taken(self, before: Books) -> Iterator[PlannedAccount]:
        """Decide by what the ledger held `before`, portion after portion, while the last one is being written."""
        for start in range(0, len(self._accounts), FEW_UNITS):
            accounts = self._accounts[start : start + FEW_UNITS]
            histories = before.histories.of_cases(
                {account.case: account.charges for account in accounts},
                list_date=self._list_date,
                as_of=self._as_of,
                leave_out_batch=self._leave_out,
            )
            for account in accounts:
                planned = _planned(self._workspace, account, histories[account.case], self._as_of)
                self.counts[outcome_of(planned.decision)] += 1
                if planned.decision.action is Action.ISSUE:
                    self.issued.append(account)
                yield planned


@dataclass
class Overview:
    """Notices of a batch by the number: how many of what, and one of each estate, tier, handler and set of ways."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    examples: dict[object, DecisionRecord] = field(default_factory=dict)

    def add(self, entry: DecisionRecord) -> None:
        """Count one more."""
        self.counts[outcome_of(entry.decision)] += 1
        kind = (entry.account.estate, entry.decision.tier, entry.handler, entry.decision.channels)
        self.examples.setdefault(kind, entry)


def outcome_of(decision: Decision) -> Outcome:
    """What a decision is counted under."""
    return decision.action, decision.tier, decision.reason


def _planned(workspace: Workspace, account: Account, history: History, as_of: date) -> PlannedAccount:
    decision = decide_safely(account, history, workspace.policy(account.estate), as_of)
    estate = workspace.settings.estate(account.estate)
    return PlannedAccount(
        account=account,
        decision=decision,
        handler=_handler(estate, account, decision) if estate else None,
        recipients={channel: address_of(account, channel) for channel in decision.channels},
    )


def _handler(estate: Estate, account: Account, decision: Decision) -> str | None:
    for handler in estate.handlers:
        building = not handler.buildings or account.building in handler.buildings
        scope = not handler.scopes or decision.scope in handler.scopes
        if building and scope:
            return handler.name
    return None


@dataclass(frozen=True)
class Decided:
    """How many accounts got which decision, and when; they stand in the ledger, behind the account of id `after`."""

    counts: Counter[Outcome]
    at: datetime
    after: int = 0


def as_planned(ledger: Ledger, batch: str, decided: Decided) -> Iterator[DecisionRecord]:
    """The decisions of a plan, one after the other, as they were recorded, whatever has become of them since."""
    with ledger.read() as books:
        for page in books.batches.decision_pages(batch, after=decided.after):
            for entry in page:
                notice = entry.notice and _not_released(entry.notice, decided.at)
                yield replace(entry, excluded=None, notice=notice)


def _not_released(notice: NoticeRecord, at: datetime) -> NoticeRecord:
    deliveries = tuple(replace(delivery, state=State.PLANNED, since=at) for delivery in notice.deliveries)
    return replace(notice, number=None, date=None, deadline=None, deliveries=deliveries)
