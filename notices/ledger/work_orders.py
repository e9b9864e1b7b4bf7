"""Work orders that objections opened: open until a person says what was done."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ColumnElement, insert, select, true, update

from notices.errors import Refused, UsageMistake
from notices.ledger import schema
from notices.ledger.base import Book, NewEvent
from notices.ledger.inputs import NewWorkOrder
from notices.ledger.records import WorkOrderRecord
from notices.ledger.spellings import spellings
from notices.messages import say
from notices.model import CaseKey


class WorkOrdersBook(Book):
    """Ledger operations for work orders."""

    def open(self, order: NewWorkOrder, *, by: str, at: datetime) -> int | None:
        """Open an order; return its number, or None if one for the same objection of this owner is open."""
        known = spellings(self.connection).today(order.case)
        for earlier in self.all(only_open=True):
            if (earlier.case, earlier.objection) == (known, order.objection):
                return None
        row = insert(schema.work_orders).values(
            notice_id=order.notice_id,
            slip_id=order.slip_id,
            estate=order.case.estate,
            unit=order.case.unit,
            case_owners=order.case.owners,
            objection=order.objection,
            label=order.label,
            note=order.note,
            handler=order.handler,
            opened_on=order.opened_on,
            due=order.due,
            by=by,
            entered_at=at,
        )
        number: int = self.connection.execute(row.returning(schema.work_orders.c.id)).scalar_one()
        self._record([NewEvent("work-order-opened", "work-order", number)], by=by, at=at)
        return number

    def close(self, number: int, *, result: str, on: date, by: str, at: datetime) -> WorkOrderRecord:
        """Close an order. Raises UsageMistake if there is none of that number, Refused if it is closed."""
        order = self.get(number)
        if order.closed_on is not None:
            raise Refused(
                say("Work order {number} was already closed on {day}.", number=number, day=order.closed_on.isoformat()),
                say("`notices work list` shows the open ones."),
            )
        self.connection.execute(
            update(schema.work_orders)
            .where(schema.work_orders.c.id == number)
            .values(result=result, closed_on=on, closed_by=by)
        )
        self._record([NewEvent("work-order-closed", "work-order", number, {"result": result})], by=by, at=at)
        return self.get(number)

    def withdraw(self, number: int, *, on: date, by: str, at: datetime) -> None:
        """Close an order with nothing done, because the slip that opened it was corrected."""
        table = schema.work_orders
        self.connection.execute(update(table).where(table.c.id == number).values(closed_on=on, closed_by=by))
        self._record([NewEvent("work-order-withdrawn", "work-order", number)], by=by, at=at)

    def set_note(self, number: int, note: str, *, by: str, at: datetime) -> None:
        """Take the words of a corrected slip into an open order."""
        table = schema.work_orders
        self.connection.execute(update(table).where(table.c.id == number).values(note=note))
        self._record([NewEvent("work-order-corrected", "work-order", number)], by=by, at=at)

    def get(self, number: int) -> WorkOrderRecord:
        """Return the order of that number; raises UsageMistake if there is none."""
        found = self._where(schema.work_orders.c.id == number)
        if not found:
            raise UsageMistake(
                say("There is no work order {number}.", number=number),
                say("`notices work list --all` shows them with their numbers."),
            )
        return found[0]

    def all(self, *, only_open: bool = False) -> list[WorkOrderRecord]:
        """Return the orders in the order of entry; only those that are open if wanted."""
        return self._where(schema.work_orders.c.closed_on.is_(None) if only_open else true())

    def of_notices(self, notice_ids: Collection[int]) -> list[WorkOrderRecord]:
        """Return the orders that the slips of these notices opened."""
        return self._where(schema.work_orders.c.notice_id.in_(sorted(notice_ids)))

    def _where(self, wanted: ColumnElement[bool]) -> list[WorkOrderRecord]:
        known = spellings(self.connection)
        rows = self.connection.execute(
            select(schema.work_orders, schema.notices.c.number.label("notice"))
            .select_from(schema.work_orders)
            .join(schema.notices, schema.work_orders.c.notice_id == schema.notices.c.id)
            .where(wanted)
            .order_by(schema.work_orders.c.id)
        )
        return [
            WorkOrderRecord(
                number=row.id,
                case=known.today(CaseKey(row.estate, row.unit, row.case_owners)),
                notice_id=row.notice_id,
                notice=row.notice or "",
                slip_id=row.slip_id,
                objection=row.objection,
                label=row.label,
                note=row.note,
                handler=row.handler,
                opened_on=row.opened_on,
                due=row.due,
                by=row.by,
                result=row.result,
                closed_on=row.closed_on,
                closed_by=row.closed_by,
            )
            for row in rows
        ]
