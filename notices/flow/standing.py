"""Accounts as they stand on a day: each estate's last list, decided again with everything known by then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from notices.flow.workspace import Workspace
from notices.ledger import FEW_UNITS, BatchRecord, Books, DecisionRecord
from notices.model import Account, CaseKey, Decision, History
from notices.rules.decide import decide_safely
from notices.rules.routing import handler_for, keeper


@dataclass(frozen=True, slots=True)
class Standing:
    """An account of the last list: what the rules say of it on the day, on what grounds, and who looks after it."""

    entry: DecisionRecord
    history: History
    decision: Decision
    handler: str | None
    keeper: str

    @property
    def account(self) -> Account:
        """The account as the list has it."""
        return self.entry.account


def standings_on(workspace: Workspace, books: Books, as_of: date) -> Iterator[Standing]:
    """Yield every account of each estate's last list up to the day, in list order; discarded batches do not count."""
    for batch, entries in _last_lists(books, as_of):
        for start in range(0, len(entries), FEW_UNITS):
            page = entries[start : start + FEW_UNITS]
            histories = books.histories.of_cases(
                {entry.account.case: entry.account.charges for entry in page}, list_date=batch.list_date, as_of=as_of
            )
            for entry in page:
                yield _standing(workspace, entry, histories[entry.account.case], as_of)


def _standing(workspace: Workspace, entry: DecisionRecord, history: History, as_of: date) -> Standing:
    account = entry.account
    decision = decide_safely(account, history, workspace.policy(account.estate), as_of)
    estate = workspace.settings.estate(account.estate)
    handler = handler_for(estate.handlers, account.building, decision.scope) if estate else entry.handler
    keeps = keeper(account.case, decision.scope, handler, workspace.settings.work)
    return Standing(entry, history, decision, handler, keeps)


def _last_lists(books: Books, as_of: date) -> Iterator[tuple[BatchRecord, list[DecisionRecord]]]:
    """Yield each estate's accounts by batch; all plans for the same list date count as one list, the last one first."""
    days: dict[str, date] = {}
    seen: set[CaseKey] = set()
    known = [batch for batch in books.batches.all() if batch.discarded is None and batch.list_date <= as_of]
    for batch in sorted(known, key=lambda each: (each.list_date, each.id), reverse=True):
        entries: list[DecisionRecord] = []
        for entry in books.batches.decisions(batch.name):
            case = books.renames.today(entry.account.case)
            if days.setdefault(entry.account.estate, batch.list_date) == batch.list_date and case not in seen:
                seen.add(case)
                entries.append(entry)
        yield batch, entries


def standing_of(workspace: Workspace, books: Books, case: CaseKey, as_of: date) -> Standing | None:
    """Return one account of its estate's last list as it stands on the day; None if that list does not have it."""
    wanted = books.renames.today(case)
    for batch, entries in _last_lists(books, as_of):
        for entry in entries:
            if books.renames.today(entry.account.case) == wanted:
                charges = {entry.account.case: entry.account.charges}
                histories = books.histories.of_cases(charges, list_date=batch.list_date, as_of=as_of)
                return _standing(workspace, entry, histories[entry.account.case], as_of)
    return None
