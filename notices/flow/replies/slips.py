"""slip: record returned slips, typed in, filled in, listed or scanned; they suggest holds, but decide nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path
from shlex import quote

from notices.errors import NoticesError, Refused, Unusable, UsageMistake
from notices.files import write_whole
from notices.flow.batch.lock import settle_files
from notices.flow.batch.slip_files import slip_name, slips_folder
from notices.flow.people import refuse_strangers
from notices.flow.replies.scan_records import record_scan
from notices.flow.replies.scans import ReadScan, ScanningMissing, ScansRead, read_scans
from notices.flow.replies.slip_notice import Answerable, Answered
from notices.flow.replies.slip_pdf import SlipPdf, is_pdf, read_slip_pdf, refuse_foreign
from notices.flow.replies.work_orders import correct_orders, open_orders
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
from notices.ledger import Books, DecisionRecord, DoubtfulMark, Ledger, SlipRecord, SlipSource
from notices.letters.answers import ANSWERS_FILE as ANSWERS
from notices.letters.answers import read_objections
from notices.letters.unit_boxes import ticked_units
from notices.messages import Message, say
from notices.model import CaseKey, Slip
from notices.pdf import ForeignPdfs, needs_password
from notices.rules.balances import balances
from notices.rules.commitments import LONGEST as LONGEST_PROMISE
from notices.workers.pool import WorkerPool

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif", ".webp"})


@dataclass(frozen=True)
class SlipRequest:
    """A slip as typed in by a person; objections are codes or labels, `units` those ticked of a letter for several."""

    number: str
    objections: tuple[str, ...]
    received: date
    by: str
    at: datetime
    note: str = ""
    promise: date | None = None
    instalments: str = ""
    telephone: str = ""
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Import:
    """An import of slips; `received` is the day they came back, unless a table gives another."""

    received: date
    by: str
    at: datetime
    sheet: str | None = None


@dataclass(frozen=True)
class SlipEntry:
    """Entry of a slip: its source, who made it and when, and the SHA-256 of the files kept of it, by their paths."""

    source: SlipSource
    by: str
    at: datetime
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    """A recorded slip, not `new` if it was recorded before; who acts on each objection; suggested commands.

    `orders` are the numbers of the work orders that it opened.
    A scanned one has the `page` of its file, whether it is `signed` (None: not known), and its `doubtful` marks: while
    there are any, it is not recorded.
    """

    number: str
    account: str
    slip: Slip
    new: bool
    acting: Mapping[str, str] = field(default_factory=dict)
    suggestions: tuple[Message, ...] = ()
    orders: tuple[int, ...] = ()
    source: SlipSource = "typed"
    page: int | None = None
    signed: bool | None = None
    doubtful: tuple[DoubtfulMark, ...] = ()


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
        (first, *more), rest = answerable.chosen(answered, _named_units(answerable, answered, request.units))
        notice_id, first_id = (it.entry.notice.id if it.entry.notice else 0 for it in (answered, first))
        waiting = books.scans.waiting(notice_id)
        untrue = _entered_for_others(answerable, answered, (first, *more)) if not rest else []
        gone = tuple(_taken_back(answerable, each, request) for each in untrue)
        typed = SlipEntry("typed", request.by, request.at)
        taken = recorded(
            answerable, first, slip, typed, may_be_empty=bool(waiting), stands_for=rest, alone_now=bool(gone)
        )
        if waiting and (slip_id := books.slips.same(first_id, slip)) is not None:
            books.scans.settle(waiting, slip_id, by=request.by, at=request.at)
        others = of_several(answerable, more, rest, slip, typed, alone_now=bool(gone))
        return SlipsTaken((taken, *others, *gone))


def _entered_for_others(answerable: Answerable, answered: Answered, ticked: Sequence[Answered]) -> list[Answered]:
    """Return the other notices of a letter for which its slip was entered before: a slip has one set of ticks.

    A row of a table is an entry of its own if it names the unit.
    """
    slips = answerable.books.slips
    chosen = {each.number for each in ticked}
    corrected = [last for each in ticked if (last := slips.last(_id(each))) is not None]
    found: list[Answered] = []
    for each in (answered, *answerable.mates(answered)):
        last = None if each.number in chosen else slips.last(_id(each))
        if last is not None and (last.source != "list" or any(_one_entry(last, it) for it in corrected)):
            found.append(each)
    return found


def _one_entry(one: SlipRecord, other: SlipRecord) -> bool:
    return (one.slip, one.source, one.entered_at) == (other.slip, other.source, other.entered_at)


def _taken_back(answerable: Answerable, answered: Answered, request: SlipRequest) -> Taken:
    """Take back the slip of a notice: its work orders that are open are withdrawn, and it needs no answer."""
    nothing = Slip((), request.received)
    answerable.books.slips.add(_id(answered), nothing, "taken-back", by=request.by, at=request.at)
    correct_orders(answerable, answered, nothing, by=request.by, at=request.at)
    return Taken(answered.number, answered.entry.account.key, nothing, new=True, source="taken-back")


def _id(answered: Answered) -> int:
    assert answered.entry.notice is not None  # noqa: S101 - only a notice is found
    return answered.entry.notice.id


def _named_units(answerable: Answerable, answered: Answered, units: Sequence[str]) -> set[str]:
    """Return the numbers of the notices of units that a person named; raises UsageMistake for one not in the letter."""
    inside = answerable.units(answered)
    numbers = {normalise_unit(unit): number for number, unit in inside.items()}
    strange = [unit for unit in units if normalise_unit(unit) not in numbers]
    if strange:
        raise UsageMistake(
            say("{notice} is no letter for {units}.", notice=answered.number, units=", ".join(strange)),
            say("Its units are {units}.", units=", ".join(inside.values()))
            if inside
            else say("It is for one unit: leave out --unit."),
        )
    return {numbers[normalise_unit(unit)] for unit in units}


def import_slips(workspace: Workspace, ledger: Ledger, files: Sequence[Path], order: Import) -> SlipsTaken:
    """Record the slips in fillable PDFs, tables and scans; those that cannot be recorded are reported.

    All files are read before anything is recorded. Raises Unusable if none of the files can be read, UsageMistake if a
    table lacks a column.
    """
    refuse_strangers(workspace, order.by)
    known = tuple(estate.name for estate in workspace.settings.estates)
    read: list[tuple[Path, SlipPdf | SlipTable]] = []
    scans: list[Path] = []
    unreadable: list[Unusable] = []
    attention: dict[Path, list[Message]] = {path: [] for path in files}
    with ForeignPdfs(WorkerPool) as foreign:
        for path in files:
            try:
                found = _read(path, known, order.sheet, foreign)
            except Unusable as error:
                unreadable.append(error)
                attention[path] += (error.fact, *error.details)
            except Refused as error:
                attention[path].append(error.fact)
            else:
                if found is None:
                    scans.append(path)
                else:
                    read.append((path, found))
    scanned = _read_scans(workspace, ledger, scans)
    unreadable += scanned.unreadable
    for path, told in scanned.attention.items():
        attention[path] += told
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
        done += [_take_scan(answerable, scan, order) for scan in scanned.slips]
    for batch in answerable.batches:
        with suppress(NoticesError):  # the slips are recorded; their files are kept with the next command here
            settle_files(workspace, ledger, batch, by=order.by)
    return SlipsTaken(
        tuple(each for one in done for each in one.taken),
        tuple(each for one in done for each in one.problems),
        (*chain.from_iterable(attention.values()), *(each for one in done for each in one.attention)),
    )


def _read_scans(workspace: Workspace, ledger: Ledger, files: Sequence[Path]) -> ScansRead:
    """Read scans; where the extra for them is missing, none of them can be read."""
    try:
        return read_scans(workspace, ledger, files)
    except ScanningMissing as error:
        return ScansRead(unreadable=[error for _ in files], attention={files[0]: [error.fact, error.remedy]})


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


def _read(
    path: Path, known_estates: Sequence[str], sheet: str | None, foreign: ForeignPdfs
) -> SlipPdf | SlipTable | None:
    """Return the slip or slips in a file, None for a scan or photograph."""
    if is_pdf(path):
        return None if needs_password(path) else read_slip_pdf(path, foreign)
    if path.suffix.lower() in PICTURES:
        return None
    return read_slips(path, known_estates=known_estates, sheet=sheet)


def _take_scan(answerable: Answerable, scan: ReadScan, order: Import) -> SlipsTaken:
    try:
        answered = answerable.find(scan.number)
        done = record_scan(answerable, answered, scan, received=order.received, by=order.by, at=order.at)
    except (UsageMistake, Refused) as error:
        return SlipsTaken(attention=(_of_page(scan, error.fact),))
    record, answered = done.record, done.notice
    entry = answered.entry
    acting = {code: answered.acts_on(code, answerable.workspace.settings.work) for code in done.slip.objections}
    orders = (
        open_orders(
            answerable, answered, done.slip, record.slip_id, acting, stands_for=done.untold, by=order.by, at=order.at
        )
        if done.new and record.slip_id is not None
        else []
    )
    taken = Taken(
        number=(entry.notice.number if entry.notice else None) or scan.number,
        account=entry.account.key,
        slip=done.slip,
        new=done.new,
        acting=acting,
        orders=tuple(orders),
        suggestions=tuple(
            say(
                "Written by hand: look at {picture}, and enter it with `notices slip set {notice}`.",
                picture=picture,
                notice=quote(scan.number),
            )
            for picture in record.written
        ),
        source="scan",
        page=scan.page.page,
        signed=record.signed,
        doubtful=record.doubtful if record.slip_id is None else (),
    )
    others: tuple[Taken, ...] = ()
    if done.new and record.slip_id is not None:
        others = of_several(answerable, done.others, done.untold, done.slip, SlipEntry("scan", order.by, order.at))
    attention = tuple(_needs_a_person(answerable, answered, scan, taken))
    if done.replaced is not None:
        differs = say(
            "the slip of {notice} that {by} entered has other boxes; the scan counts now. Compare them, and enter it "
            "again with `notices slip set` if the scan is wrong or lacks what was written.",
            notice=taken.number,
            by=done.replaced.by,
        )
        attention = (*attention, _of_page(scan, differs))
    return SlipsTaken((taken, *others), attention=attention)


def _needs_a_person(answerable: Answerable, answered: Answered, scan: ReadScan, taken: Taken) -> Iterator[Message]:
    if taken.doubtful:
        yield _of_page(
            scan,
            say(
                "{notice} is recorded once a person has judged its {count} doubtful mark(s): `notices slip review`.",
                notice=scan.number,
                count=len(taken.doubtful),
            ),
        )
    if taken.new and is_settled(answerable.books, answered.entry):
        yield _of_page(
            scan, say("nothing is owed any more on {notice}; its slip is recorded all the same.", notice=scan.number)
        )


def is_settled(books: Books, entry: DecisionRecord) -> bool:
    """Return whether payments on record pay all that an account owed by the list of its notice."""
    payments = [record.payment for record in books.payments.all(entry.account.case)]
    list_date = books.batches.get(entry.batch).list_date
    return not any(balances(entry.account.charges, payments, list_date))


def _of_page(scan: ReadScan, fact: Message) -> Message:
    return say("{file}, page {page}: {fact}", file=scan.page.file.name, page=scan.page.page, fact=fact)


def _take_form(answerable: Answerable, path: Path, slip_pdf: SlipPdf, order: Import) -> SlipsTaken:
    try:
        answered = answerable.find(slip_pdf.number)
        refuse_foreign(slip_pdf, answered.entry)
        promise = parse_slip_date(slip_pdf.proposal)  # None unless the text is just a date
        promised = promise is not None and order.received <= promise <= order.received + LONGEST_PROMISE
        ticked, units = ticked_units(slip_pdf.ticked)
        slip = Slip(
            objections=answered.codes(ticked),
            received=order.received,
            note=slip_pdf.note,
            promise=promise if promised else None,
            instalments="" if promised else slip_pdf.proposal,
            telephone=slip_pdf.telephone,
        )
        content = _content(path, slip_pdf)
        kept = slips_folder(answerable.workspace, answered.entry.batch) / slip_name(answered.number, slip_pdf.sha256)
        files = {kept.relative_to(answerable.workspace.root).as_posix(): slip_pdf.sha256}
        taken = _of_units(answerable, answered, slip, units, order, files)
    except (UsageMistake, Refused) as error:
        return SlipsTaken(attention=(say("{file}: {fact}", file=path.name, fact=error.fact),))
    if any(each.new for each in taken):
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(kept, content)
    return SlipsTaken(taken)


def _of_units(
    answerable: Answerable,
    answered: Answered,
    slip: Slip,
    units: Collection[str],
    order: Import,
    files: Mapping[str, str],
) -> tuple[Taken, ...]:
    """Record a filled-in slip for the units of its letter that were ticked (numbers of their notices), or for all."""
    (first, *more), rest = answerable.chosen(answered, units)
    entered = SlipEntry("form", order.by, order.at, files)
    taken = recorded(answerable, first, slip, entered, stands_for=rest)
    return (taken, *of_several(answerable, more, rest, slip, entered))


def _content(path: Path, slip_pdf: SlipPdf) -> bytes:
    """Return the returned file, to be kept as evidence; raises Refused if it is not the one that was read."""
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    if sha256(content).hexdigest() != slip_pdf.sha256:
        raise Refused(
            say("the file changed while it was being read"), say("Wait until it is complete, then import it again.")
        )
    return content


def _take_table(answerable: Answerable, table: SlipTable, order: Import) -> SlipsTaken:
    taken: list[Taken] = []
    problems = list(table.problems)
    for row in table.rows:
        try:
            answered = _of_unit(answerable, answerable.find(row.number), row)
            _refuse_other_owner(row, answered)
            slip = Slip(
                objections=answered.codes(row.objections),
                received=row.received or order.received,
                note=row.note,
                promise=row.promise,
                instalments=row.instalments,
                telephone=row.telephone,
            )
            mates = () if row.unit else answerable.mates(answered)
            entered = SlipEntry("list", order.by, order.at)
            taken.append(recorded(answerable, answered, slip, entered, stands_for=mates))
            taken += of_several(answerable, (), mates, slip, entered)
        except (UsageMistake, Refused) as error:
            row.record.complain("number", error.fact, error.remedy)
            problems += row.record.problems
    return SlipsTaken(tuple(taken), tuple(sorted(problems, key=lambda problem: problem.row or 0)))


def _of_unit(answerable: Answerable, answered: Answered, row: ListedSlip) -> Answered:
    """Return the notice of the unit that a row names, where the number is that of a letter for several."""
    if not row.unit:
        return answered
    unit = normalise_unit(row.unit)
    others = (each for each in answerable.mates(answered) if each.entry.account.case.unit == unit)
    return answered if answered.entry.account.case.unit == unit else next(others, answered)


def of_several(
    answerable: Answerable,
    ticked: Sequence[Answered],
    others: Sequence[Answered],
    slip: Slip,
    entered: SlipEntry,
    *,
    alone_now: bool = False,
) -> tuple[Taken, ...]:
    """Record the slip of a letter for several units for those `ticked` besides the first, or for all the `others`.

    Of the others it opens no work orders: the letter's first has them.
    """
    return tuple(
        recorded(answerable, each, slip, entered, may_be_empty=True, opens_orders=opens, alone_now=alone_now)
        for inside, opens in ((ticked, True), (others, False))
        for each in inside
    )


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


def recorded(
    answerable: Answerable,
    answered: Answered,
    slip: Slip,
    entered: SlipEntry,
    *,
    may_be_empty: bool = False,
    opens_orders: bool = True,
    stands_for: Sequence[Answered] = (),
    alone_now: bool = False,
) -> Taken:
    """Record a slip of a notice unless the same one is recorded; raises UsageMistake if it is impossible.

    `stands_for` are the other notices of its letter, for which its work orders are opened as well. If it is
    `alone_now`, the notice that had its work orders has no slip any more, and they are opened although the slip is on
    record.
    """
    source, by, at = entered.source, entered.by, entered.at
    answered.refuse_unsound(slip, at.date(), may_be_empty=may_be_empty)
    decided = answered.entry
    assert decided.notice is not None  # noqa: S101 - only a notice is found
    added = answerable.books.slips.add(decided.notice.id, slip, source, by=by, at=at, files=entered.files)
    acting = {code: answered.acts_on(code, answerable.workspace.settings.work) for code in slip.objections}
    orders: list[int] = []
    slip_id = answerable.books.slips.same(decided.notice.id, slip) if added is None and alone_now else added
    if slip_id is not None and opens_orders:
        orders = open_orders(answerable, answered, slip, slip_id, acting, stands_for=stands_for, by=by, at=at)
    elif added is not None:
        correct_orders(answerable, answered, slip, by=by, at=at)
    return Taken(
        number=decided.notice.number or "",
        account=decided.account.key,
        slip=slip,
        new=added is not None,
        acting=acting,
        suggestions=_suggestions(quote(decided.account.key), slip),
        orders=tuple(orders),
        source=source,
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
