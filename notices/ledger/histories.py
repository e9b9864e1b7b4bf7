"""Case histories, the input of the rules: many cases at once, in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import literal, select

from notices.ledger import schema
from notices.ledger.appearances import appearances, new_since
from notices.ledger.base import Book, cases_on_record, in_units_of
from notices.ledger.claims import ClaimsBook
from notices.ledger.history_rows import (
    EarlierAccount,
    HistoryScope,
    StoredNotice,
    accounts_with_payments,
    charges_of,
    earlier_accounts,
    stored_notices,
)
from notices.ledger.holds import HoldsBook
from notices.ledger.late_payments import LatePaymentsBook
from notices.ledger.payments import PaymentsBook
from notices.ledger.spellings import spellings
from notices.model import CaseKey, Channel, Charge, History, Hold, PastDelivery, PastNotice, Payment
from notices.rules.ownership import theirs
from notices.rules.settlement import SeenList, payments_seen, settled_on
from notices.rules.states import PLANNED_OR_WITHDRAWN, WENT_OUT

Accounts = Mapping[CaseKey, Sequence[EarlierAccount]]


class HistoriesBook(Book):
    """Ledger operations for case histories."""

    def of_cases(
        self,
        charges: Mapping[CaseKey, Sequence[Charge]],
        *,
        list_date: date,
        as_of: date,
        leave_out_batch: str | None = None,
        again: bool = False,
    ) -> dict[CaseKey, History]:
        """Return the histories of these cases, given with their charges in the list of `list_date`.

        `leave_out_batch` names a batch whose own notices and accounts are ignored. To decide about it `again`, before
        anything is released or leaves, everything recorded by now counts whatever its date: a hold or notice dated
        after `as_of` as if dated `as_of`, and a payment that was entered after the batch's list was planned and that
        the list does not include as if dated the day after the list or later.
        """
        known = spellings(self.connection)
        histories = self._of_names_of_today(
            {known.today(case): current for case, current in charges.items()},
            HistoryScope(list_date, as_of, leave_out_batch, again),
        )
        return {case: _under(case, histories[known.today(case)], known.today(case)) for case in charges}

    def _of_names_of_today(
        self, charges: Mapping[CaseKey, Sequence[Charge]], view: HistoryScope
    ) -> dict[CaseKey, History]:
        accounts = earlier_accounts(self.connection, charges, view)
        stored = stored_notices(self.connection, charges)
        payments = self._recorded(charges, view)
        claimed = {it.case: it.claimed_from for it in ClaimsBook(self.connection).of_cases(charges)}
        lists = self._lists(charges, accounts, payments, claimed)
        notices = _past_notices(stored, accounts, view)
        holds = self._in_force(charges, view)
        appeared = appearances(stored, accounts)
        later = _written_to_later(stored, view)
        return {
            case: History(
                list_date=view.list_date,
                notices=tuple(notices.get(case, ())),
                holds=tuple(holds.get(case, ())),
                payments=(*recorded, *payments_seen([*seen, now], recorded)),
                settled_on=settled_on(seen, recorded, view.as_of),
                known_owners=frozenset(appeared.get((case.estate, case.unit), ())),
                new_since=new_since(case, appeared.get((case.estate, case.unit), {}), view.list_date),
                claimed_from=claimed.get(case),
                dated_later=view.again and case in later,
            )
            for case, current in charges.items()
            for recorded, seen in [(payments.get(case, ()), lists.get(case, ()))]
            for now in [SeenList(view.list_date, theirs(current, claimed.get(case)))]
        }

    def knows(self, case: CaseKey) -> bool:
        """Return whether this owner of this unit was ever in a list or in imported history."""
        tables = (schema.accounts, schema.notices)
        return any(cases_on_record(self.connection, table, [case]) for table in tables)

    def estate_was_listed(self, estate: str) -> bool:
        """Return whether any list of this estate was ever planned."""
        shown = select(literal(1)).where(schema.accounts.c.estate == estate).limit(1)
        return self.connection.execute(shown).first() is not None

    def _recorded(
        self, charges: Mapping[CaseKey, Sequence[Charge]], view: HistoryScope
    ) -> Mapping[CaseKey, Sequence[Payment]]:
        payments = defaultdict[CaseKey, list[Payment]](list)
        unknown_to_list = self._unknown_to_list(charges, view)
        after_list = view.list_date + timedelta(days=1)
        for record in PaymentsBook(self.connection).where(in_units_of(schema.payments, charges)):
            day = record.payment.date
            if record.id in unknown_to_list:
                day = max(day, after_list)
            payments[record.case].append(replace(record.payment, date=day))
        return payments

    def _unknown_to_list(self, cases: Collection[CaseKey], view: HistoryScope) -> frozenset[int]:
        """Return the payments that the batch's list does not include, because they were entered after it."""
        if not view.again or view.leave_out_batch is None:
            return frozenset()
        late = LatePaymentsBook(self.connection, self.zone).of_cases(view.leave_out_batch, cases)
        return frozenset(it.record.id for of_case in late.values() for it in of_case if it.counts)

    def _in_force(
        self, charges: Mapping[CaseKey, Sequence[Charge]], view: HistoryScope
    ) -> Mapping[CaseKey, Sequence[Hold]]:
        holds = defaultdict[CaseKey, list[Hold]](list)
        for record in HoldsBook(self.connection).where(
            in_units_of(schema.holds, charges) & schema.holds.c.lifted_on.is_(None)
        ):
            registered = _effective_date(record.hold.registered, view)
            holds[record.case].append(replace(record.hold, registered=registered))
        return holds

    def _lists(
        self,
        charges: Mapping[CaseKey, Sequence[Charge]],
        accounts: Accounts,
        payments: Mapping[CaseKey, Sequence[Payment]],
        claimed: Mapping[CaseKey, date],
    ) -> Mapping[CaseKey, Sequence[SeenList]]:
        """Return the earlier lists of each case, its own charges only, which are read only for cases with payments."""
        paid = accounts_with_payments(self.connection, charges)
        telling = [
            account.id
            for case in accounts.keys() & charges.keys()
            if case in payments or any(account.id in paid for account in accounts[case])
            for account in accounts[case]
        ]
        shown = charges_of(self.connection, telling)
        return {
            case: [
                SeenList(it.list_date, theirs(shown.get(it.id, ()), claimed.get(case)), it.as_of, it.principal)
                for it in accounts[case]
            ]
            for case in accounts.keys() & charges.keys()
        }


