"""check, plan, show: the reading of a list, and the decisions on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from notices.cli.display import table
from notices.cli.documents import (
    account_part,
    check_document,
    decision_document,
    discarded_note,
    letter_document,
    list_document,
    note_document,
    saved_document,
    unknown_columns_document,
)
from notices.cli.door import FIRST_OF_MANY, Door, common, pass_door
from notices.cli.json_stream import streamed
from notices.cli.options import (
    FILE,
    decision_filter,
    filter_options,
    known_list_date,
    plan_options,
    reading_options,
)
from notices.cli.translated_help import command
from notices.errors import UsageMistake
from notices.files import refuse_other_ending
from notices.messages import say
from notices.model import ZERO
from notices.rules.money import format_plain
from notices.words import period_of, word

if TYPE_CHECKING:
    from notices.flow.planning.decisions import DecisionKind, Totals
    from notices.flow.planning.plan import Plan
    from notices.flow.status import SharedLetter
    from notices.intake import ArrearsList, Note
    from notices.ledger import DecisionRecord
    from notices.tables import Value

Meanings = tuple[tuple[str, str], ...]
MOST_OF_A_KIND = 20  # notes of one kind that a terminal shows


@command()
@reading_options
@click.option(
    "--save-mapping", metavar="NAME", help="Save the meanings of the headings for every list with the same headings."
)
@click.option(
    "--fix-list", metavar="FILE", type=FILE, help="Write the list as .xlsx with the problems beside the bad rows."
)
@common
@pass_door
@click.pass_context
def check(
    ctx: click.Context,
    door: Door,
    list_path: Path,
    estate: str | None,
    sheet: str | None,
    as_of: date | None,
    mapping: Meanings,
    save_mapping: str | None,
    fix_list: Path | None,
) -> None:
    """Read an arrears list; report what was understood and what is wrong, row by row; change nothing."""
    from notices.flow.planning import check as checking

    with rows_bar(door) as advance:
        reading = checking.Reading(list_path, as_of or door.today(), estate, sheet, dict(mapping), advance)
        ledger = door.ledger_as_it_is
        arrears = checking.check(door.workspace, reading, ledger)
    arrears, _ = checking.compared(door.workspace, arrears, ledger, reading.as_of)
    if save_mapping is not None:
        checking.save_mapping(door.workspace, arrears, save_mapping)
        door.say(say("The meanings of these headings are saved as {name}.", name=save_mapping))
    if fix_list is not None and arrears.problems:
        checking.fix_list(door.workspace, reading, arrears, fix_list, door.text)
        door.say(say("The list is written to {file}, with the problems beside each bad row.", file=fix_list))
    elif fix_list is not None:
        door.say(say("No row has problems; no fix list is written."))
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
    show_unknown_columns(door, arrears)
    show_problems(door, arrears)
    show_notes(door, arrears.notes)
    door.say(
        say(
            "{accounts} account(s), {charges} charge(s), {owed} yuan owed; {problems} problem(s).",
            accounts=len(arrears.accounts),
            charges=arrears.charges,
            owed=arrears.owed,
            problems=len(arrears.problems),
        )
    )


@contextmanager
def rows_bar(door: Door) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar over the rows of a list."""
    from notices.cli.progress import line_of, progress

    with progress() as bar:
        yield line_of(bar, door.text(say("rows of the list")))


def show_notes(door: Door, notes: Sequence[Note]) -> None:
    """Print the notes on a list, the first MOST_OF_A_KIND of each kind."""
    counts = Counter(note.code for note in notes)
    shown: Counter[str] = Counter()
    for note in notes:
        shown[note.code] += 1
        if shown[note.code] <= MOST_OF_A_KIND:
            door.say(note.detail if note.row is None else say("Row {row}: {note}", row=note.row, note=note.detail))
        elif shown[note.code] == counts[note.code]:
            more = counts[note.code] - MOST_OF_A_KIND
            door.say(say("… and {count} more of this kind; --json gives them all.", count=more))


def show_unknown_columns(door: Door, arrears: ArrearsList) -> None:
    """Name each column that was not understood, with its first values."""
    for column in arrears.not_understood:
        door.say(
            say(
                "The column {heading} was not understood and is left out; it says: {samples}.",
                heading=column.heading,
                samples=", ".join(column.samples),
            )
        )


def show_problems(door: Door, arrears: ArrearsList) -> None:
    """Print a table of the problems of a list, each with its row, column, value and remedy."""
    if not arrears.problems:
        return
    same: dict[tuple[object, ...], list[int | None]] = {}
    for p in arrears.problems:
        same.setdefault((p.column, p.value, door.text(p.problem), door.text(p.remedy)), []).append(p.row)
    table(
        door.headings(say("row"), say("column"), say("value"), say("problem"), say("remedy")),
        [(row, *what) for what, rows in same.items() for row in _rows_of_one(door, rows)],
        right=(0,),
    )


