"""plan: decide for every account of a list, and record the decisions as a batch, whole or not at all."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from notices.errors import Refused, Unusable, UsageMistake
from notices.files import built_aside, write_whole
from notices.flow.batch.lock import only_one
from notices.flow.planning.check import Reading, check, compared
from notices.flow.planning.decisions import Decided, ListDays, Tally, decide_all
from notices.flow.planning.list_changes import Changes, count_as_paid
from notices.flow.planning.warnings import cautions, left_out, strangers_rejected
from notices.flow.workspace import Workspace
from notices.intake import ArrearsList
from notices.ledger import AccountWriter, BatchRecord, Books, Ledger, ListFile, NewBatch, PlannedAccount
from notices.messages import Message, say
from notices.model import Account

BATCH_NAME = re.compile(r"(?!(?i:ledger\.db))[^\W_][\w.()（）-]{0,79}")  # its folder stands beside the ledger's file


@dataclass(frozen=True)
class PlanRequest:
    """What a person asked `plan` to do; `into` names a batch that takes accounts it does not have yet."""

    reading: Reading
    list_date: date
    by: str
    at: datetime
    name: str | None = None
    into: str | None = None
    days_named: tuple[date | None, date | None] = (None, None)  # as_of and list_date, where a person gave them
    accept_partial: bool = False
    again: bool = False
    runs: Mapping[str, object] | None = None  # options of a `run` that goes on after this plan
    accept: Callable[[Sequence[Account]], None] | None = None  # looks first; what it raises records nothing


@dataclass(frozen=True)
class Plan:
    """What came of it: `batch` is None where nothing was recorded, and `attention` says why or what is left."""

    arrears: ArrearsList
    batch: str | None
    as_of: date
    decided: Decided | None = None
    attention: tuple[Message, ...] = field(default=())
    changes: Changes = field(default_factory=Changes)
    notes: tuple[Message, ...] = ()


def plan(workspace: Workspace, ledger: Ledger, request: PlanRequest) -> Plan:
    """Read, decide, record; raises Refused where the same list was planned for the same day already."""
    # Everything that is made here is kept: looking through it for garbage would cost a quarter of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _plan(workspace, ledger, request)
    finally:
        if collecting:
            gc.enable()


def _plan(workspace: Workspace, ledger: Ledger, request: PlanRequest) -> Plan:
    arrears = check(workspace, request.reading)
    attention = left_out(workspace, arrears, accept_partial=request.accept_partial)
    # What is added to a batch is no list of its own: nobody is missing from it.
    arrears, found = compared(workspace, arrears, None if request.into else ledger, request.list_date)
    arrears = strangers_rejected(workspace, arrears)
    accounts = arrears.accounts
    if not accounts or (attention and not request.accept_partial):
        return Plan(arrears, None, request.reading.as_of, attention=attention or (_nothing_planned(),), changes=found)
    if request.into is not None:
        return _added(workspace, ledger, request, arrears, accounts, attention)
    with only_one(workspace.batches, "plan"), ledger.begin() as books, ledger.read() as before:
        _refuse_repetition(books, arrears, request)
        name = _batch_name(books, request)
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
        tally = _record(decide_all(workspace, before, accounts, days), writer)
        if request.accept is not None:
            request.accept(tally.issued)
        notes = cautions(before, arrears.source.sha256, tally.issued, request.list_date)
        _keep_list(workspace, name, request.reading.path, arrears)
        if workspace.settings.intake.vanished == "paid":
            count_as_paid(books, found, request.list_date, by=request.by, at=request.at)
        if request.runs is not None:
            books.commands.start("run", request.runs, batch=name, at=request.at)
    decided = Decided(tally.counts, request.at)
    return Plan(arrears, name, request.reading.as_of, decided, attention, found, notes)


def _record(pages: Iterable[list[PlannedAccount]], writer: AccountWriter) -> Tally:
    """Record the decisions page by page; return their counts."""
    tally = Tally()
    for page in pages:
        writer.write(page)
        tally.add(page)
    return tally


def _nothing_planned() -> Message:
    return say("The list has no account that can be planned; nothing was recorded.")


def _refuse_repetition(books: Books, arrears: ArrearsList, request: PlanRequest) -> None:
    batches = books.batches.same_plan(arrears.source.sha256, request.reading.as_of)
    if batches and not request.again:
        raise Refused(
            say(
                "This very list was planned for {day} already, as batch {batch}.",
                day=request.reading.as_of.isoformat(),
                batch=batches[-1],
            ),
            say("Go on with that batch, or plan it once more on purpose with --again."),
        )


def _batch_name(books: Books, request: PlanRequest) -> str:
    taken = {batch.name for batch in books.batches.all()}
    if request.name is not None:
        if not BATCH_NAME.fullmatch(request.name):
            raise UsageMistake(
                say("“{name}” cannot be the name of a batch.", name=request.name),
                say("Use letters, digits, hyphens and points, beginning with a letter or digit."),
            )
        if request.name in taken:
            raise UsageMistake(
                say("There is a batch {name} already.", name=request.name),
                say("Choose another --name, or add accounts to it with --into {name}.", name=request.name),
            )
        return request.name
    day = request.reading.as_of.isoformat()
    names = (day if place == 1 else f"{day}-{place}" for place in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _keep_list(workspace: Workspace, name: str, source: Path, arrears: ArrearsList) -> None:
    """The list as received, in the batch's folder; what a cut-off plan left under that name is replaced."""
    with built_aside(workspace.batches, name) as folder:
        (folder / "list").mkdir()
        write_whole(folder / "list" / arrears.source.file, _as_read(source, arrears))


