"""Everything that the ledger and the files of a workspace prove about one notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from notices.errors import Refused
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.letter_input import letter_of, occasion_of
from notices.flow.batch.lock import settle_files
from notices.flow.batch.seals import broken_seals
from notices.flow.reports.chain_proof import ChainProof, chain_proof
from notices.flow.workspace import Workspace
from notices.ledger import (
    ApprovalRecord,
    BatchRecord,
    Books,
    DecisionRecord,
    DeliveryRecord,
    HandoverRecord,
    HoldRecord,
    JobRecord,
    Ledger,
    LetterPosition,
    LinkedEvent,
    NoticeRecord,
    PaymentRecord,
    ReplyRecord,
    ReportRecord,
    RowIds,
    SlipRecord,
)
from notices.ledger.notices import required
from notices.ledger.purging import FORGOTTEN
from notices.letters.context import LetterInput
from notices.messages import Message, say
from notices.model import Channel, Letter, State
from notices.pdf import DamagedPdf, sha256_of
from notices.post import file_stem
from notices.rules.states import LEFT_ON_PAPER

# An e-mail in one of these states was with a mail server, which may have refused it; on paper: handed over.
SURELY_LEFT = LEFT_ON_PAPER | {State.SENT, State.BOUNCED, State.REFUSED}


@dataclass(frozen=True)
class ListOrigin:
    """The list that an account came with: its file as received, its SHA-256, its sheet and the rows of the account."""

    path: Path
    file: str
    sha256: str
    sheet: str | None
    rows: tuple[int, ...]


@dataclass(frozen=True)
class JobPlace:
    """A print job that contained the letter, where in it the letter is, the kept file, and the hand-over."""

    job: JobRecord
    place: LetterPosition | None
    path: Path | None
    handover: HandoverRecord | None


@dataclass(frozen=True)
class NoticeReplies:
    """Everything that followed a notice: slips, letters of reply, the owner's payments and holds, mail reports."""

    slips: tuple[SlipRecord, ...]
    letters: tuple[ReplyRecord, ...]
    payments: tuple[PaymentRecord, ...]
    reports: tuple[ReportRecord, ...]
    holds: tuple[HoldRecord, ...]


@dataclass(frozen=True)
class Proven:
    """Everything on record about a notice; `faults` are what does not match what was recorded."""

    notice: NoticeRecord
    entry: DecisionRecord
    batch: BatchRecord
    approval: ApprovalRecord
    origin: ListOrigin
    occasion: LetterInput
    letter: Letter
    jobs: tuple[JobPlace, ...]
    replies: NoticeReplies
    events: tuple[LinkedEvent, ...]
    chain: ChainProof
    message: Path | None
    faults: tuple[Message, ...]

    @property
    def number(self) -> str:
        """The notice's number."""
        return self.notice.number or ""


def prove_notice(workspace: Workspace, ledger: Ledger, number: str) -> Proven:
    """Collect and check everything about a notice.

    Raises UsageMistake if there is no such notice, Refused if it was imported, withdrawn, or has not left.
    """
    with ledger.read() as books:
        notice = required(books.notices.find(number), number)
        _refuse_unproved(notice)
    settle_files(workspace, ledger, notice.batch or "", by="evidence")
    with ledger.read() as books:
        (entry,) = books.batches.decisions_of_notices([notice.id])
        batch = books.batches.get(entry.batch)
        return _collected(workspace, ledger, books, batch, entry)


def _refuse_unproved(notice: NoticeRecord) -> None:
    """Raise Refused with the reason why there is nothing to prove."""
    named = notice.number or ""
    if notice.imported or notice.batch is None:
        raise Refused(
            say("{notice} was sent before this program was used: it has no letter of it.", notice=named),
            say("Take its evidence from the files of that time."),
        )
    if notice.owner == FORGOTTEN:
        raise Refused(
            say("The data of {notice} were purged after its case was settled.", notice=named),
            say("Only a backup made before can prove it."),
        )
    states = {delivery.state for delivery in notice.deliveries}
    if states & SURELY_LEFT:
        return
    if states == {State.WITHDRAWN}:
        raise Refused(
            say("{notice} was withdrawn and has not left: there is nothing to prove.", notice=named),
            say("`notices show {batch}` shows why.", batch=notice.batch),
        )
    raise Refused(
        say("{notice} is not known to have left: there is nothing to prove yet.", notice=named),
        say(
            "Send or print it, and record that: `notices mail confirm`, `notices mail settle` or `notices job confirm`."
        ),
    )


