"""work list and work close: the orders that quality objections opened, and what was done about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from notices.errors import UsageMistake
from notices.flow.people import refuse_strangers, same_person
from notices.flow.replies.slip_notice import Answerable, Answered
from notices.flow.workspace import Workspace
from notices.intake import clean_slip_text
from notices.ledger import Ledger, NewWorkOrder, WorkOrderRecord
from notices.messages import say
from notices.model import Slip

LONGEST = 2000  # characters of a result, as of a slip's field


def open_orders(
    answerable: Answerable,
    answered: Answered,
    slip: Slip,
    slip_id: int,
    acting: Mapping[str, str],
    *,
    stands_for: Sequence[Answered] = (),
    by: str,
    at: datetime,
) -> list[int]:
    """Open a work order for each quality objection of a new slip that has none open; return their numbers.

    Nor is one opened that is open for a notice of its letter that the slip `stands_for` as well.

    A slip entered again corrects the one before: the open orders of the same notice whose objection it no longer has
    are withdrawn, and the others take its words.
    """
    book = answerable.books.work_orders
    correct_orders(answerable, answered, slip, by=by, at=at)
    theirs = [each.entry.notice.id for each in stands_for if each.entry.notice]
    known = {order.objection for order in book.of_notices(theirs) if order.is_open}
    wanted = _orders(answerable, answered, slip, slip_id, acting)
    opened = [book.open(order, by=by, at=at) for order in wanted if order.objection not in known]
    return [number for number in opened if number is not None]


def correct_orders(answerable: Answerable, answered: Answered, slip: Slip, *, by: str, at: datetime) -> None:
    """Bring the open work orders of a notice up to its slip."""
    book = answerable.books.work_orders
    assert answered.entry.notice is not None  # noqa: S101 - only a notice is found
    for order in book.of_notices([answered.entry.notice.id]):
        if not order.is_open:
            continue
        if order.objection not in slip.objections:
            book.withdraw(order.number, on=at.date(), by=by, at=at)
        elif slip.note and order.note != slip.note:
            book.set_note(order.number, slip.note, by=by, at=at)


def _orders(
    answerable: Answerable, answered: Answered, slip: Slip, slip_id: int, acting: Mapping[str, str]
) -> Iterator[NewWorkOrder]:
    work, entry = answerable.workspace.settings.work, answered.entry
    assert entry.notice is not None  # noqa: S101 - only a notice is found
    due = answerable.workspace.working_days.deadline(slip.received, work.order_within_days)
    for code in slip.objections:
        objection = answered.offered[code]
        if objection.group in work.quality_groups:
            yield NewWorkOrder(
                case=entry.account.case,
                notice_id=entry.notice.id,
                slip_id=slip_id,
                objection=code,
                label=objection.label,
                note=slip.note,
                handler=acting[code],
                opened_on=slip.received,
                due=due,
            )


def list_orders(ledger: Ledger, *, handler: str | None = None, include_closed: bool = False) -> list[WorkOrderRecord]:
    """Return the work orders, those of one person if wanted, in the order of entry."""
    with ledger.read() as books:
        orders = books.work_orders.all(only_open=not include_closed)
    return [order for order in orders if handler is None or same_person(order.handler, handler)]


def close_order(
    workspace: Workspace, ledger: Ledger, number: int, *, result: str, on: date, by: str, at: datetime
) -> WorkOrderRecord:
    """Close an order with what was done. Raises UsageMistake for an empty result or an impossible day."""
    refuse_strangers(workspace, by)
    text = clean_slip_text(result)
    if not text or len(text) > LONGEST:
        raise UsageMistake(
            say("A work order is closed with what was done, in at most {limit} characters.", limit=LONGEST),
            say("Give it with --result TEXT."),
        )
    with ledger.begin() as books:
        opened = books.work_orders.get(number).opened_on
        if on > at.date() or on < opened:
            raise UsageMistake(
                say("{day} is in the future, or before the work order was opened.", day=on.isoformat()),
                say("Correct the day."),
            )
        return books.work_orders.close(number, result=text, on=on, by=by, at=at)
