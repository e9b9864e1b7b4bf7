"""Find the accounts of a batch that corrected rows replace, so that one debt is not demanded of two owners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from notices.ledger import BatchRecord, Books, DecisionRecord, StateChange
from notices.messages import Message, say
from notices.model import Account, CaseKey, State
from notices.rules.states import NOT_LEFT


@dataclass(frozen=True)
class Replacement:
    """An account of a batch, and the account of a later list that has its rows or its charges.

    `doubtful` if the later one may as well be a row that the batch's list could not read; `known` if the batch has the
    later account already, without these charges.
    """

    old: DecisionRecord
    new: Account
    doubtful: bool = False
    known: bool = False

    @property
    def note(self) -> Message:
        """A message about what was done, or what a person must decide."""
        old, new = self.old.account.key, self.new.key
        if self.doubtful:
            return say("{old} and {new} have the same charges: if they are one debt, exclude one.", old=old, new=new)
        if self.known:
            return say(
                "{old} was corrected into {new}, which the batch has without these charges; nothing is sent to {old}. "
                "Plan {new} again in another batch if they are to be demanded.",
                old=old,
                new=new,
            )
        return say("{old} was corrected into {new}; nothing is sent to {old}.", old=old, new=new)


def find_replaced(
    batch: BatchRecord, entries: Sequence[DecisionRecord], accounts: Sequence[Account]
) -> list[Replacement]:
    """Return what the accounts of a later list replace in a batch.

    A list that has most accounts of the batch in their old rows is the same list, corrected: there the row tells. In
    any other list only the same charges of the same unit or owner do.
    """
    listed = {account.case for account in accounts}
    gone = [entry for entry in entries if entry.account.case not in listed and entry.excluded is None]
    known = {entry.account.case: entry.account for entry in entries}
    if _is_same_list(known, accounts):
        return [*_by_rows(gone, accounts, known), *_moved_away(entries, accounts, known)]
    return list(_by_charges(batch, gone, [account for account in accounts if account.case not in known]))


def drop_replaced(books: Books, found: Sequence[Replacement], *, by: str, at: datetime) -> None:
    """Withdraw the planned notices of replaced accounts, and exclude them from approval, with the reason."""
    sure = [each for each in found if not each.doubtful]
    books.deliveries.set_states(
        [
            StateChange(delivery.id, State.WITHDRAWN, kind="corrected-away", data={"account": each.new.key})
            for each in sure
            if each.old.notice
            for delivery in each.old.notice.deliveries
            if delivery.state in NOT_LEFT
        ],
        by=by,
        at=at,
    )
    for each in sure:
        books.batches.correct(each.old.id, into=each.new.key, by=by, at=at)


def _is_same_list(known: dict[CaseKey, Account], accounts: Sequence[Account]) -> bool:
    again = [account for account in accounts if account.case in known]
    in_place = sum(not set(account.rows).isdisjoint(known[account.case].rows) for account in again)
    return bool(again) and in_place * 2 > len(again)


def _by_rows(
    gone: Sequence[DecisionRecord], accounts: Sequence[Account], known: dict[CaseKey, Account]
) -> Iterator[Replacement]:
    holders = {row: account for account in accounts for row in account.rows}
    for entry in gone:
        new = {holders[row].key: holders[row] for row in entry.account.rows if row in holders}
        alike = [account for account in new.values() if _shares(entry.account, account)]
        if alike:
            fresh = [account for account in alike if account.case not in known]
            yield Replacement(entry, (fresh or alike)[0], known=not fresh)


def _moved_away(
    entries: Sequence[DecisionRecord], accounts: Sequence[Account], known: dict[CaseKey, Account]
) -> Iterator[Replacement]:
    """Yield accounts that are still listed, but some of whose rows are another account's now."""
    holders = {row: account for account in accounts for row in account.rows}
    listed = {account.case for account in accounts}
    for entry in entries:
        if entry.account.case in listed and entry.excluded is None:
            for row in entry.account.rows:
                holder = holders.get(row)
                if holder is not None and holder.case not in known and _shares(entry.account, holder):
                    yield Replacement(entry, holder)
                    break


def _by_charges(batch: BatchRecord, gone: Sequence[DecisionRecord], fresh: Sequence[Account]) -> Iterator[Replacement]:
    rejected = {each.get("account") for source in batch.lists for each in source.rejected}
    for account in fresh:
        if account.key in rejected:  # the batch's list had it, unreadable: it stands for itself
            continue
        for entry in gone:
            if _is_neighbour(entry.account, account) and not _charges(entry.account) - _charges(account):
                yield Replacement(entry, account, doubtful=None in rejected)
                break


def _shares(old: Account, new: Account) -> bool:
    """Return whether two accounts agree in unit, owner or a charge: a corrected row keeps one of them."""
    return old.estate == new.estate and bool(_is_neighbour(old, new) or _charges(old) & _charges(new))


def _is_neighbour(old: Account, new: Account) -> bool:
    if old.estate != new.estate:
        return False
    return old.case.unit == new.case.unit or bool(set(old.owners) & set(new.owners))


def _charges(account: Account) -> Counter[tuple[object, ...]]:
    return Counter((it.item, it.due_date, it.due, it.paid, it.waived) for it in account.charges)
