"""plan: decide for every account of a list, and record the decisions as a batch, whole or not at all."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from notices.channels import address_of
from notices.decide import decide
from notices.errors import Refused, SettingsMistake, Unusable, UsageMistake
from notices.files import built_aside, write_whole
from notices.flow.cautions import cautions
from notices.flow.changes import Changes, count_as_paid
from notices.flow.check import Reading, check, compared
from notices.flow.lock import only_one
from notices.flow.workspace import Workspace
from notices.intake import ArrearsList, Problem, Rejected
from notices.ledger import BatchRecord, Books, DecisionRecord, Ledger, ListFile, NewBatch, PlannedAccount
from notices.messages import Message, say
from notices.model import Account, CaseKey, Decision, History
from notices.settings import Estate, Policy

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
    accept: Callable[[Sequence[PlannedAccount]], None] | None = None  # looks first; what it raises records nothing


@dataclass(frozen=True)
class Plan:
    """What came of it: `batch` is None where nothing was recorded, and `attention` says why or what is left."""

    arrears: ArrearsList
    batch: str | None
    as_of: date
    decisions: tuple[DecisionRecord, ...] = ()
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
    attention = _left_out(workspace, arrears, accept_partial=request.accept_partial)
    # What is added to a batch is no list of its own: nobody is missing from it.
    arrears, found = compared(workspace, arrears, None if request.into else ledger, request.list_date)
    arrears = _strangers_rejected(workspace, arrears)
    accounts = arrears.accounts
    if not accounts or (attention and not request.accept_partial):
        return Plan(arrears, None, request.reading.as_of, attention=attention or (_nothing_planned(),), changes=found)
    if request.into is not None:
        return _added(workspace, ledger, request, arrears, accounts, attention)
    with only_one(workspace.batches, "plan"), ledger.begin() as books:
        _refuse_repetition(books, arrears, request)
        name = _batch_name(books, request)
        planned = _decided(workspace, books, accounts, request)
        if request.accept is not None:
            request.accept(planned)
        notes = cautions(books, arrears.source.sha256, planned, request.list_date)
        _keep_list(workspace, name, request.reading.path, arrears)
        books.create_batch(
            NewBatch(
                name=name,
                as_of=request.reading.as_of,
                list_date=request.list_date,
                list=_list_file(arrears),
                planned_by=request.by,
                again=request.again,
            ),
            planned,
            at=request.at,
        )
        if workspace.settings.intake.vanished == "paid":
            count_as_paid(books, found, request.list_date, by=request.by, at=request.at)
        if request.runs is not None:
            books.start_command("run", request.runs, batch=name, at=request.at)
        decisions = tuple(books.decisions(name))
    return Plan(arrears, name, request.reading.as_of, decisions, attention, found, notes)


def _left_out(workspace: Workspace, arrears: ArrearsList, *, accept_partial: bool) -> tuple[Message, ...]:
    unknown = sorted({a.estate for a in arrears.accounts if not workspace.settings.estate(a.estate)})
    messages = [
        say(
            "The settings know no estate “{estate}”: its accounts cannot be planned. "
            "Correct the name in the list, or add [[estates]] to notices.toml.",
            estate=estate,
        )
        for estate in unknown
    ]
    if arrears.problems and accept_partial:
        messages.append(
            say(
                "{count} problem(s) in the list: the accounts concerned are left out. "
                "Correct their rows and add them with --into.",
                count=len(arrears.problems),
            )
        )
    elif arrears.problems:
        messages.append(
            say(
                "{count} problem(s) in the list. Correct the rows named and plan again, "
                "or plan the good accounts alone with --accept-partial.",
                count=len(arrears.problems),
            )
        )
    return tuple(messages)


def _strangers_rejected(workspace: Workspace, arrears: ArrearsList) -> ArrearsList:
    """The list with the accounts of estates that the settings do not know among the rejected ones."""
    known = [account for account in arrears.accounts if workspace.settings.estate(account.estate)]
    strangers = [account for account in arrears.accounts if not workspace.settings.estate(account.estate)]
    heading = next((column.heading for column in arrears.columns if column.meaning == "estate"), None)
    rejected = [
        Rejected(
            account=account.key,
            estate=account.estate,
            rows=account.rows,
            problems=(
                Problem(
                    sheet=arrears.source.sheet,
                    row=account.rows[0] if account.rows else None,
                    column=heading,
                    value=account.estate,
                    problem=say("The settings do not know the estate {estate}.", estate=account.estate),
                    remedy=say("Correct the name in the list, or add [[estates]] to notices.toml."),
                ),
            ),
        )
        for account in strangers
    ]
    return replace(arrears, accounts=tuple(known), rejected=(*arrears.rejected, *rejected))


def _nothing_planned() -> Message:
    return say("The list has no account that can be planned; nothing was recorded.")


def _refuse_repetition(books: Books, arrears: ArrearsList, request: PlanRequest) -> None:
    batches = books.same_plan(arrears.source.sha256, request.reading.as_of)
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
    taken = {batch.name for batch in books.batches()}
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


def _decided(
    workspace: Workspace, books: Books, accounts: Sequence[Account], request: PlanRequest
) -> list[PlannedAccount]:
    histories = books.histories(
        {account.case: account.charges for account in accounts},
        list_date=request.list_date,
        as_of=request.reading.as_of,
    )
    return [_planned(workspace, account, histories[account.case], request.reading.as_of) for account in accounts]


def _planned(workspace: Workspace, account: Account, history: History, as_of: date) -> PlannedAccount:
    decision = decide_safely(account, history, workspace.policy(account.estate), as_of)
    estate = workspace.settings.estate(account.estate)
    return PlannedAccount(
        account=account,
        decision=decision,
        handler=_handler(estate, account, decision) if estate else None,
        recipients={channel: address_of(account, channel) for channel in decision.channels},
    )


def decide_safely(account: Account, history: History, policy: Policy, as_of: date) -> Decision:
    """`decide`, with a tier that the policy no longer knows named as the settings' mistake that it is."""
    try:
        return decide(account, history, policy, as_of)
    except KeyError as error:
        raise SettingsMistake(
            say("The ledger holds notices of tier “{tier}”, which the policy does not know.", tier=error.args[0]),
            say("Put the tier back into [[policy.tiers]]; a tier that was used keeps its name."),
        ) from error


