"""slip: record returned slips, typed in, from fillable PDFs or from tables; they suggest holds, but decide nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from shlex import quote

from notices.errors import Refused, Unusable, UsageMistake
from notices.files import write_whole
from notices.flow.people import refuse_strangers
from notices.flow.replies.slip_notice import Answerable, Answered
from notices.flow.replies.slip_pdf import SlipPdf, is_pdf, read_slip_pdf, refuse_foreign
from notices.flow.replies.work_orders import open_orders
from notices.flow.workspace import Workspace
from notices.intake import (
    ListedSlip,
    Problem,
    SlipTable,
    clean_slip_text,
    normalise_unit,
    parse_slip_date,
    read_slips,
    split_owners,
)
from notices.ledger import Ledger, SlipRecord, SlipSource
from notices.letters.answers import ANSWERS_FILE as ANSWERS
from notices.letters.answers import read_objections
from notices.messages import Message, say
from notices.model import CaseKey, Slip
from notices.pdf import ForeignPdfs
from notices.workers.pool import WorkerPool

SCANS = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".webp"})


@dataclass(frozen=True)
class SlipRequest:
    """A slip as typed in by a person; objections are codes or labels."""

    number: str
    objections: tuple[str, ...]
    received: date
    by: str
    at: datetime
    note: str = ""
    promise: date | None = None
    instalments: str = ""
    telephone: str = ""


@dataclass(frozen=True)
class Import:
    """An import of slips; `received` is the day they came back, unless a table gives another."""

    received: date
    by: str
    at: datetime
    sheet: str | None = None


@dataclass(frozen=True)
class Taken:
    """A recorded slip, not `new` if it was recorded before; who acts on each objection; suggested commands.

    `orders` are the numbers of the work orders that it opened.
    """

    number: str
    account: str
    slip: Slip
    new: bool
    acting: Mapping[str, str] = field(default_factory=dict)
    suggestions: tuple[Message, ...] = ()
    orders: tuple[int, ...] = ()


@dataclass(frozen=True)
class SlipsTaken:
    """Result of an entry or import: the slips, rows with problems, and other messages that need a person."""

    taken: tuple[Taken, ...] = ()
    problems: tuple[Problem, ...] = ()
    attention: tuple[Message, ...] = ()


def set_slip(workspace: Workspace, ledger: Ledger, request: SlipRequest) -> SlipsTaken:
    """Record a slip typed in by a person; raises UsageMistake or Refused, recording nothing, if it is impossible."""
    refuse_strangers(workspace, request.by)
    with ledger.begin() as books:
        answerable = Answerable(workspace, books)
        answered = answerable.find(request.number)
        slip = Slip(
            objections=answered.codes(request.objections),
            received=request.received,
            note=clean_slip_text(request.note),
            promise=request.promise,
            instalments=clean_slip_text(request.instalments),
            telephone=clean_slip_text(request.telephone),
        )
        return SlipsTaken((_recorded(answerable, answered, slip, "typed", request.by, request.at),))


def import_slips(workspace: Workspace, ledger: Ledger, files: Sequence[Path], order: Import) -> SlipsTaken:
    """Record the slips in fillable PDFs and tables; those that cannot be recorded are reported.

    All files are read before anything is recorded. Raises Unusable if none of the files can be read, UsageMistake if a
    table lacks a column.
    """
    refuse_strangers(workspace, order.by)
    known = tuple(estate.name for estate in workspace.settings.estates)
    read: list[tuple[Path, SlipPdf | SlipTable]] = []
    unreadable: list[Unusable] = []
    attention: list[Message] = []
    with ForeignPdfs(WorkerPool) as foreign:
        for path in files:
            try:
                read.append((path, _read(path, known, order.sheet, foreign)))
            except Unusable as error:
                unreadable.append(error)
                attention += (error.fact, *error.details)
            except Refused as error:
                attention.append(error.fact)
    if unreadable and len(unreadable) == len(files):
        raise unreadable[0]
    with ledger.begin() as books:
        answerable = Answerable(workspace, books)
        done = [
            _take_form(answerable, path, found, order)
            if isinstance(found, SlipPdf)
            else _take_table(answerable, found, order)
            for path, found in read
        ]
    return SlipsTaken(
        tuple(each for one in done for each in one.taken),
        tuple(each for one in done for each in one.problems),
        (*attention, *(each for one in done for each in one.attention)),
    )


def list_slips(ledger: Ledger, batch: str) -> list[tuple[str, SlipRecord]]:
    """Return the returned slips of a batch, each with its account, in the order of entry."""
    with ledger.read() as books:
        books.batches.get(batch)
        accounts = {entry.notice.id: entry.account.key for entry in books.batches.decisions(batch) if entry.notice}
        return [(accounts[record.notice_id], record) for record in books.slips.of_batch(batch)]


def labels(workspace: Workspace) -> Mapping[str, str]:
    """Return the workspace's current label of each objection, by code."""
    try:
        return {each.code: each.label for each in read_objections(workspace.templates / ANSWERS)}
    except Unusable:
        return {}  # labels are optional here; `answer` reports what is wrong with the file


