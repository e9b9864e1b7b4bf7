"""plan: decide on every account of a list, and record the decisions as a batch in one transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from notices.errors import Refused, Unusable, UsageMistake
from notices.files import built_aside, write_whole
from notices.flow.batch.lock import only_one, settle_files
from notices.flow.batch.outside import folders_with_evidence, refuse_older_ledger
from notices.flow.days import days_allowed, is_too_far
from notices.flow.people import refuse_strangers
from notices.flow.planning.check import Reading, check, compared
from notices.flow.planning.corrections import drop_replaced, find_replaced
from notices.flow.planning.decisions import Decided, ListDays, Tally, decide_all
from notices.flow.planning.letters_saved import LettersCount, LettersSaved
from notices.flow.planning.list_changes import Changes, count_as_paid
from notices.flow.planning.warnings import cautions, left_out, reject_unknown_estates, short_of_time
from notices.flow.workspace import Workspace
from notices.garbage import search_put_off
from notices.intake import ArrearsList
from notices.ledger import AccountWriter, BatchRecord, Books, Ledger, ListFile, NewBatch, PlannedAccount
from notices.messages import Message, say
from notices.model import Account

BATCH_NAME = re.compile(r"(?!(?i:ledger\.db))[^\W_][\w.()（）-]{0,79}")  # its folder is beside the ledger's file
NOTHING_PLANNED = say("No account in the list can be planned; nothing was recorded.")


@dataclass(frozen=True)
class PlanRequest:
    """Options of `plan`; `into` names a batch to add new accounts to."""

    reading: Reading
    list_date: date
    by: str
    at: datetime
    name: str | None = None
    into: str | None = None
    days_named: tuple[date | None, date | None] = (None, None)  # as_of and list_date, if given by a person
    accept_partial: bool = False
    again: bool = False
    runs: Mapping[str, object] | None = None  # options to record for a `run` that continues after this plan
    accept: Callable[[Sequence[Account]], None] | None = None  # called before the commit; may refuse the plan


@dataclass(frozen=True)
class Plan:
    """Result of `plan`; `batch` is None if nothing was recorded, `attention` says why or what was left out.

    `saved` is None where no letters are combined.
    """

    arrears: ArrearsList
    batch: str | None
    as_of: date
    decided: Decided | None = None
    attention: tuple[Message, ...] = field(default=())
    changes: Changes = field(default_factory=Changes)
    notes: tuple[Message, ...] = ()
    saved: LettersSaved | None = None


def plan(workspace: Workspace, ledger: Ledger, request: PlanRequest) -> Plan:
    """Read, decide, record. Raises Refused if the same list was already planned for the same day."""
    with search_put_off():  # a quarter of the time
        return _plan(workspace, ledger, request)


def _plan(workspace: Workspace, ledger: Ledger, request: PlanRequest) -> Plan:
    refuse_strangers(workspace, request.by)
    _refuse_far_future(workspace, request)
    arrears = check(workspace, request.reading, ledger)
    arrears, found = compared(workspace, arrears, ledger, request.list_date, whole=request.into is None)
    attention = left_out(workspace, arrears, accept_partial=request.accept_partial)
    arrears = reject_unknown_estates(workspace, arrears)
    accounts = arrears.accounts
    if not accounts or (attention and not request.accept_partial):
        return Plan(arrears, None, request.reading.as_of, attention=attention or (NOTHING_PLANNED,), changes=found)
    if request.into is not None:
        return _added(workspace, ledger, request, arrears, accounts, attention)
    with only_one(workspace, ledger, "plan", by=request.by), ledger.begin() as books, ledger.read() as before:
        _refuse_repetition(books, arrears, request)
        name = _batch_name(workspace, books, request)
        writer = books.batches.create(
            NewBatch(
                name=name,
                as_of=request.reading.as_of,
                list_date=request.list_date,
                list=_list_file(arrears),
                planned_by=request.by,
                again=request.again,
            ),
            at=request.at,
        )
        days = ListDays(request.list_date, request.reading.as_of)
        count = LettersCount(workspace)
        tally = _record(decide_all(workspace, before, accounts, days), writer, count)
        if request.accept is not None:
            request.accept(tally.issued)
        saved = count.saved(before, accounts)
        notes = (
            *cautions(before, arrears.source.sha256, tally.issued, request.list_date),
            *short_of_time(tally),
            *(saved.messages if saved else ()),
        )
        _keep_list(workspace, name, request.reading.path, arrears)
        if workspace.settings.intake.vanished == "paid":
            count_as_paid(books, found, request.list_date, by=request.by, at=request.at)
        if request.runs is not None:
            books.commands.start("run", request.runs, batch=name, at=request.at)
    settle_files(workspace, ledger, name, by=request.by)
    decided = Decided(tally.counts, tally.totals, request.at.astimezone(UTC))
    return Plan(arrears, name, request.reading.as_of, decided, attention, found, notes, saved)


def _refuse_far_future(workspace: Workspace, request: PlanRequest) -> None:
    """Raise UsageMistake if the day of the plan is too far ahead: until then, too much will be paid and disputed."""
    day = request.reading.as_of
    if request.into is None and is_too_far(workspace, day, request.at.date()):
        raise UsageMistake(
            say("{day} is too far in the future for a plan.", day=day.isoformat()), days_allowed(workspace)
        )


def _record(pages: Iterable[list[PlannedAccount]], writer: AccountWriter, count: LettersCount | None = None) -> Tally:
    """Record the decisions page by page; return their counts."""
    tally = Tally()
    for page in pages:
        writer.write(page)
        tally.add(page)
        if count is not None:
            count.add(page)
    return tally


def _refuse_repetition(books: Books, arrears: ArrearsList, request: PlanRequest) -> None:
    batches = books.batches.planned_from(arrears.source.sha256, request.reading.as_of)
    if batches and not request.again:
        raise Refused(
            say(
                "This list was already planned for {day}, as batch {batch}.",
                day=request.reading.as_of.isoformat(),
                batch=batches[-1],
            ),
            say("Continue with that batch, or plan the list again with --again."),
        )


def _batch_name(workspace: Workspace, books: Books, request: PlanRequest) -> str:
    """Return the name given or a new one; a name whose folder keeps what has left is never used again."""
    taken = {batch.name for batch in books.batches.all()} | folders_with_evidence(workspace)
    if request.name is not None:
        if not BATCH_NAME.fullmatch(request.name):
            raise UsageMistake(
                say("“{name}” is not a valid batch name.", name=request.name),
                say("Use letters, digits, hyphens and dots, starting with a letter or digit."),
            )
        if request.name in taken:
            raise UsageMistake(
                say("Batch {name} already exists.", name=request.name),
                say("Choose another --name, or add accounts to it with --into {name}.", name=request.name),
            )
        return request.name
    day = request.reading.as_of.isoformat()
    names = (day if place == 1 else f"{day}-{place}" for place in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _keep_list(workspace: Workspace, name: str, source: Path, arrears: ArrearsList) -> None:
    """Copy the list into the batch's folder, replacing what an interrupted plan left there."""
    with built_aside(workspace.batches, name) as folder:
        (folder / "list").mkdir()
        write_whole(folder / "list" / arrears.source.file, _as_read(source, arrears))