def _handler(estate: Estate, account: Account, decision: Decision) -> str | None:
    for handler in estate.handlers:
        building = not handler.buildings or account.building in handler.buildings
        scope = not handler.scopes or decision.scope in handler.scopes
        if building and scope:
            return handler.name
    return None


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
    with only_one(workspace.batches, name), ledger.begin() as books:
        batch = books.batch(name)
        _refuse_additions(batch)
        _refuse_another_day(batch, request)
        known: set[CaseKey] = {entry.account.case for entry in books.decisions(name)}
        fresh = [account for account in accounts if account.case not in known]
        if not fresh:
            known_all = say("Batch {batch} has all these accounts already.", batch=name)
            return Plan(arrears, None, batch.as_of, attention=(known_all,))
        target = workspace.batch(name) / "list" / f"{arrears.source.sha256[:8]}-{arrears.source.file}"
        write_whole(target, _as_read(request.reading.path, arrears))
        histories = books.histories(
            {account.case: account.charges for account in fresh},
            list_date=batch.list_date,
            as_of=batch.as_of,
            leave_out_batch=name,
        )
        planned = [_planned(workspace, account, histories[account.case], batch.as_of) for account in fresh]
        books.add_accounts(name, _list_file(arrears), planned, at=request.at, by=request.by)
        keys = {account.key for account in fresh}
        decisions = tuple(entry for entry in books.decisions(name) if entry.account.key in keys)
    return Plan(arrears, name, batch.as_of, decisions, attention)


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
