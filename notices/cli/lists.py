"""check, plan, show: what a list says, and what is decided of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import click

from notices.cli.display import table
from notices.cli.door import Door, common, pass_door
from notices.cli.options import plan_options, reading_options
from notices.cli.shapes import check_document, decision_document, list_document
from notices.errors import UsageMistake
from notices.flow import check as checking
from notices.flow import plan as planning
from notices.flow import standing
from notices.flow.check import Reading
from notices.flow.plan import Plan, PlanRequest
from notices.intake import ArrearsList
from notices.ledger import DecisionRecord
from notices.messages import say
from notices.words import word


@click.command()
@reading_options
@common
@pass_door
@click.pass_context
def check(
    ctx: click.Context, door: Door, list_path: Path, estate: str | None, sheet: str | None, as_of: date | None
) -> None:
    """Read an arrears list; say what was understood and what is wrong, row by row; change nothing."""
    arrears = checking.check(door.workspace, Reading(list_path, as_of or door.today(), estate, sheet))
    if door.as_json:
        door.answer(check_document(arrears, door.text))
    else:
        _show_reading(door, arrears)
    ctx.exit(1 if arrears.problems else 0)


def _show_reading(door: Door, arrears: ArrearsList) -> None:
    table(
        door.headings(say("heading"), say("taken for"), say("sample")),
        [(column.heading, door.word(column.meaning), column.sample) for column in arrears.columns],
    )
    show_problems(door, arrears)
    for note in arrears.notes:
        door.say(note.detail if note.row is None else say("Row {row}: {note}", row=note.row, note=note.detail))
    door.say(
        say(
            "{accounts} account(s), {charges} charge(s), {owed} yuan owed; {problems} problem(s).",
            accounts=len(arrears.accounts),
            charges=arrears.charges,
            owed=arrears.owed,
            problems=len(arrears.problems),
        )
    )


def show_problems(door: Door, arrears: ArrearsList) -> None:
    """Every problem of a list with its row, column, value and remedy."""
    if not arrears.problems:
        return
    table(
        door.headings(say("row"), say("column"), say("value"), say("problem"), say("remedy")),
        [(p.row, p.column, p.value, door.text(p.problem), door.text(p.remedy)) for p in arrears.problems],
        right=(0,),
    )


@click.command()
@plan_options
@click.option("--into", metavar="BATCH", help="Add accounts to a batch that is not approved yet.")
@common
@pass_door
@click.pass_context
def plan(
    ctx: click.Context,
    door: Door,
    list_path: Path,
    estate: str | None,
    sheet: str | None,
    as_of: date | None,
    name: str | None,
    list_date: date | None,
    accept_partial: bool,
    by: str | None,
    again: bool,
    into: str | None,
) -> None:
    """Decide for every account of LIST and record the decisions as a new batch."""
    if into is not None and name is not None:
        raise UsageMistake(
            say("--name is for a new batch, --into for one that is there."),
            say("Give one of the two and leave out the other."),
        )
    day = as_of or door.today()
    request = PlanRequest(
        reading=Reading(list_path, day, estate, sheet),
        list_date=list_date or day,
        by=by or door.login(),
        at=door.now(),
        name=name,
        into=into,
        accept_partial=accept_partial,
        again=again,
    )
    planned = planning.plan(door.workspace, door.ledger, request)
    for message in planned.attention:
        door.say(message)
    if door.as_json:
        door.answer(plan_document(door, planned))
    else:
        show_plan(door, planned)
    ctx.exit(1 if planned.attention else 0)


def plan_document(door: Door, planned: Plan) -> dict[str, object]:
    """What `plan --json` gives."""
    return {
        "batch": planned.batch,
        "as_of": planned.as_of.isoformat(),
        "list": list_document(planned.arrears, door.text),
        "decisions": [decision_document(entry, door.text) for entry in planned.decisions],
    }


def show_plan(door: Door, planned: Plan) -> None:
    """The counts of a plan, and the problems of its list."""
    show_problems(door, planned.arrears)
    if planned.batch is not None:
        show_counts(door, planned.decisions)
        door.say(
            say(
                "Batch {batch} is planned; `notices show {batch}` shows every decision with its reason.",
                batch=planned.batch,
            )
        )


def show_counts(door: Door, entries: Iterable[DecisionRecord]) -> None:
    """How many accounts got which decision."""
    counts: dict[tuple[str, str, str], int] = {}
    for entry in entries:
        decision = entry.decision
        key = (decision.action.value, decision.tier or "", decision.reason)
        counts[key] = counts.get(key, 0) + 1
    table(
        door.headings(say("action"), say("tier"), say("reason"), say("accounts")),
        [
            (door.word(action), tier, door.word(reason), count)
            for (action, tier, reason), count in sorted(counts.items())
        ],
        right=(3,),
    )


@click.command()
@click.argument("batch")
@click.argument("account", required=False)
@common
@pass_door
def show(door: Door, batch: str, account: str | None) -> None:
    """The decisions of BATCH, or of one ACCOUNT, each with its reason."""
    record, entries = standing.decisions(door.ledger, batch, account)
    if door.as_json:
        received = record.lists[0]
        door.answer(
            {
                "batch": record.name,
                "as_of": record.as_of.isoformat(),
                "list": {
                    "file": received.file,
                    "sha256": received.sha256,
                    "rows": sum(each.rows for each in record.lists),
                    "rejected": standing.rejected(record, door.text),
                },
                "decisions": [decision_document(entry, door.text) for entry in entries],
            }
        )
        return
    _show_entries(door, entries)


def _show_entries(door: Door, entries: Sequence[DecisionRecord]) -> None:
    headings = door.headings(
        say("account"),
        say("action"),
        say("tier"),
        say("reason"),
        say("principal"),
        say("late fee"),
        say("total"),
        say("channels"),
        say("notice"),
        say("state"),
    )
    table(
        headings,
        [
            (
                entry.account.key,
                door.word(entry.decision.action),
                entry.decision.tier,
                door.word(entry.decision.reason),
                entry.decision.principal,
                entry.decision.late_fee,
                entry.decision.total,
                "+".join(map(door.word, entry.decision.channels)),
                entry.notice.number if entry.notice else None,
                door.word(entry.notice.state) if entry.notice else None,
            )
            for entry in entries
        ],
        right=(4, 5, 6),
    )
    if len(entries) == 1:
        entry = entries[0]
        door.say(entry.decision.detail)
        for warning in entry.decision.warnings:
            door.say(say("Warning: {warning}.", warning=word(warning)))
        if entry.excluded:
            door.say(say("Left out of the release: {why}", why=entry.excluded))


COMMANDS = (check, plan, show)