def _collected(workspace: Workspace, ledger: Ledger, books: Books, batch: BatchRecord, entry: DecisionRecord) -> Proven:
    rows = _rows_of(books, entry)
    leading, mates = _letter_of(books, entry)
    earlier = books.notices.earlier_steps([it.notice.id for it in (leading, *mates) if it.notice])
    before = {it.id: earlier.get(it.notice.id) for it in (leading, *mates) if it.notice}
    with_before = [(mate, before[mate.id]) for mate in mates]
    occasion = occasion_of(Frozen(workspace, batch), leading, before[leading.id], with_before)
    events = tuple(it for it in books.extracts.events(rows.things) if _is_about(it, rows.ids.approval))
    chain, untrusted = chain_proof(workspace, ledger, books, events)
    own = (rows.notice, leading.notice or rows.notice)
    places = tuple(_job(workspace, books, number, *own) for _, number in rows.jobs)
    handed_over = [("handovers", place.handover.id) for place in places if place.handover is not None]
    sealed = [*rows.sealed, *handed_over]
    changed = dict.fromkeys((*books.extracts.not_as_sealed(sealed), *books.seals.changed_facts()))
    return Proven(
        notice=rows.notice,
        entry=entry,
        batch=batch,
        approval=next(it for it in batch.approvals if it.number == rows.notice.approval),
        origin=_origin(workspace, books, batch, rows),
        occasion=occasion,
        letter=letter_of(occasion),
        jobs=places,
        replies=rows.replies,
        events=events,
        chain=chain,
        message=_message(workspace, batch.name, *own),
        faults=(
            *dict.fromkeys(broken_seals(books, batch, [leading, *mates], earlier).values()),
            *(say("{row} is not as it was sealed", row=row) for row in changed),
            *(say("event {event} is not as it was recorded", event=it.id) for it in events if not it.intact),
            *untrusted,
        ),
    )


@dataclass(frozen=True)
class _NoticeRows:
    """The rows of the ledger about a notice; `jobs` are id and number of each print job that ever contained it."""

    entry: DecisionRecord
    notice: NoticeRecord
    ids: RowIds
    jobs: tuple[tuple[int, str], ...]
    replies: NoticeReplies

    @property
    def things(self) -> list[tuple[str, list[int]]]:
        """The things whose events tell of the notice: type and ids."""
        replies = self.replies
        return [
            ("notice", [self.notice.id]),
            ("reply", [letter.id for letter in replies.letters]),
            ("reply-delivery", [way.id for letter in replies.letters for way in letter.deliveries]),
            ("delivery", [way.id for way in self.notice.deliveries]),
            ("decision", [self.entry.id]),
            ("batch", [self.ids.batch]),
            ("job", [key for key, _ in self.jobs]),
            ("payment", [payment.id for payment in replies.payments]),
            ("hold", [hold.id for hold in replies.holds]),
        ]

    @property
    def sealed(self) -> list[tuple[str, int]]:
        """The rows that a seal protects: table and id."""
        replies, approval, shard = self.replies, self.ids.approval, self.notice.shard
        return [
            ("notices", self.notice.id),
            ("accounts", self.ids.account),
            ("batches", self.ids.batch),
            ("lists", self.ids.list),
            *(("slips", slip.id) for slip in replies.slips),
            *(("reports", report.id) for report in replies.reports),
            *([] if approval is None else [("approvals", approval)]),
            *([] if shard is None else [("shards", shard.id)]),
            *(("jobs", key) for key, _ in self.jobs),
            *(("payments", payment.id) for payment in replies.payments),
            *(("holds", hold.id) for hold in replies.holds),
            *(("replies", letter.id) for letter in replies.letters),
        ]


def _rows_of(books: Books, entry: DecisionRecord) -> _NoticeRows:
    notice = entry.notice
    assert notice is not None  # noqa: S101 - the decision was found by its notice
    ids = books.extracts.rows_behind(notice.id)
    assert ids is not None  # noqa: S101 - a planned notice has an account
    jobs = books.extracts.jobs_of([way.id for way in _on_paper(notice)])
    return _NoticeRows(entry, notice, ids, tuple(jobs), _replies_to(books, notice))


