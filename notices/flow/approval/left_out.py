"""Leave an account out of the next release of its batch, or take it in again; each with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notices.errors import Refused, UsageMistake
from notices.flow.batch.lock import only_one
from notices.flow.people import refuse_strangers
from notices.flow.workspace import Workspace
from notices.ledger import BatchRecord, Books, DecisionRecord, Ledger
from notices.messages import say
from notices.model import Action, State

CORRECTED = "→ "  # begins the exclusion of an account that a later list of the batch replaced


@dataclass(frozen=True)
class LeftOutRequest:
    """Decision (id) of a batch to leave out or to take in, by whom and why."""

    batch: str
    decision: int
    why: str
    by: str
    at: datetime


def leave_out(workspace: Workspace, ledger: Ledger, request: LeftOutRequest) -> None:
    """Leave an account out of the next release; raises Refused if it is left out already, or was released."""
    refuse_strangers(workspace, request.by)
    with only_one(workspace, ledger, request.batch, by=request.by), ledger.begin() as books:
        entry = _planned(books, request)
        if entry.excluded is not None:
            raise Refused(
                say("{account} is left out already: {why}", account=entry.account.key, why=entry.excluded),
                say("Load the page again to see its present state."),
            )
        books.batches.exclude(entry.id, why=request.why, by=request.by, at=request.at)


def take_in(workspace: Workspace, ledger: Ledger, request: LeftOutRequest) -> None:
    """Take an account in again that was left out; raises Refused if it is not left out, or was replaced."""
    refuse_strangers(workspace, request.by)
    with only_one(workspace, ledger, request.batch, by=request.by), ledger.begin() as books:
        entry = _planned(books, request)
        if entry.excluded is None or entry.excluded.startswith(CORRECTED):
            raise Refused(
                say("{account} is not left out, or a later list has replaced it.", account=entry.account.key),
                say("Load the page again to see its present state."),
            )
        books.batches.include(entry.id, why=request.why, by=request.by, at=request.at)


def _planned(books: Books, request: LeftOutRequest) -> DecisionRecord:
    batch: BatchRecord = books.batches.in_use(request.batch)
    entry = books.decision_table.one(batch.id, request.decision)
    if entry is None:
        raise UsageMistake(
            say("Batch {batch} has no such account.", batch=request.batch),
            say("`notices show {batch}` lists its accounts.", batch=request.batch),
        )
    waits = entry.decision.action is Action.ISSUE and entry.notice is not None and entry.notice.state is State.PLANNED
    if not waits:
        raise Refused(
            say("The notice of {account} does not wait to be released.", account=entry.account.key),
            say("Load the page again to see its present state."),
        )
    return entry
