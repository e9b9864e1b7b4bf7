"""Case histories, the input of the rules: many cases at once, in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, literal, select

from notices.ledger import schema
from notices.ledger.base import Book, cases_on_record, in_units_of
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
from notices.ledger.payments import PaymentsBook
from notices.model import CaseKey, Channel, Charge, History, Hold, PastDelivery, PastNotice, Payment
from notices.rules.settlement import SeenList, payments_seen, settled_on
from notices.rules.states import PLANNED_OR_WITHDRAWN

Accounts = Mapping[CaseKey, Sequence[EarlierAccount]]
Unit = tuple[str, str]

HIGHEST_IDS = select(
    *(
        select(func.coalesce(func.max(table.c.id), 0)).scalar_subquery()
        for table in (schema.holds, schema.payments, schema.payment_reversals, schema.accounts, schema.notices)
    )
)


class HistoriesBook(Book):
    """Ledger operations for case histories."""

    def of_cases(
        self,
        charges: Mapping[CaseKey, Sequence[Charge]],
        *,
        list_date: date,
        as_of: date,
        leave_out_batch: str | None = None,
        entered_since: datetime | None = None,
    ) -> dict[CaseKey, History]:
        """Return the histories of these cases, given with their charges in the list of `list_date`.

        To decide again, `leave_out_batch` names the batch whose own notices and accounts are ignored. Entries made
        after `entered_since` count whatever their date: a hold or notice dated after `as_of` as if dated `as_of`; a
        payment dated on or after the list's day or the day of the plan (the earlier of the two) as if dated the day
        after the list or later, because the list cannot include it.
        """
        view = HistoryScope(list_date, as_of, leave_out_batch, entered_since)
        accounts = earlier_accounts(self.connection, charges, view)
        stored = stored_notices(self.connection, charges)
        payments = self._recorded(charges, view)
        lists = self._lists(charges, accounts, payments)
        notices = _past_notices(stored, accounts, view)
        holds = self._in_force(charges, view)
        owners = _owners(stored, accounts)
        return {
            case: History(
                list_date=list_date,
                notices=tuple(notices.get(case, ())),
                holds=tuple(holds.get(case, ())),
                payments=(*recorded, *payments_seen([*seen, SeenList(list_date, current)], recorded)),
                settled_on=settled_on(seen, recorded, as_of),
                known_owners=frozenset(owners.get((case.estate, case.unit), ())),
            )
            for case, current in charges.items()
            for recorded, seen in [(payments.get(case, ()), lists.get(case, ()))]
        }

    def newest(self) -> tuple[int, ...]:
        """Return the highest id of each kind of entry that decisions depend on; unchanged ids mean no new entries."""
        return tuple(self.connection.execute(HIGHEST_IDS).one())

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
        for record in PaymentsBook(self.connection).where(in_units_of(schema.payments, charges)):
            day = record.payment.date
            if _entered_late(record.entered_at, view) and day >= _first_day_unknown_to_list(view):
                day = max(day, view.list_date + timedelta(days=1))
            payments[record.case].append(replace(record.payment, date=day))
        return payments

    def _in_force(
        self, charges: Mapping[CaseKey, Sequence[Charge]], view: HistoryScope
    ) -> Mapping[CaseKey, Sequence[Hold]]:
        holds = defaultdict[CaseKey, list[Hold]](list)
        for record in HoldsBook(self.connection).where(
            in_units_of(schema.holds, charges) & schema.holds.c.lifted_on.is_(None)
        ):
            registered = _effective_date(record.hold.registered, record.entered_at, view)
            holds[record.case].append(replace(record.hold, registered=registered))
        return holds

    def _lists(
        self,
        charges: Mapping[CaseKey, Sequence[Charge]],
        accounts: Accounts,
        payments: Mapping[CaseKey, Sequence[Payment]],
    ) -> Mapping[CaseKey, Sequence[SeenList]]:
        """Return the earlier lists of each case; charges are read only for cases with payments."""
        paid = accounts_with_payments(self.connection, charges)
        telling = [
            account.id
            for case in accounts.keys() & charges.keys()
            if case in payments or any(account.id in paid for account in accounts[case])
            for account in accounts[case]
        ]
        shown = charges_of(self.connection, telling)
        return {
            case: [SeenList(it.list_date, shown.get(it.id, ()), it.as_of, it.principal) for it in accounts[case]]
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
                date=_effective_date(notice.date, notice.entered_at, view),
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


def _owners(stored: Sequence[StoredNotice], accounts: Accounts) -> Mapping[Unit, set[tuple[str, ...]]]:
    owners = defaultdict[Unit, set[tuple[str, ...]]](set)
    for case in (*accounts, *(notice.case for notice in stored if notice.imported)):
        owners[case.estate, case.unit].add(case.owners)
    return owners


def _effective_date(day: date, entered_at: datetime | None, view: HistoryScope) -> date:
    return min(day, view.as_of) if _entered_late(entered_at, view) else day


def _first_day_unknown_to_list(view: HistoryScope) -> date:
    """Return the first day whose payments, if entered after the plan, the list cannot include."""
    planned = view.entered_since.date() if view.entered_since else view.list_date
    return min(view.list_date, planned)


def _entered_late(entered_at: datetime | None, view: HistoryScope) -> bool:
    return view.entered_since is not None and entered_at is not None and entered_at > view.entered_since
