"""status: the state of every notice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from notices.cli.display import table
from notices.cli.documents import day, discard_document, discarded_note, letter_document, notice_part
from notices.cli.door import Door, common, pass_door
from notices.cli.options import decision_filter, filter_options
from notices.cli.translated_help import command
from notices.errors import UsageMistake
from notices.files import refuse_other_ending
from notices.messages import say
from notices.model import ZERO
from notices.rules.money import format_plain

if TYPE_CHECKING:
    from notices.ledger import DecisionFilter, DecisionRecord
    from notices.tables import Value


@command()
@click.argument("batch", required=False)
@filter_options
@common
@pass_door
def status(
    door: Door,
    batch: str | None,
    tier: str | None,
    action: str | None,
    building: str | None,
    handler: str | None,
    warning: str | None,
    xlsx: Path | None,
) -> None:
    """Show the states of the notices: counts for all batches, or every notice of BATCH."""
    given = (tier, action, building, handler, warning)
    if batch is not None:
        _one_batch(door, batch, decision_filter(door.tier_named(tier), *given[1:]), xlsx)
        return
    if any(given) or xlsx is not None:
        raise UsageMistake(say("These options need a batch."), say("Name one: `notices status BATCH`."))
    _all_batches(door)


def _all_batches(door: Door) -> None:
    from notices.flow import status

    records, letters = status.batches(door.ledger), status.waiting_letters(door.ledger)
    if door.as_json:
        door.answer(
            {
                "batches": [
                    {
                        "batch": each.batch.name,
                        "as_of": day(each.batch.as_of),
                        "planned_by": each.batch.planned_by,
                        "states": dict(sorted(each.states.items())),
                        "total": format_plain(each.total),
                        "cut_off": [command.verb for command in each.interrupted],
                        "discarded": discard_document(each.batch.discarded),
                    }
                    for each in records
                ],
                **({"letters": dict(sorted(letters.items()))} if letters else {}),
            }
        )
        return
    rows: list[Sequence[object]] = [
        (
            each.batch.name,
            each.batch.as_of,
            each.batch.planned_by,
            door.word("discarded")
            if each.batch.discarded
            else ", ".join(f"{door.word(state)}: {count}" for state, count in sorted(each.states.items())),
            None if each.batch.discarded else each.total,
            ", ".join(command.verb for command in each.interrupted),
        )
        for each in records
    ]
    if len(records) > 1:
        standing = [each for each in records if not each.batch.discarded]
        count = sum(each.states.total() for each in standing)
        rows.append((door.text(say("sum")), None, None, count, sum((each.total for each in standing), ZERO)))
    headings = (say("batch"), say("as of"), say("planned by"), say("notices"), say("total"), say("interrupted"))
    table(door.headings(*headings), rows, right=(4,))
    for each in records:
        if each.interrupted:
            door.say(say("A command on {batch} was interrupted: notices resume {batch}", batch=each.batch.name))
    if letters:
        told = ", ".join(f"{door.word(state)}: {count}" for state, count in sorted(letters.items()))
        door.say(say("Letters of reply: {told}. `notices letter list` shows them.", told=told))


def _one_batch(door: Door, batch: str, wanted: DecisionFilter, xlsx: Path | None) -> None:
    from notices.flow import status

    record, entries = status.decisions(door.ledger, batch, None)
    issued = [entry for entry in status.chosen(entries, wanted) if entry.notice is not None]
    if xlsx is not None:
        _write_notices(door, xlsx, issued, record.as_of)
    shared = status.letters(door.ledger, issued)
    if door.as_json:
        door.answer(
            {
                "batch": record.name,
                "as_of": day(record.as_of),
                "discarded": discard_document(record.discarded),
                "notices": [{**_notice_document(entry), **letter_document(shared.get(entry.id))} for entry in issued],
            }
        )
        return
    rows: list[Sequence[object]] = [_cells(door, entry) for entry in issued]
    if len(issued) > 1:
        total = sum((entry.decision.total for entry in issued), ZERO)
        rows.append((door.text(say("sum")), len(issued), None, total))
    table(_headings(door), rows, right=(3,))
    if not issued:
        door.say(say("There is no such notice in {batch}.", batch=record.name))
    door.say(discarded_note(record))


def _headings(door: Door) -> list[str]:
    return door.headings(
        say("notice"), say("account"), say("tier"), say("total"), say("state"), say("deliveries"), say("file")
    )


def _cells(door: Door, entry: DecisionRecord) -> tuple[Value, ...]:
    """Return a notice as a row of the table."""
    notice = entry.notice
    ways = notice.deliveries if notice else ()
    return (
        notice.number if notice else None,
        entry.account.key,
        door.tier(entry.decision.tier),
        entry.decision.total,
        door.word(entry.state or ""),
        ", ".join(f"{door.word(each.channel)}: {door.word(each.state)}" for each in ways),
        _place(entry),
    )


def _write_notices(door: Door, target: Path, issued: Sequence[DecisionRecord], as_of: date) -> None:
    """Write the table as a workbook."""
    from notices.tables import TablePage, write_workbook

    refuse_other_ending(target, ".xlsx")
    rows = [_cells(door, entry) for entry in issued]
    write_workbook(target, [TablePage(door.text(say("notices")), _headings(door), rows)], dated=as_of)
    door.say(say("The table is written to {file}.", file=target))


def _place(entry: DecisionRecord) -> str | None:
    notice = entry.notice
    if notice is None or notice.shard is None or notice.first_page is None or notice.pages is None:
        return None
    return f"{notice.shard.file}: {notice.first_page}-{notice.first_page + notice.pages - 1}"


def _notice_document(entry: DecisionRecord) -> dict[str, object]:
    notice = entry.notice
    return {
        "account": entry.account.key,
        "tier": notice.tier if notice else None,
        **notice_part(entry),
        "file": notice.shard.file if notice and notice.shard else None,
        "first_page": notice.first_page if notice else None,
        "pages": notice.pages if notice else None,
    }


COMMANDS = (status,)