def _as_read(source: Path, arrears: ArrearsList) -> bytes:
    content = source.read_bytes()
    if sha256(content).hexdigest() != arrears.source.sha256:
        raise Unusable(
            say("{file} changed while it was being read.", file=arrears.source.file),
            say("Let whoever is writing it finish, then plan again."),
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
    """Accounts that the batch does not have yet, decided for its day; what it has stays as it is."""
    name = request.into or ""
    with only_one(workspace.batches, name), ledger.begin() as books, ledger.read() as before:
        batch = books.batches.get(name)
        _refuse_additions(batch)
        _refuse_another_day(batch, request)
        known = books.batches.cases(name)
        fresh = [account for account in accounts if account.case not in known]
        if not fresh:
            known_all = say("Batch {batch} has all these accounts already.", batch=name)
            return Plan(arrears, None, batch.as_of, attention=(known_all,))
        target = workspace.batch(name) / "list" / f"{arrears.source.sha256[:8]}-{arrears.source.file}"
        write_whole(target, _as_read(request.reading.path, arrears))
        days = ListDays(batch.list_date, batch.as_of)
        writer = books.batches.add_list(name, _list_file(arrears), at=request.at, by=request.by)
        tally = _record(decide_all(workspace, before, fresh, days, leave_out=name), writer)
    decided = Decided(tally.counts, request.at, after=max(known.values(), default=0))
    return Plan(arrears, name, batch.as_of, decided, attention)


def _refuse_another_day(batch: BatchRecord, request: PlanRequest) -> None:
    days = zip(request.days_named, (batch.as_of, batch.list_date), strict=True)
    if any(named is not None and named != its for named, its in days):
        raise UsageMistake(
            say(
                "Batch {batch} is of {as_of}, with lists of {list_date}.",
                batch=batch.name,
                as_of=batch.as_of.isoformat(),
                list_date=batch.list_date.isoformat(),
            ),
            say("Leave out --as-of and --list-date, or plan a list of another day as a batch of its own."),
        )


def _refuse_additions(batch: BatchRecord) -> None:
    if batch.approvals:
        raise Refused(
            say("Of batch {batch} something is approved; it takes no more accounts.", batch=batch.name),
            say("Plan the corrected rows as a batch of their own."),
        )