def _as_read(source: Path, arrears: ArrearsList) -> bytes:
    content = source.read_bytes()
    if sha256(content).hexdigest() != arrears.source.sha256:
        raise Unusable(
            say("{file} changed while it was being read.", file=arrears.source.file),
            say("Wait until it is complete, then plan again."),
        )
    return content


def _list_file(arrears: ArrearsList) -> ListFile:
    return ListFile(
        file=arrears.source.file,
        sha256=arrears.source.sha256,
        sheet=arrears.source.sheet,
        rows=arrears.rows,
        rejected=tuple(
            {
                "account": rejected.account,
                "rows": list(rejected.rows),
                "problems": [
                    {
                        "sheet": problem.sheet,
                        "row": problem.row,
                        "column": problem.column,
                        "value": problem.value,
                        "problem": problem.problem.as_data(),
                        "remedy": problem.remedy.as_data(),
                    }
                    for problem in rejected.problems
                ],
            }
            for rejected in arrears.rejected
        ),
    )


def _added(
    workspace: Workspace,
    ledger: Ledger,
    request: PlanRequest,
    arrears: ArrearsList,
    accounts: Sequence[Account],
    attention: tuple[Message, ...],
) -> Plan:
    """Add new accounts to a batch, decided for the batch's day, and drop those that they replace.

    Its other accounts stay as they are.
    """
    name = request.into or ""
    refuse_older_ledger(workspace, ledger)  # the batch may have been approved and sent since
    with only_one(workspace, ledger, name, by=request.by), ledger.begin() as books, ledger.read() as before:
        batch = books.batches.in_use(name)
        _refuse_additions(batch)
        _refuse_another_day(batch, request)
        known = books.batches.cases(name)
        fresh = [account for account in accounts if account.case not in known]
        replaced = find_replaced(batch, books.batches.decisions(name), accounts)
        drop_replaced(books, replaced, by=request.by, at=request.at)
        notes = tuple(each.note for each in replaced if not (each.doubtful or each.known))
        attention += tuple(each.note for each in replaced if each.doubtful or each.known)
        if not fresh and replaced:
            return Plan(arrears, None, batch.as_of, attention=attention, notes=notes)
        if not fresh:
            known_all = say("Batch {batch} already has all these accounts.", batch=name)
            return Plan(arrears, None, batch.as_of, attention=(known_all,))
        target = workspace.batch(name) / "list" / f"{arrears.source.sha256[:8]}-{arrears.source.file}"
        write_whole(target, _as_read(request.reading.path, arrears))
        days = ListDays(batch.list_date, batch.as_of)
        writer = books.batches.add_list(name, _list_file(arrears), at=request.at, by=request.by)
        tally = _record(decide_all(workspace, before, fresh, days, leave_out=name), writer)
    decided = Decided(tally.counts, tally.totals, request.at.astimezone(UTC), after=max(known.values(), default=0))
    return Plan(arrears, name, batch.as_of, decided, attention, notes=(*notes, *short_of_time(tally)))


def _refuse_another_day(batch: BatchRecord, request: PlanRequest) -> None:
    days = zip(request.days_named, (batch.as_of, batch.list_date), strict=True)
    if any(named is not None and named != its for named, its in days):
        raise UsageMistake(
            say(
                "Batch {batch} was planned for {as_of}, with lists of {list_date}.",
                batch=batch.name,
                as_of=batch.as_of.isoformat(),
                list_date=batch.list_date.isoformat(),
            ),
            say("Omit --as-of and --list-date, or plan this list as a separate batch."),
        )


def _refuse_additions(batch: BatchRecord) -> None:
    if batch.approvals:
        raise Refused(
            say("Batch {batch} is already approved, so no accounts can be added.", batch=batch.name),
            say("Plan the corrected rows as a separate batch."),
        )
