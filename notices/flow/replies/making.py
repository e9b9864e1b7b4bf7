"""Making letters of reply: each a document of its own, proved, numbered, kept with its batch, ready to leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from notices.errors import Refused
from notices.files import copy_as_evidence, write_whole
from notices.flow.rendering.offices import engine_of, office_pool
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, Ledger, NewReply, ReplyRecord
from notices.letters.context import LetterInput
from notices.letters.proof import Page
from notices.letters.shards.dispatch import run_shards
from notices.letters.shards.recorder import ShardRecorder
from notices.letters.shards.shard import Shard, ShardPdf
from notices.messages import Message, say
from notices.model import Channel, Letter
from notices.pdf import DocumentInfo, bind, page_texts, sha256_of
from notices.progress import Progress
from notices.settings import series
from notices.workers.capacity import Capacity


@dataclass(frozen=True)
class ReplyOrder:
    """The person who has letters of reply made, the time, and the date on the letters."""

    by: str
    at: datetime
    day: date


@dataclass(frozen=True)
class Draft:
    """A letter of reply to be made.

    `silent` are texts that it must not contain, `objections` the codes that it answers; `file` is where a clerk finds
    it, `channels` the ways that it will go.
    """

    kind: str
    subject: str
    entry: DecisionRecord
    letter: Letter
    template: Path
    occasion: LetterInput
    file: Path
    channels: Mapping[Channel, str]
    notice_id: int | None = None
    principal: Decimal | None = None
    silent: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        """Number of the letter."""
        return self.letter.number


@dataclass(frozen=True)
class MadeReply:
    """A finished letter of reply: its record, the account, and its file."""

    record: ReplyRecord
    account: str
    file: Path


def number_series(workspace: Workspace, estate: str, day: date) -> str:
    """Return the series of an estate's letters of reply."""
    known = workspace.settings.estate(estate)
    assert known is not None  # noqa: S101 - letters of unknown estates are refused before
    return series(workspace.settings.letters.reply_number, known.code, day.year)


def make_replies(
    workspace: Workspace, ledger: Ledger, drafts: Sequence[Draft], order: ReplyOrder, progress: Progress
) -> tuple[tuple[MadeReply, ...], tuple[Message, ...]]:
    """Make the letters, each as a document of its own; return them, and messages about those that were not made."""
    if not drafts:
        return (), ()
    recorder = ReplyRecorder(
        workspace=workspace,
        ledger=ledger,
        order=order,
        drafts={draft.number: draft for draft in drafts},
        progress=progress,
        total=len(drafts),
    )
    engine = engine_of(workspace)
    workers = Capacity().workers(workspace.settings.letters, len(drafts))
    with (
        TemporaryDirectory(dir=workspace.office, prefix="replies-") as scratch,
        office_pool(workers) as pool,
    ):
        shards = (
            Shard(
                name=f"{place:04d}",
                template=draft.template,
                letters=(draft.letter,),
                target=Path(scratch) / f"{place:04d}.pdf",
                engine=engine,
                dated=order.day,
                limit=float(workspace.settings.letters.timeout_seconds),
            )
            for place, draft in enumerate(drafts)
        )
        run_shards(pool, shards, recorder.record)
    places = list(recorder.drafts)
    made = sorted(recorder.made, key=lambda each: places.index(each.record.number))
    return tuple(made), tuple(recorder.attention)


@dataclass(kw_only=True)
class ReplyRecorder(ShardRecorder):
    """Recorder that saves letters of reply and records them in the ledger."""

    workspace: Workspace
    ledger: Ledger
    order: ReplyOrder
    drafts: Mapping[str, Draft]
    made: list[MadeReply] = field(default_factory=list)

    def _record_made(self, pdfs: Sequence[ShardPdf]) -> None:
        for pdf in pdfs:
            for page in pdf.letters:
                self._keep(self.drafts[page.number], pdf.path, page.page_count)

    def _record_failed(self, reasons: Mapping[str, Message]) -> list[Message]:
        return [
            say("{notice} was not made: {reason}.", notice=self._named(self.drafts[number]), reason=reason)
            for number, reason in reasons.items()
        ]

    def _named(self, draft: Draft) -> str:
        """Return the notice that a letter replies to, by which a clerk knows it, else its own number."""
        notice = draft.entry.notice
        return (notice.number if notice and draft.notice_id else None) or draft.number

    def _keep(self, draft: Draft, pdf: Path, pages: int) -> None:
        read = [Page(text) for text in page_texts(pdf)]
        if any(page.holds(text) for text in draft.silent for page in read):
            self.attention.append(
                say("{notice} was not made: it answers an objection that was not ticked.", notice=self._named(draft))
            )
            return
        folder = self.workspace.batch(draft.entry.batch) / "replies"
        with TemporaryDirectory(dir=pdf.parent) as scratch:
            file = self._alone(draft, pdf, pages, Path(scratch))
            kept = folder / file.name
            reply = NewReply(
                number=draft.number,
                kind=draft.kind,
                subject=draft.subject,
                case=draft.entry.account.case,
                account_id=0,
                notice_id=draft.notice_id,
                principal=draft.principal,
                date=self.order.day,
                file=kept.relative_to(self.workspace.root).as_posix(),
                sha256=sha256_of(file),
                pages=pages,
                recipients=draft.channels,
            )
            try:
                with self.ledger.begin() as books:
                    record = self._recorded(books, draft, reply)
                    kept.unlink(missing_ok=True)  # of a letter that has not left, made again; one that has is refused
                    copy_as_evidence(file, folder)
            except Refused as error:
                self.attention.append(error.fact)
                return
        draft.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(draft.file, kept.read_bytes())
        self.made.append(MadeReply(record, draft.entry.account.key, draft.file))

    def _recorded(self, books: Books, draft: Draft, reply: NewReply) -> ReplyRecord:
        """Record a letter; raises Refused if one about the same has left meanwhile."""
        account_id = books.replies.account_of(draft.entry.id)
        record = books.replies.save(replace(reply, account_id=account_id), by=self.order.by, at=self.order.at)
        if draft.kind == "answer" and draft.notice_id is not None:
            facts = {
                "slip": int(draft.subject.partition(":")[2]),
                "reply": draft.number,
                "sha256": reply.sha256,
                "objections": list(draft.objections),
            }
            books.slips.record_answer(draft.notice_id, facts, by=self.order.by, at=self.order.at)
        return record

    def _alone(self, draft: Draft, pdf: Path, pages: int, folder: Path) -> Path:
        """Write the letter into a file of its own; the batch's folder gets it once it is on record."""
        estate = draft.occasion.estate
        file = folder / f"{draft.number}.pdf"
        bind(
            [(pdf, 1, pages)],
            file,
            DocumentInfo(
                title=draft.number,
                author=estate.service_centre.company,
                language="zh-CN" if estate.language == "zh" else "en",
                dated=self.order.day,
            ),
        )
        return file