def _rows_of_one(door: Door, rows: Sequence[int | None]) -> list[object]:
    """Return the row numbers of one and the same problem: each, or the first of many with their number."""
    if len(rows) <= FIRST_OF_MANY:
        return list(rows)
    first = ", ".join(str(row) for row in rows[:FIRST_OF_MANY])
    return [door.text(say("{rows} … ({count} rows)", rows=first, count=len(rows)))]


@command()
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
    mapping: Meanings,
    name: str | None,
    list_date: date | None,
    accept_partial: bool,
    by: str | None,
    again: bool,
    into: str | None,
) -> None:
    """Decide on every account of LIST and record the decisions as a new batch."""
    from notices.flow.planning import plan as planning
    from notices.flow.planning.check import Reading

    if into is not None and name is not None:
        raise UsageMistake(
            say("--name is for a new batch, --into for an existing one."),
            say("Give one of the two and leave out the other."),
        )
    day = as_of or door.today()
    with rows_bar(door) as advance:
        request = planning.PlanRequest(
            reading=Reading(list_path, day, estate, sheet, dict(mapping), advance),
            list_date=known_list_date(list_date, day, door.today()),
            by=by or door.login(),
            at=door.now(),
            name=name,
            into=into,
            accept_partial=accept_partial,
            again=again,
            days_named=(as_of, list_date),
        )
        planned = planning.plan(door.workspace, door.ledger, request)
    door.say_all((*planned.attention, *planned.notes))
    if door.as_json:
        door.answer(plan_document(door, planned))
    else:
        show_plan(door, planned)
    ctx.exit(1 if planned.attention else 0)


def plan_document(door: Door, planned: Plan) -> dict[str, object]:
    """Return the JSON document of a plan.

    It has `changes` only if something differs from the last list, and `saved` only if letters are combined.
    """
    changes = [note_document(note, door.text) for note in planned.changes.notes]
    return {
        "batch": planned.batch,
        "as_of": planned.as_of.isoformat(),
        "list": list_document(planned.arrears, door.text),
        **saved_document(planned.saved),
        **unknown_columns_document(planned.arrears),
        "decisions": streamed(decision_document(entry, door.text) for entry in _entries(door, planned)),
        **({"changes": changes} if changes else {}),
    }


def show_plan(door: Door, planned: Plan) -> None:
    """Print the counts of a plan, the problems of its list, and the changes since the last list."""
    show_unknown_columns(door, planned.arrears)
    show_problems(door, planned.arrears)
    show_notes(door, planned.changes.notes)
    if planned.batch is not None:
        if planned.decided:
            show_counts(door, planned.decided.counts, planned.decided.totals)
        door.say(
            say(
                "Batch {batch} is planned; `notices show {batch}` shows every decision with its reason.",
                batch=planned.batch,
            )
        )


def _entries(door: Door, planned: Plan) -> Iterator[DecisionRecord]:
    from notices.flow.planning.decisions import as_planned

    if planned.batch is not None and planned.decided is not None:
        yield from as_planned(door.ledger, planned.batch, planned.decided)


def show_counts(door: Door, counts: Counter[DecisionKind], totals: Totals) -> None:
    """Print the number of accounts for each decision and their totals in yuan, and the sum of both."""
    kinds = sorted(counts, key=lambda kind: (kind[0].value, kind[1] or "", kind[2]))
    rows: list[tuple[object, ...]] = [
        (door.word(action), door.tier(tier), door.word(reason), counts[kind], format_plain(totals[kind]))
        for kind in kinds
        for action, tier, reason in [kind]
    ]
    if len(rows) > 1:
        rows.append((door.text(say("sum")), None, None, counts.total(), format_plain(sum(totals.values(), ZERO))))
    headings = door.headings(say("action"), say("tier"), say("reason"), say("accounts"), say("total"))
    table(headings, rows, right=(3, 4))


@command()
@click.argument("batch")
@click.argument("account", required=False)
@filter_options
@common
@pass_door
def show(
    door: Door,
    batch: str,
    account: str | None,
    tier: str | None,
    action: str | None,
    building: str | None,
    handler: str | None,
    warning: str | None,
    xlsx: Path | None,
) -> None:
    """Show the decisions of BATCH, or the one on ACCOUNT, each with its reason."""
    from notices.flow import status

    record, entries = status.decisions(door.ledger, batch, account)
    entries = status.chosen(entries, decision_filter(door.tier_named(tier), action, building, handler, warning))
    if xlsx is not None:
        _write_entries(door, xlsx, entries, record.as_of)
    shared = status.letters(door.ledger, entries)
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
                    "rejected": status.rejected(record, door.text),
                },
                "decisions": [
                    {
                        **decision_document(entry, door.text),
                        **letter_document(shared.get(entry.id)),
                        **(account_part(entry) if account is not None else {}),
                    }
                    for entry in entries
                ],
            }
        )
        return
    _show_entries(door, entries)
    if not entries:
        door.say(say("There is no such account in {batch}.", batch=record.name))
    if account is not None:
        for entry in entries:
            _show_account(door, entry)
    _show_letters(door, entries, shared)
    door.say(discarded_note(record))