def _past_notices(
    stored: Sequence[StoredNotice], accounts: Accounts, view: HistoryScope
) -> Mapping[CaseKey, Sequence[PastNotice]]:
    notices = defaultdict[CaseKey, list[PastNotice]](list)
    for notice in stored:
        own = notice.batch is not None and notice.batch == view.leave_out_batch
        if own or notice.date is None or {it.state for it in notice.deliveries} <= PLANNED_OR_WITHDRAWN:
            continue
        notices[notice.case].append(
            PastNotice(
                tier=notice.tier,
                date=_effective_date(notice.date, view),
                deliveries=tuple(_with_recipient(it, notice, accounts) for it in notice.deliveries),
                number=notice.number,
                deadline=notice.deadline,
                id=notice.id,
            )
        )
    return notices


def _with_recipient(delivery: PastDelivery, notice: StoredNotice, accounts: Accounts) -> PastDelivery:
    """Fill in an imported delivery's recipient from the first list on or after its day, else the last before."""
    if delivery.to is not None or not notice.imported or notice.date is None:
        return delivery
    known = accounts.get(notice.case, ())
    day = notice.date
    nearest = next((it for it in known if it.list_date >= day), known[-1] if known else None)
    if nearest is None:
        return delivery
    return replace(delivery, to=nearest.email if delivery.channel is Channel.EMAIL else nearest.address)


def _under(case: CaseKey, history: History, today: CaseKey) -> History:
    """Return the history of a renamed owner for an account that still has an old spelling: it is no new owner."""
    if case == today or today.owners not in history.known_owners:
        return history
    return replace(history, known_owners=history.known_owners | {case.owners})


def _written_to_later(stored: Sequence[StoredNotice], view: HistoryScope) -> set[CaseKey]:
    """Return the cases whose owner was sent a letter of another batch that is dated after `as_of`."""
    return {
        notice.case
        for notice in stored
        if (notice.batch is None or notice.batch != view.leave_out_batch)
        and notice.date is not None
        and notice.date > view.as_of
        and any(delivery.state in WENT_OUT for delivery in notice.deliveries)
    }


def _effective_date(day: date, view: HistoryScope) -> date:
    return min(day, view.as_of) if view.again else day