def _read(path: Path, known_estates: Sequence[str], sheet: str | None, foreign: ForeignPdfs) -> SlipPdf | SlipTable:
    if is_pdf(path):
        return read_slip_pdf(path, foreign)
    if path.suffix.lower() in SCANS:
        raise Refused(say("{file} is a picture: type it in with `notices slip set NOTICE`.", file=path.name))
    return read_slips(path, known_estates=known_estates, sheet=sheet)


def _take_form(answerable: Answerable, path: Path, slip_pdf: SlipPdf, order: Import) -> SlipsTaken:
    try:
        answered = answerable.find(slip_pdf.number)
        refuse_foreign(slip_pdf, answered.entry)
        promise = parse_slip_date(slip_pdf.proposal)  # None unless the text is just a date
        promised = promise is not None and promise >= order.received
        slip = Slip(
            objections=answered.codes(slip_pdf.ticked),
            received=order.received,
            note=slip_pdf.note,
            promise=promise if promised else None,
            instalments="" if promised else slip_pdf.proposal,
            telephone=slip_pdf.telephone,
        )
        taken = _recorded(answerable, answered, slip, "form", order.by, order.at)
    except (UsageMistake, Refused) as error:
        return SlipsTaken(attention=(say("{file}: {fact}", file=path.name, fact=error.fact),))
    if taken.new:
        _save(answerable.workspace.batch(answered.entry.batch) / "slips", path, slip_pdf)
    return SlipsTaken((taken,))


def _save(folder: Path, path: Path, slip_pdf: SlipPdf) -> None:
    """Save the returned file as evidence in the batch's folder."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(folder / f"{slip_pdf.number}-{slip_pdf.sha256[:8]}.pdf", path.read_bytes())


def _take_table(answerable: Answerable, table: SlipTable, order: Import) -> SlipsTaken:
    taken: list[Taken] = []
    problems = list(table.problems)
    for row in table.rows:
        try:
            answered = answerable.find(row.number)
            _refuse_other_owner(row, answered)
            slip = Slip(
                objections=answered.codes(row.objections),
                received=row.received or order.received,
                note=row.note,
                promise=row.promise,
                instalments=row.instalments,
                telephone=row.telephone,
            )
            taken.append(_recorded(answerable, answered, slip, "list", order.by, order.at))
        except (UsageMistake, Refused) as error:
            row.record.complain("number", error.fact, error.remedy)
            problems += row.record.problems
    return SlipsTaken(tuple(taken), tuple(sorted(problems, key=lambda problem: problem.row or 0)))


def _refuse_other_owner(row: ListedSlip, answered: Answered) -> None:
    """Raise Refused if the table's columns give another estate, unit or owner than the ledger."""
    case = answered.entry.account.case
    estate = row.estate or case.estate
    unit = normalise_unit(row.unit) if row.unit else case.unit
    owners = split_owners(row.owner) if row.owner else case.owners
    if CaseKey.of(estate, unit, owners) != case:
        raise Refused(
            say(
                "{notice} belongs to another owner: its estate, unit or owner differs from this row.", notice=row.number
            ),
            say("Check the slip: correct the number, or the unit and the owner."),
        )


def _recorded(
    answerable: Answerable, answered: Answered, slip: Slip, source: SlipSource, by: str, at: datetime
) -> Taken:
    answered.refuse_unsound(slip, at.date())
    entry = answered.entry
    assert entry.notice is not None  # noqa: S101 - only a notice is found
    added = answerable.books.slips.add(entry.notice.id, slip, source, by=by, at=at)
    acting = {code: answered.acts_on(code, answerable.workspace.settings.work) for code in slip.objections}
    orders = [] if added is None else open_orders(answerable, answered, slip, added, acting, by=by, at=at)
    return Taken(
        number=entry.notice.number or "",
        account=entry.account.key,
        slip=slip,
        new=added is not None,
        acting=acting,
        suggestions=_suggestions(quote(entry.account.key), slip),
        orders=tuple(orders),
    )


def _suggestions(account: str, slip: Slip) -> tuple[Message, ...]:
    """Return the commands that the slip suggests: a person runs them, as the slip itself changes no decision."""
    promised = say(
        "The owner promises to pay by {until}. To register it: "
        "`notices hold add {account} --kind promise --until {until}`.",
        account=account,
        until=slip.promise,
    )
    instalments = say(
        "The owner asks for instalments. Once they are agreed: "
        "`notices hold add {account} --kind instalments --plan FILE`.",
        account=account,
    )
    return (*([promised] if slip.promise else ()), *([instalments] if slip.instalments else ()))
