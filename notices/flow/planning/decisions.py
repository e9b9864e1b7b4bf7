"""Decisions on the accounts of a list, and their counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

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
from notices.rules.routing import handler_for

DecisionKind = tuple[Action, str | None, str]  # action, tier, reason
Totals = Mapping[DecisionKind, Decimal]  # in yuan


@dataclass(frozen=True)
class ListDays:
    """Days of a plan: its list shows what was known on `list_date`; decisions are made for `as_of`."""

    list_date: date
    as_of: date


@dataclass
class Tally:
    """Decisions of each kind, their number and totals; the accounts that get a notice; and those short of time."""

    counts: Counter[DecisionKind] = field(default_factory=Counter)
    totals: dict[DecisionKind, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    pressing: list[tuple[date, str]] = field(default_factory=list)  # limitation date and account
    issued: list[Account] = field(default_factory=list)

    def add(self, page: Iterable[PlannedAccount]) -> None:
        """Count a page of decisions."""
        for planned in page:
            decision, kind = planned.decision, kind_of(planned.decision)
            self.counts[kind] += 1
            self.totals[kind] += decision.total
            if "limitation-soon" in decision.warnings and decision.limitation_date:
                self.pressing.append((decision.limitation_date, planned.account.key))
            if planned.decision.action is Action.ISSUE:
                self.issued.append(planned.account)


def decide_all(
    workspace: Workspace, before: Books, accounts: Sequence[Account], days: ListDays, *, leave_out: str | None = None
) -> Iterator[list[PlannedAccount]]:
    """Yield the decisions on accounts in pages, so that a large list needs no more memory than a small one.

    `before` shows the ledger without this plan; `leave_out` names the batch that the accounts are added to, if it has
    accounts already.
    """
    for start in range(0, len(accounts), FEW_UNITS):
        page = accounts[start : start + FEW_UNITS]
        histories = before.histories.of_cases(
            {account.case: account.charges for account in page},
            list_date=days.list_date,
            as_of=days.as_of,
            leave_out_batch=leave_out,
        )
        yield [_planned(workspace, account, histories[account.case], days.as_of) for account in page]


@dataclass
class Overview:
    """Number of decisions of each kind, and an example for each estate, tier, handler and set of channels."""

    counts: Counter[DecisionKind] = field(default_factory=Counter)
    totals: dict[DecisionKind, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    examples: dict[object, DecisionRecord] = field(default_factory=dict)

    def add(self, entry: DecisionRecord) -> None:
        """Count a decision."""
        self.counts[kind_of(entry.decision)] += 1
        self.totals[kind_of(entry.decision)] += entry.decision.total
        group = (entry.account.estate, entry.decision.tier, entry.handler, entry.decision.channels)
        self.examples.setdefault(group, entry)


def kind_of(decision: Decision) -> DecisionKind:
    """Return what decisions are counted by."""
    return decision.action, decision.tier, decision.reason


def _planned(workspace: Workspace, account: Account, history: History, as_of: date) -> PlannedAccount:
    decision = decide_safely(account, history, workspace.policy(account.estate), as_of)
    estate = workspace.settings.estate(account.estate)
    return PlannedAccount(
        account=account,
        decision=decision,
        handler=handler_for(estate.handlers, account.building, decision.scope) if estate else None,
        recipients={channel: address_of(account, channel) for channel in decision.channels},
    )


@dataclass(frozen=True)
class Decided:
    """Counts and totals of a plan's decisions, and their time; in the ledger they follow the account of id `after`."""

    counts: Counter[DecisionKind]
    totals: Totals
    at: datetime
    after: int = 0


def as_planned(ledger: Ledger, batch: str, decided: Decided) -> Iterator[DecisionRecord]:
    """Yield the decisions of a plan as they were recorded, whatever has happened to them since."""
    with ledger.read() as books:
        for page in books.batches.decision_pages(batch, after=decided.after):
            for entry in page:
                notice = entry.notice and _as_before_approval(entry.notice, decided.at)
                yield replace(entry, excluded=None, notice=notice)


def _as_before_approval(notice: NoticeRecord, at: datetime) -> NoticeRecord:
    deliveries = tuple(replace(delivery, state=State.PLANNED, since=at) for delivery in notice.deliveries)
    return replace(notice, number=None, date=None, deadline=None, deliveries=deliveries)
