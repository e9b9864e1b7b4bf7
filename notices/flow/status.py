"""show and status: what was decided, and where every notice stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from notices.errors import UsageMistake
from notices.intake import parse_account
from notices.ledger import BatchRecord, CommandRecord, DecisionRecord, Ledger
from notices.messages import Message, say


@dataclass(frozen=True)
class BatchStanding:
    """A batch, how many of its notices stand where, and the commands on it that were cut off."""

    batch: BatchRecord
    states: Counter[str]
    cut_off: tuple[CommandRecord, ...]


def decisions(ledger: Ledger, batch: str, account: str | None) -> tuple[BatchRecord, list[DecisionRecord]]:
    """A batch and its decisions, or the one of an account; raises UsageMistake where there is none."""
    with ledger.read() as books:
        record = books.batches.get(batch)
        entries = list(books.batches.decisions(batch))
    if account is None:
        return record, entries
    case = parse_account(account).case
    chosen = [entry for entry in entries if entry.account.key == account or entry.account.case == case]
    if not chosen:
        raise UsageMistake(
            say("Batch {batch} has no account “{account}”.", batch=batch, account=account),
            say("`notices show {batch}` lists its accounts.", batch=batch),
        )
    return record, chosen


def rejected(record: BatchRecord, text: Callable[[Message], str]) -> list[dict[str, object]]:
    """The accounts that bad rows kept out of a batch, each with its problems in the reader's language."""
    return [
        {
            **each,
            "problems": [
                {
                    **problem,
                    "problem": text(Message.from_data(problem["problem"])),
                    "remedy": text(Message.from_data(problem["remedy"])),
                }
                for problem in each["problems"]
            ],
        }
        for received in record.lists
        for each in received.rejected
    ]


def batches(ledger: Ledger) -> list[BatchStanding]:
    """Every batch with the states of its notices, the oldest first."""
    with ledger.read() as books:
        return [
            BatchStanding(
                batch,
                Counter(entry.notice.state.value for entry in books.batches.decisions(batch.name) if entry.notice),
                tuple(books.commands.unfinished(batch.name)),
            )
            for batch in books.batches.all()
        ]
