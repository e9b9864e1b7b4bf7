"""show and status: the decisions of a batch, and the state of every notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from notices.errors import UsageMistake
from notices.ledger import BatchRecord, Books, CommandRecord, DecisionFilter, DecisionRecord, Ledger
from notices.messages import Message, say
from notices.model import ZERO, Action, State
from notices.spelling import comparable_number

LETTER_WAITS = frozenset({State.RENDERED, State.DEFERRED, State.SPOOLED, State.SENDING, State.UNKNOWN})


@dataclass(frozen=True)
class BatchStatus:
    """Batch, number of its notices by state with their total in yuan, and the interrupted commands on it."""

    batch: BatchRecord
    states: Counter[str]
    total: Decimal
    interrupted: tuple[CommandRecord, ...]


def decisions(ledger: Ledger, batch: str, account: str | None) -> tuple[BatchRecord, list[DecisionRecord]]:
    """Return a batch and its decisions, or only those of an account, or of a notice by its number.

    Raises UsageMistake if there are none.
    """
    with ledger.read() as books:
        record = books.batches.get(batch)
        entries = list(books.batches.decisions(batch))
    if account is None:
        return record, entries
    number = comparable_number(account)
    numbered = [
        it for it in entries if it.notice and it.notice.number and comparable_number(it.notice.number) == number
    ]
    if numbered:
        return record, numbered
    from notices.intake import parse_account  # noqa: PLC0415 - imports the readers of spreadsheets

    case = parse_account(account, tuple({entry.account.estate for entry in entries})).case
    chosen = [entry for entry in entries if entry.account.key == account or entry.account.case == case]
    if not chosen:
        raise UsageMistake(
            say("Batch {batch} has no account “{account}”.", batch=batch, account=account),
            say("`notices show {batch}` lists its accounts.", batch=batch),
        )
    return record, chosen


@dataclass(frozen=True)
class SharedLetter:
    """The number of a letter for several units, and the accounts of all its notices."""

    number: str
    accounts: tuple[str, ...]

    def said_to(self, account: str) -> Message:
        """Return in which letter an account's notice is, and with which others."""
        others = ", ".join(it for it in self.accounts if it != account)
        return say("in letter {letter} with {others}", letter=self.number, others=others)


def letters(ledger: Ledger, entries: Sequence[DecisionRecord]) -> dict[int, SharedLetter]:
    """Return for each decision (id) whose notice leaves in one letter with others that letter."""
    joined = [
        entry.notice.id for entry in entries if entry.notice and any(it.letter_id for it in entry.notice.deliveries)
    ]
    if not joined:
        return {}
    with ledger.read() as books:
        shared = letters_of_notices(books, joined)
    return {entry.id: shared[entry.notice.id] for entry in entries if entry.notice and entry.notice.id in shared}


def letters_of_notices(books: Books, notice_ids: Collection[int]) -> dict[int, SharedLetter]:
    """Return for each of these notices that leaves, or left, in one letter with others that letter."""
    found: dict[int, SharedLetter] = {}
    for notice, inside in books.letters.mates_of(notice_ids).items():
        number = inside[-1].letter_number
        accounts = dict.fromkeys(it.account for it in inside if it.letter_number == number)
        if len(accounts) > 1:
            found[notice] = SharedLetter(number, tuple(accounts))
    return found


def chosen(entries: Sequence[DecisionRecord], wanted: DecisionFilter) -> list[DecisionRecord]:
    """Return the decisions that a filter selects, by action, tier, building, handler and warning.

    Raises UsageMistake for an action that there is not.
    """
    if wanted.action and wanted.action not in {action.value for action in Action}:
        raise UsageMistake(
            say("There is no action “{action}”.", action=wanted.action),
            say("Use one of {actions}.", actions=", ".join(action.value for action in Action)),
        )
    return [entry for entry in entries if _is_wanted(entry, wanted)]


def _is_wanted(entry: DecisionRecord, wanted: DecisionFilter) -> bool:
    decision = entry.decision
    return (
        wanted.action in {"", decision.action.value}
        and wanted.tier in {"", decision.tier}
        and wanted.building in {"", entry.account.building}
        and wanted.handler in {"", entry.handler}
        and (not wanted.warning or wanted.warning in decision.warnings)
    )


def rejected(record: BatchRecord, text: Callable[[Message], str]) -> list[dict[str, object]]:
    """Return the accounts left out of a batch because of bad rows, with the problems in the reader's language."""
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


def waiting_letters(ledger: Ledger) -> Counter[str]:
    """Count the letters of reply that wait to leave, or of which somebody has to say whether they left, by state."""
    with ledger.read() as books:
        ways = [way.state for each in books.replies.all() for way in each.deliveries]
    return Counter(state.value for state in ways if state in LETTER_WAITS)


def batches(ledger: Ledger) -> list[BatchStatus]:
    """List all batches with the states of their notices, oldest first."""
    with ledger.read() as books:
        return [_status(books, batch) for batch in books.batches.all()]


def _status(books: Books, batch: BatchRecord) -> BatchStatus:
    states, total = Counter[str](), ZERO
    for state, owed in books.batches.states(batch.name):
        states[state.value] += 1
        total += owed
    return BatchStatus(batch, states, total, tuple(books.commands.unfinished(batch.name)))