def _show_letters(door: Door, entries: Sequence[DecisionRecord], shared: Mapping[int, SharedLetter]) -> None:
    """Say which notices leave in one letter with others."""
    for entry in entries:
        if (letter := shared.get(entry.id)) is not None:
            door.say(
                say(
                    "{account}: in letter {letter} with {others}.",
                    account=entry.account.key,
                    letter=letter.number,
                    others=", ".join(it for it in letter.accounts if it != entry.account.key),
                )
            )


def _write_entries(door: Door, target: Path, entries: Sequence[DecisionRecord], as_of: date) -> None:
    """Write the table as a workbook, with what is needed to call an owner."""
    from notices.tables import TablePage, write_workbook

    headings = [
        *_headings(door),
        *door.headings(say("building"), say("handler"), say("telephone"), say("e-mail"), say("address")),
    ]
    rows = [
        (*_cells(door, entry), it.building, entry.handler, it.telephone, it.email, it.address)
        for entry in entries
        for it in [entry.account]
    ]
    refuse_other_ending(target, ".xlsx")
    write_workbook(target, [TablePage(door.text(say("decisions")), headings, rows)], dated=as_of)
    door.say(say("The table is written to {file}.", file=target))


def _show_account(door: Door, entry: DecisionRecord) -> None:
    """Print what a decision rests on: charges, how to reach the owner, and the reason in words."""
    account, decision = entry.account, entry.decision
    headings = (say("item"), say("period"), say("due date"), say("due"), say("paid"), say("balance"), say("days late"))
    rows: list[Sequence[object]] = [
        (
            it.charge.item,
            period_of(it.charge),
            it.charge.due_date,
            it.charge.due,
            it.charge.due - it.charge.waived - it.balance,
            it.balance,
            it.days_late,
            it.late_fee,
            door.text(say("yes")) if it.claimable else door.text(say("no")),
        )
        for it in decision.standings
    ]
    table(door.headings(*headings, say("late fee"), say("claimable")), rows, right=(3, 4, 5, 6, 7))
    facts = [
        (say("telephone"), account.telephone),
        (say("e-mail"), account.email),
        (say("address"), " ".join(filter(None, (account.postcode, account.address)))),
        (say("handler"), entry.handler),
        (say("rows of the list"), ", ".join(map(str, account.rows))),
        (say("reason"), door.text(decision.detail)),
        (say("days overdue"), decision.days_overdue),
        (say("limitation date"), decision.limitation_date),
    ]
    table(door.headings(say("detail"), say("value")), [(door.text(name), value) for name, value in facts if value])


def _headings(door: Door) -> list[str]:
    return door.headings(
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
        say("warnings"),
    )


def _cells(door: Door, entry: DecisionRecord) -> tuple[Value, ...]:
    """Return a decision as a row of the table."""
    decision = entry.decision
    return (
        entry.account.key,
        door.word(decision.action),
        door.tier(decision.tier),
        door.word(decision.reason),
        decision.principal,
        decision.late_fee,
        decision.total,
        "+".join(map(door.word, decision.channels)),
        entry.notice.number if entry.notice else None,
        door.word(entry.state) if entry.state else None,
        ", ".join([*map(door.word, decision.warnings), *([entry.excluded] if entry.excluded else [])]),
    )


def _show_entries(door: Door, entries: Sequence[DecisionRecord]) -> None:
    decided = [entry.decision for entry in entries]
    sums = [sum(each, ZERO) for each in zip(*((it.principal, it.late_fee, it.total) for it in decided), strict=True)]
    rows: list[Sequence[object]] = [_cells(door, entry) for entry in entries]
    if len(entries) > 1:
        rows.append((door.text(say("sum")), None, None, None, *sums))
    table(_headings(door), rows, right=(4, 5, 6))
    if len(entries) == 1:
        entry = entries[0]
        door.say(entry.decision.detail)
        for warning in entry.decision.warnings:
            door.say(say("Warning: {warning}.", warning=word(warning)))
        if entry.excluded:
            door.say(say("Excluded from the release: {why}", why=entry.excluded))


COMMANDS = (check, plan, show)
