"""delivery import: record the carrier's results as proof of delivery or as returned letters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from notices.flow.batch.lock import only_one
from notices.flow.batch.shared_files import LETTERS
from notices.flow.workspace import Workspace
from notices.intake import CarrierResult, CarrierRow, read_carrier
from notices.intake.results import ImportResult
from notices.ledger import REFUSED, Books, CarrierRecord, Ledger, ReplyChange, StateChange
from notices.messages import NOTHING, Message, say
from notices.model import State
from notices.rules.states import IN_PRINT_JOB
from notices.spelling import comparable_number
from notices.words import word

HAS_IT = "carrier-has-it"  # event kind: the carrier has a letter that was not known to have left
HISTORY = "history"  # name of the lock for letters sent before this program was used


@dataclass(frozen=True)
class ImportOrder:
    """The person importing a carrier's table, the time, and its local date."""

    by: str
    at: datetime
    today: date


@dataclass(frozen=True)
class _Match:
    """A row and the delivery that it is about."""

    row: CarrierRow
    posted: CarrierRecord

    @property
    def state(self) -> State | None:
        """Delivery state for the carrier's result; a refused letter counts as returned."""
        if self.row.result is None:
            return None
        return State.DELIVERED if self.row.result is CarrierResult.DELIVERED else State.RETURNED


def import_results(
    workspace: Workspace, ledger: Ledger, path: Path, order: ImportOrder, *, sheet: str | None = None
) -> ImportResult:
    """Record waybills and results; valid rows are kept whatever is wrong with others. A repeated import adds nothing.

    A letter that is still spooled has evidently left if the carrier has a result for it: it becomes `handed-over`
    first, and a note says so. So does a letter that was withdrawn from its print job but that the carrier has; a
    person must look at that.
    """
    table = read_carrier(path, sheet=sheet)
    with ledger.read() as books:
        batches = {LETTERS if it.reply else it.batch or HISTORY for it in _posted(books, table.rows)}
    with ExitStack() as held:
        for batch in sorted(batches):
            held.enter_context(only_one(workspace, ledger, batch, by=order.by))
        with ledger.begin() as books:
            entered = _record(books, table.rows, order)
    complaints = (problem for row in table.rows for problem in row.record.problems)
    problems = sorted([*table.problems, *complaints], key=lambda problem: problem.row or 0)
    return ImportResult(
        entered.new, entered.changed, entered.same, tuple(problems), attention=entered.attention, note=entered.note
    )


def _posted(books: Books, rows: Sequence[CarrierRow]) -> list[CarrierRecord]:
    numbers = {row.number for row in rows if row.number}
    waybills = {row.waybill for row in rows if row.waybill}
    return [*books.carrier.posted(numbers, waybills), *books.replies.posted(numbers, waybills)]


def _record(books: Books, rows: Sequence[CarrierRow], order: ImportOrder) -> ImportResult:
    matches = list(_last_of_each(_matched(rows, _posted(books, rows), order.today)))
    waybills = {_key(m): m.row.waybill for m in matches if m.row.waybill not in {"", m.posted.waybill}}
    contradicting = [message for match in matches if (message := _contradiction(match))]
    moving = [match for match in matches if _moves(match)]
    withdrawn = [match for match in matches if match.posted.state is State.WITHDRAWN]
    left = [*withdrawn, *(match for match in moving if match.posted.state is State.SPOOLED)]
    for reply in (False, True):
        own = {key: waybill for (is_reply, key), waybill in waybills.items() if is_reply is reply}
        (books.replies if reply else books.carrier).set_waybills(own, by=order.by, at=order.at)
    _set_states(books, [(m, StateChange(m.posted.delivery_id, State.HANDED_OVER, kind=HAS_IT)) for m in left], order)
    _set_states(books, [(match, _change(match)) for match in moving], order)
    touched = {_key(match) for match in (*moving, *left)} | waybills.keys()
    new = {_key(match) for match in matches if match.posted.waybill is None} & touched
    return ImportResult(
        new=len(new),
        changed=len(touched - new),
        same=len(matches) - len(touched),
        attention=(*contradicting, *map(_went_all_the_same, withdrawn)),
        note=_evidently_left([match for match in left if match not in withdrawn]),
    )


def _key(match: _Match) -> tuple[bool, int]:
    """Return what identifies a delivery: notices and letters of reply have ids of their own."""
    return match.posted.reply, match.posted.delivery_id


def _set_states(books: Books, changes: Sequence[tuple[_Match, StateChange]], order: ImportOrder) -> None:
    """Change the states of notices' deliveries and of letters of reply."""
    notices = [change for match, change in changes if not match.posted.reply]
    books.deliveries.set_states(notices, by=order.by, at=order.at)
    replies = [as_reply_change(change) for match, change in changes if match.posted.reply]
    books.replies.set_states(replies, by=order.by, at=order.at)


def as_reply_change(change: StateChange) -> ReplyChange:
    """Return the same change for a letter of reply."""
    kind = change.kind or None
    return ReplyChange(change.delivery_id, change.state, kind, change.on, change.cause, data=change.data)


