"""The histories that the rule book looks at: many cases at once, in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, literal, select

from notices.ledger.base import exactly, near
from notices.ledger.holds import HoldsBook
from notices.ledger.past_rows import (
    EarlierAccount,
    Standpoint,
    StoredNotice,
    charges_of,
    earlier_accounts,
    showing_payments,
    stored_notices,
)
from notices.ledger.payments import PaymentsBook
from notices.ledger.schema import AccountRow, HoldRow, NoticeRow, PaymentRow, ReversalRow
from notices.model import CaseKey, Channel, Charge, History, Hold, PastDelivery, PastNotice, Payment
from notices.rules.settlement import Seen, payments_seen, settled_on
from notices.rules.states import NOT_RELEASED

Accounts = Mapping[CaseKey, Sequence[EarlierAccount]]
Unit = tuple[str, str]

NEWEST = select(
    *(
        select(func.coalesce(func.max(table.id), 0)).scalar_subquery()
        for table in (HoldRow, PaymentRow, ReversalRow, AccountRow, NoticeRow)
    )
)


class HistoriesBook(HoldsBook, PaymentsBook):
    """What is known of a case besides its list."""

    def histories(
        self,
        charges: Mapping[CaseKey, Sequence[Charge]],
        *,
        list_date: date,
        as_of: date,
        leave_out_batch: str | None = None,
        entered_since: datetime | None = None,
    ) -> dict[CaseKey, History]:
        """The histories of these cases, given with their charges as the list of `list_date` shows them.

        For deciding again, `leave_out_batch` names the batch whose own notices and accounts do not count. What was
        entered after `entered_since` counts whatever its date: holds and notices of a later day as if of `as_of`,
        payments of the list's own day, or of the day of the plan or later, as if of the day after the list, which
        cannot have known them.
        """
        view = Standpoint(list_date, as_of, leave_out_batch, entered_since)
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
                payments=(*recorded, *payments_seen([*seen, Seen(list_date, current)], recorded)),
                settled_on=settled_on(seen, recorded, as_of),
                known_owners=frozenset(owners.get((case.estate, case.unit), ())),
            )
            for case, current in charges.items()
            for recorded, seen in [(payments.get(case, ()), lists.get(case, ()))]
        }

    def newest(self) -> tuple[int, ...]:
        """The last entry of each kind that decisions depend on: while it is the same, nothing more has become known."""
        return tuple(self.connection.execute(NEWEST).one())

    def knows(self, case: CaseKey) -> bool:
        """Whether a list or imported history has ever shown this owner of this unit."""
        tables = (AccountRow, NoticeRow)
        return any(
            self.connection.execute(select(literal(1)).where(exactly(table, case)).limit(1)).first() for table in tables
        )

    def lists_show(self, estate: str) -> bool:
        """Whether any list of this estate was ever planned."""
        shown = select(literal(1)).where(AccountRow.estate == estate).limit(1)
        return self.connection.execute(shown).first() is not None

    def _recorded(
        self, charges: Mapping[CaseKey, Sequence[Charge]], view: Standpoint
    ) -> Mapping[CaseKey, Sequence[Payment]]:
        payments = defaultdict[CaseKey, list[Payment]](list)
        for record in self._payments_where(near(PaymentRow, charges)):
            day = record.payment.date
            if _entered_late(record.entered_at, view) and day >= _unknown_to_list(view):
                day = max(day, view.list_date + timedelta(days=1))
            payments[record.case].append(replace(record.payment, date=day))
        return payments

    def _in_force(
        self, charges: Mapping[CaseKey, Sequence[Charge]], view: Standpoint
    ) -> Mapping[CaseKey, Sequence[Hold]]:
        holds = defaultdict[CaseKey, list[Hold]](list)
        for record in self._holds_where(near(HoldRow, charges) & HoldRow.lifted_on.is_(None)):
            registered = _counted_from(record.hold.registered, record.entered_at, view)
            holds[record.case].append(replace(record.hold, registered=registered))
        return holds

    def _lists(
        self,
        charges: Mapping[CaseKey, Sequence[Charge]],
        accounts: Accounts,
        payments: Mapping[CaseKey, Sequence[Payment]],
    ) -> Mapping[CaseKey, Sequence[Seen]]:
        """The earlier lists of each case; charges are read only where something was ever paid."""
        paid = showing_payments(self.connection, charges)
        telling = [
            account.id
            for case in accounts.keys() & charges.keys()
            if case in payments or any(account.id in paid for account in accounts[case])
            for account in accounts[case]
        ]
        shown = charges_of(self.connection, telling)
        return {
            case: [Seen(it.list_date, shown.get(it.id, ()), it.as_of, it.principal) for it in accounts[case]]
            for case in accounts.keys() & charges.keys()
        }


def _past_notices(
    stored: Sequence[StoredNotice], accounts: Accounts, view: Standpoint
) -> Mapping[CaseKey, Sequence[PastNotice]]:
    notices = defaultdict[CaseKey, list[PastNotice]](list)
    for notice in stored:
        own = notice.batch is not None and notice.batch == view.leave_out_batch
        if own or notice.date is None or {it.state for it in notice.deliveries} <= NOT_RELEASED:
            continue
        notices[notice.case].append(
            PastNotice(
                tier=notice.tier,
                date=_counted_from(notice.date, notice.entered_at, view),
                deliveries=tuple(_addressed(it, notice, accounts) for it in notice.deliveries),
                number=notice.number,
                deadline=notice.deadline,
                id=notice.id,
            )
        )
    return notices


def _addressed(delivery: PastDelivery, notice: StoredNotice, accounts: Accounts) -> PastDelivery:
    """With its address: of an imported one what the next list after it knew, or else the last before."""
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


def _counted_from(day: date, entered_at: datetime | None, view: Standpoint) -> date:
    return min(day, view.as_of) if _entered_late(entered_at, view) else day


def _unknown_to_list(view: Standpoint) -> date:
    """From which day on the list cannot know a payment that was entered after the plan."""
    planned = view.entered_since.date() if view.entered_since else view.list_date
    return min(view.list_date, planned)


def _entered_late(entered_at: datetime | None, view: Standpoint) -> bool:
    return view.entered_since is not None and entered_at is not None and entered_at > view.entered_since
