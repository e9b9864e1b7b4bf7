"""status: the state of every notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from notices.cli.display import table
from notices.cli.documents import day, discard_document, discarded_note, letter_document, notice_part
from notices.cli.door import Door, common, pass_door
from notices.cli.translated_help import command
from notices.messages import say

if TYPE_CHECKING:
    from notices.ledger import DecisionRecord


@command()
@click.argument("batch", required=False)
@common
@pass_door
def status(door: Door, batch: str | None) -> None:
    """Show the states of the notices: counts for all batches, or every notice of BATCH."""
    if batch is None:
        _all_batches(door)
    else:
        _one_batch(door, batch)


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
                        "cut_off": [command.verb for command in each.interrupted],
                        "discarded": discard_document(each.batch.discarded),
                    }
                    for each in records
                ],
                **({"letters": dict(sorted(letters.items()))} if letters else {}),
            }
        )
        return
    table(
        door.headings(say("batch"), say("as of"), say("planned by"), say("notices"), say("interrupted")),
        [
            (
                each.batch.name,
                each.batch.as_of,
                each.batch.planned_by,
                door.word("discarded")
                if each.batch.discarded
                else ", ".join(f"{door.word(state)}: {count}" for state, count in sorted(each.states.items())),
                ", ".join(command.verb for command in each.interrupted),
            )
            for each in records
        ],
    )
    for each in records:
        if each.interrupted:
            door.say(say("A command on {batch} was interrupted: notices resume {batch}", batch=each.batch.name))
    if letters:
        told = ", ".join(f"{door.word(state)}: {count}" for state, count in sorted(letters.items()))
        door.say(say("Letters of reply: {told}. `notices letter list` shows them.", told=told))


def _one_batch(door: Door, batch: str) -> None:
    from notices.flow import status

    record, entries = status.decisions(door.ledger, batch, None)
    issued = [entry for entry in entries if entry.notice is not None]
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
    table(
        door.headings(say("notice"), say("account"), say("tier"), say("state"), say("deliveries"), say("letter")),
        [
            (
                entry.notice.number,
                entry.account.key,
                door.tier(entry.notice.tier),
                door.word(entry.state or ""),
                ", ".join(f"{door.word(each.channel)}: {door.word(each.state)}" for each in entry.notice.deliveries),
                _place(entry),
            )
            for entry in issued
            if entry.notice
        ],
    )

    door.say(discarded_note(record))


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