def _change(match: _Match) -> StateChange:
    state = match.state
    assert state is not None  # noqa: S101 - only those with a result move
    data = {"carrier": str(match.row.result), "waybill": match.row.waybill or match.posted.waybill or ""}
    cause = REFUSED if match.row.result is CarrierResult.REFUSED else None
    return StateChange(match.posted.delivery_id, state, data=data, on=match.row.on, cause=cause)


def _moves(match: _Match) -> bool:
    """Return whether the row is newer than the record and changes the state."""
    known, told = match.posted.on, match.row.on
    newer = known is None or (told is not None and told >= known)
    return match.state is not None and match.state is not match.posted.state and newer


def _contradiction(match: _Match) -> Message | None:
    """Return a message if the row gives another day for the same result, or an older result than the recorded one."""
    known = match.posted
    if match.state is None or known.on is None or match.row.on == known.on or _moves(match):
        return None
    return say(
        "Row {row}: {notice} is recorded as {state} on {day}; the row says {told} on {other}. Nothing was changed.",
        row=match.row.record.row,
        notice=known.number,
        state=word(known.state),
        day=known.on.isoformat(),
        told=word(match.state),
        other=match.row.on.isoformat() if match.row.on else "",
    )


def _went_all_the_same(match: _Match) -> Message:
    """Return the message about a letter that was withdrawn, and that the carrier has."""
    return say(
        "{notice}: withdrawn, but the carrier has it ({result}), so it was not taken out of its print job. It is "
        "recorded as gone: tell the owner if it was wrong.",
        notice=match.posted.number,
        result=word(match.state) if match.state else say("on its way"),
    )


def _evidently_left(left: Sequence[_Match]) -> Message:
    if not left:
        return NOTHING
    return say(
        "{notices}: still recorded as spooled, but the carrier has a result, so they were sent. "
        "Confirm their print job once the shop has finished it.",
        notices=", ".join(sorted(match.posted.number for match in left)),
    )


def _matched(rows: Iterable[CarrierRow], posted: Sequence[CarrierRecord], today: date) -> Iterator[_Match]:
    """Yield each row with its delivery; rows without one, and impossible ones, get a problem."""
    by_number = {comparable_number(number): it for it in posted for number in (it.number, *it.inside)}
    by_waybill = {it.waybill: it for it in posted if it.waybill}
    found = [(row, it) for row in rows if (it := _delivery_of(row, by_number, by_waybill)) is not None]
    claims: dict[str, set[str]] = {}
    for row, it in found:
        claims.setdefault(row.waybill, set()).add(it.number)
    for row, it in found:
        others = sorted(claims[row.waybill] - {it.number}) if row.waybill else []
        if others:  # nobody can tell which row is wrong
            _complain_of_waybill(row, ", ".join(others))
        elif _possible(row, it, today):
            yield _Match(row, it)


def _delivery_of(
    row: CarrierRow, by_number: Mapping[str, CarrierRecord], by_waybill: Mapping[str, CarrierRecord]
) -> CarrierRecord | None:
    known = by_waybill.get(row.waybill)
    if row.number:
        found = by_number.get(comparable_number(row.number))
        if found is None:
            row.record.complain(
                "number",
                say("No notice with this number was sent on paper."),
                say("Correct the number; `notices status BATCH` shows those of a batch."),
            )
        elif known is not None and known is not found:
            _complain_of_waybill(row, known.number)
            return None
        return found
    if known is None:
        row.record.complain(
            "waybill",
            say("No letter has this waybill yet."),
            say("Import a table first that says which notice it belongs to."),
        )
    return known


def _complain_of_waybill(row: CarrierRow, owner: str) -> None:
    row.record.complain(
        "waybill",
        say("This waybill already belongs to {notice}.", notice=owner),
        say("A waybill belongs to one letter; correct the wrong row."),
    )


def _possible(row: CarrierRow, posted: CarrierRecord, today: date) -> bool:
    """Return whether the row can be true of its delivery; add a problem to the row if not."""
    if posted.state not in IN_PRINT_JOB and not (posted.state is State.WITHDRAWN and posted.printed):
        row.record.complain(
            "number" if row.number else "waybill",
            say(
                "{notice} on paper is {state}: it has not been sent.",
                notice=posted.number,
                state=word(posted.state),
            ),
            say("Compare the letter with the carrier's table; nothing was recorded for it."),
        )
        return False
    if row.on is not None and (row.on > today or (posted.dated is not None and row.on < posted.dated)):
        row.record.complain(
            "date",
            say("This day is in the future, or before the date of the letter."),
            say("Correct the day; the limitation period begins anew on it."),
        )
        return False
    return True


def _last_of_each(matches: Iterable[_Match]) -> Iterator[_Match]:
    """Yield the last result of each delivery.

    Two different results on one day are problems, and neither is used.
    """
    groups: dict[tuple[bool, int], list[_Match]] = {}
    for match in matches:
        groups.setdefault(_key(match), []).append(match)
    for group in groups.values():
        told = sorted((match for match in group if match.row.on), key=lambda match: match.row.on or date.min)
        if not told:
            yield group[-1]
            continue
        last = [match for match in told if match.row.on == told[-1].row.on]
        if len({match.state for match in last}) == 1:
            yield last[-1]
            continue
        for match in last:
            match.row.record.complain(
                "result",
                say("Two rows give {notice} different results on one day.", notice=match.posted.number),
                say("Keep the right one, and import the table again."),
            )
