"""Letters of reply of which an older ledger does not know that they left: they must not leave a second time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from notices.flow.ledger.evidence import may_have_left
from notices.flow.workspace import Workspace
from notices.ledger import Books, Movement, NewReply, ReplyChange, ReplyDelivery, ReplyRecord
from notices.ledger.reconciling import RECONCILED
from notices.ledger.replies import JOB_FILES, LOST
from notices.messages import Message, say
from notices.model import Channel, State
from notices.pdf import DamagedPdf, page_count, sha256_of
from notices.rules.channels import address_of
from notices.rules.states import LEFT_BY_EMAIL, LEFT_ON_PAPER, NOT_LEFT


@dataclass
class FoundLetters:
    """Result: the letters by what became of them, those that could not be recorded, and what a person must do."""

    numbers: list[tuple[str, str]] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)
    attention: list[Message] = field(default_factory=list)


def take_in_letters(
    workspace: Workspace, books: Books, movements: Iterable[Movement], *, by: str, at: datetime
) -> FoundLetters:
    """Record what became of letters of reply: whoever put the ledger back decides about those of unknown outcome."""
    found = FoundLetters()
    known = {each.number: each for each in books.replies.all()}
    for movement in movements:
        reply = known.get(movement.notice)
        if reply is None:
            if may_have_left(movement):
                reply = known[movement.notice] = _rebuilt(workspace, books, movement, by=by, at=at)  # type: ignore[assignment]
            if reply is None:
                known.pop(movement.notice, None)
                if may_have_left(movement):
                    found.unrecorded.append(movement.notice)
                    found.attention.append(_unrecorded(movement))
                continue
        way = next((it for it in reply.deliveries if it.channel is movement.channel), None)
        if way is not None:
            _follow(workspace, books, found, way, movement, by=by, at=at)
    return found


def _follow(
    workspace: Workspace,
    books: Books,
    found: FoundLetters,
    way: ReplyDelivery,
    movement: Movement,
    *,
    by: str,
    at: datetime,
) -> None:
    """Record what became of a letter that the ledger holds as not gone, or as lying ready."""
    number, mailed = movement.notice, way.channel is Channel.EMAIL
    if way.state not in NOT_LEFT | {State.SPOOLED}:
        return
    told: dict[str, object] = {"known": movement.state.value}
    if movement.job is not None:
        told[JOB_FILES] = _files_of(workspace.letter_jobs / movement.job)
    change = ReplyChange(way.id, State.WITHDRAWN, kind=RECONCILED, job=movement.job, data=told)
    if movement.state is State.WITHDRAWN:
        books.replies.set_states([change], by=by, at=at)
        found.numbers.append(("withdrawn", number))
    elif way.state is State.SPOOLED and movement.state in (LEFT_BY_EMAIL if mailed else LEFT_ON_PAPER):
        gone = State.SENT if mailed else State.HANDED_OVER
        books.replies.set_states([replace(change, state=gone)], by=by, at=at)
        found.numbers.append(("sent", number))
    elif way.state is not State.SPOOLED and may_have_left(movement):
        # On paper there is no state for an unknown outcome: it lies in its job until a person says that it left.
        doubtful = State.UNKNOWN if mailed else State.SPOOLED
        books.replies.set_states([replace(change, state=doubtful)], by=by, at=at)
        found.numbers.append(("unknown", number))
        found.attention.append(
            say(
                "{number}: it is unknown whether this letter left. Find out, then run `notices letter confirm "
                "{number}`, with --not-sent if it did not.",
                number=number,
            )
        )


def _files_of(job: Path) -> dict[str, str]:
    """Return the SHA-256 of the files of a print job, as they are now."""
    if not job.is_dir():
        return {}
    return {
        path.name: sha256_of(path) for path in sorted(job.iterdir()) if path.is_file() and path.name != "SHA256SUMS"
    }


def _rebuilt(workspace: Workspace, books: Books, movement: Movement, *, by: str, at: datetime) -> ReplyRecord | None:
    """Record a letter that the ledger does not know at all, as far as its notice and its file are known."""
    notice = books.notices.find(movement.about) if movement.about else None
    if notice is None or notice.batch is None or not movement.letter:
        return None
    file = workspace.batch(notice.batch) / "replies" / f"{movement.notice}.pdf"
    entries = books.batches.decisions_of_notices([notice.id])
    try:
        pages, sha256 = page_count(file), sha256_of(file)
    except (DamagedPdf, OSError):
        return None
    if not entries:
        return None
    letter = NewReply(
        number=movement.notice,
        kind=movement.letter,
        subject=f"{LOST}{movement.notice}",
        case=notice.case,
        account_id=books.replies.account_of(entries[0].id),
        notice_id=notice.id,
        principal=None,
        date=at.date(),
        file=file.relative_to(workspace.root).as_posix(),
        sha256=sha256,
        pages=pages,
        recipients={movement.channel: address_of(entries[0].account, movement.channel)},
    )
    return books.replies.save(letter, by=by, at=at)


def _unrecorded(movement: Movement) -> Message:
    return say(
        "{number}: this letter of reply has left, and nothing shows to whom; its number is not given again. Look for "
        "it in the print job or in the mail server's log before you answer the same owner again.",
        number=movement.notice,
    )