def _replies_to(books: Books, notice: NoticeRecord) -> NoticeReplies:
    return NoticeReplies(
        slips=tuple(books.slips.of_notices([notice.id])),
        letters=tuple(books.replies.of_notices([notice.id])),
        payments=tuple(books.payments.all(notice.case, include_taken_back=True)),
        reports=tuple(report for way in notice.deliveries for report in books.reports.of_delivery(way.id)),
        holds=tuple(books.holds.all(case=notice.case, include_lifted=True)),
    )


def _origin(workspace: Workspace, books: Books, batch: BatchRecord, rows: _NoticeRows) -> ListOrigin:
    position, file, sha256, sheet = books.extracts.list_of(rows.ids.account)
    kept = f"{sha256[:8]}-{file}" if position else file
    path = workspace.batch(batch.name) / "list" / kept
    return ListOrigin(path, file, sha256, sheet, rows.entry.account.rows)


def _letter_of(books: Books, entry: DecisionRecord) -> tuple[DecisionRecord, list[DecisionRecord]]:
    """Return the decision whose notice leads the letter in which a notice left, and those of the others in it."""
    assert entry.notice is not None  # noqa: S101 - the decision was found by its notice
    gone = [way for way in entry.notice.deliveries if way.letter_id is not None and way.state in SURELY_LEFT]
    if not gone:
        return entry, []
    letter = gone[0].letter_id or 0
    ids = [way.notice_id for way in books.letters.of_deliveries([letter])[letter]]
    entries = {it.notice.id: it for it in books.batches.decisions_of_notices(ids) if it.notice}
    leading, *mates = (entries[key] for key in ids)
    return leading, mates


def _is_about(event: LinkedEvent, approval: int | None) -> bool:
    """Return whether an event is about this notice: a batch has approvals of other notices too."""
    return event.what != "batch" or event.kind != "approved" or event.data.get("approval") == approval


def _on_paper(notice: NoticeRecord) -> list[DeliveryRecord]:
    return [way for way in notice.deliveries if way.channel is Channel.PRINT]


def _job(workspace: Workspace, books: Books, number: str, notice: NoticeRecord, leading: NoticeRecord) -> JobPlace:
    job = books.jobs.find(number)
    assert job is not None  # noqa: S101 - found by its items
    own = {way.id for each in (notice, leading) for way in each.deliveries}
    place = next((place for place in books.jobs.places(number) if place.delivery_id in own), None)
    path = workspace.kept_job(job.batch, job.number, job.version) / place.file if place else None
    return JobPlace(job, place, path, books.handovers.of_job(number))


def _message(workspace: Workspace, batch: str, notice: NoticeRecord, leading: NoticeRecord) -> Path | None:
    mailed = [way for way in notice.deliveries if way.channel is Channel.EMAIL and way.sha256]
    return workspace.sent(batch) / f"{file_stem(leading.number or '')}.eml" if mailed else None


def changed_files(workspace: Workspace, proven: Proven) -> Iterator[Message]:
    """Yield a message for each kept file that is missing, or not as it was recorded."""
    wanted = [(proven.origin.path, proven.origin.sha256)]
    if proven.notice.shard is not None:
        wanted.append((workspace.root / proven.notice.shard.file, proven.notice.shard.sha256))
    wanted += [
        (place.path, place.job.files.get(place.place.file, ""))
        for place in proven.jobs
        if place.path is not None and place.place is not None and not place.job.is_cancelled
    ]
    mailed = (way.sha256 for way in proven.notice.deliveries if way.channel is Channel.EMAIL)
    wanted += [(proven.message, sha256 or "") for sha256 in mailed if proven.message is not None]
    wanted += [(workspace.root / letter.file, letter.sha256) for letter in proven.replies.letters]
    for path, sha256 in wanted:
        try:
            same = sha256_of(path) == sha256
        except (OSError, DamagedPdf):
            yield say("{file} is missing", file=path.name)
            continue
        if not same:
            yield say("{file} is not as it was recorded", file=path.name)
