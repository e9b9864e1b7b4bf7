"""answer: make a proved answer sheet for each returned slip, with the company's position on what was ticked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from notices.errors import DataNeedsPerson, UsageMistake
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.letter_input import occasion_of
from notices.flow.batch.lock import only_one
from notices.flow.batch.seals import broken_seals, not_as_approved
from notices.flow.people import refuse_strangers
from notices.flow.rendering.offices import engine_of, office_pool
from notices.flow.templates.check import ANSWER_SHEET, refuse_unfit
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, Ledger, SlipRecord
from notices.letters.answers import ANSWERS_FILE as ANSWERS
from notices.letters.answers import Objection, answer_rows, read_objections
from notices.letters.context import LetterInput, letter_fields
from notices.letters.keep_together import keep_together
from notices.letters.languages import in_language
from notices.letters.proof import Page
from notices.letters.rare_characters import not_drawable
from notices.letters.shards.dispatch import run_shards
from notices.letters.shards.recorder import Progress, ShardRecorder
from notices.letters.shards.shard import Shard, ShardPdf
from notices.letters.wording import written_date
from notices.messages import Language, Message, say
from notices.model import Letter
from notices.pdf import DocumentInfo, bind, page_texts, sha256_of
from notices.workers.capacity import Capacity

# An answer demands nothing: the debt has changed since the notice, whose figures the owner has.
NO_AMOUNTS = dict.fromkeys(
    ("total", "total_capital", "principal", "principal_capital", "late_fee", "late_fee_capital"), ""
)


@dataclass(frozen=True)
class AnswerOrder:
    """Batch or notice to answer (`what`), the person, and the date on the sheets (`day`)."""

    what: str
    by: str
    at: datetime
    day: date


@dataclass(frozen=True)
class AnswerSheet:
    """A finished answer sheet: the notice, the objections it answers, and its file."""

    number: str
    account: str
    objections: tuple[str, ...]
    file: Path


@dataclass(frozen=True)
class Answers:
    """Result of `answer`: the sheets, messages that need a person, and notes that do not."""

    sheets: tuple[AnswerSheet, ...]
    attention: tuple[Message, ...]
    notes: tuple[Message, ...]


@dataclass(frozen=True)
class _Reply:
    """A sheet to be made; `silent` are the positions it must not contain."""

    entry: DecisionRecord
    slip: SlipRecord
    letter: Letter
    template: Path
    occasion: LetterInput
    silent: tuple[str, ...]

    @property
    def number(self) -> str:
        return self.letter.number


def answer(workspace: Workspace, ledger: Ledger, order: AnswerOrder, progress: Progress) -> Answers:
    """Make the answer sheets of a batch or of one notice, each from the notice's last slip.

    Raises UsageMistake if there is no such batch or notice, or no slip of the notice came back; Unusable if the answer
    template cannot be used.
    """
    refuse_strangers(workspace, order.by)
    with ledger.read() as books:
        batch, wanted = _wanted(books, order.what)
    with only_one(workspace.batches, batch), ledger.read() as books:
        latest = {record.notice_id: record for record in books.slips.of_batch(batch)}
        entries = [
            entry
            for entry in books.batches.decisions(batch)
            if entry.notice and entry.notice.id in latest and wanted in {None, entry.notice.number}
        ]
        if wanted is not None and not entries:
            raise UsageMistake(
                say("No slip of {notice} has come back.", notice=wanted),
                say("Record it with `notices slip set` or `notices slip import`."),
            )
        replies, unfit, notes = _replies(workspace, books, entries, latest, order.day)
    with only_one(workspace.batches, batch):
        made = _made(workspace, ledger, replies, order, progress)
        _delete_outdated(workspace, batch, {entry.notice.number for entry in entries if entry.notice}, made)
    return Answers(made.sheets, (*unfit, *made.attention), notes)


def _wanted(books: Books, what: str) -> tuple[str, str | None]:
    """Return the batch, and the notice's number if `what` is a notice."""
    notice = books.notices.find(what)
    if notice is not None and notice.batch is not None:
        return notice.batch, notice.number
    if books.batches.find(what) is None:
        raise UsageMistake(
            say("“{name}” is neither a batch nor a notice.", name=what), say("`notices status` lists the batches.")
        )
    books.batches.in_use(what)
    return what, None


def _replies(
    workspace: Workspace,
    books: Books,
    entries: Sequence[DecisionRecord],
    latest: Mapping[int, SlipRecord],
    day: date,
) -> tuple[list[_Reply], tuple[Message, ...], tuple[Message, ...]]:
    """Return the sheets to make, the reasons why others cannot be made, and notes on slips without objections."""
    replies: list[_Reply] = []
    unfit: list[Message] = []
    notes: list[Message] = []
    if not entries:
        return replies, (), (say("No slip has come back."),)
    batch = books.batches.get(entries[0].batch)
    frozen, broken = Frozen(workspace, batch), broken_seals(books, batch, entries)
    offers: dict[Path, tuple[Objection, ...]] = {}
    for entry in entries:
        assert entry.notice is not None  # noqa: S101 - only entries with a notice have slips
        slip = latest[entry.notice.id]
        if (reason := broken.get(entry.notice.id)) is not None:
            unfit.append(not_as_approved(entry, reason))
            continue
        if not slip.slip.objections:
            notes.append(say("{notice}: nothing was ticked, so there is nothing to answer.", notice=slip.number))
            continue
        occasion = _occasion(workspace, frozen, entry, day)
        template = workspace.templates / in_language(workspace.templates, ANSWER_SHEET, occasion.estate.language)
        if template not in offers:
            refuse_unfit(workspace, [template])
            offers[template] = read_objections(template.parent / ANSWERS)
        try:
            reply = _reply(entry, slip, template, occasion, offers[template])
        except DataNeedsPerson as error:
            unfit.append(error.fact)
            continue
        missing = not_drawable(reply.letter)
        if missing is None:
            replies.append(reply)
        else:
            unfit.append(say("{notice}: {reason}.", notice=reply.number, reason=missing))
    return replies, tuple(unfit), tuple(notes)


def _occasion(workspace: Workspace, frozen: Frozen, entry: DecisionRecord, day: date) -> LetterInput:
    """Return the notice's occasion on the day of the answer, with the estate's current settings."""
    then = occasion_of(frozen, entry, None)
    estate = workspace.settings.estate(entry.account.estate) or then.estate
    handler = next((known for known in estate.handlers if known.name == entry.handler), None)
    deadline = workspace.working_days.deadline(day, workspace.settings.letters.answer_within_days)
    return replace(then, estate=estate, handler=handler, letter_date=day, deadline=deadline)


def _reply(
    entry: DecisionRecord, record: SlipRecord, template: Path, occasion: LetterInput, offered: tuple[Objection, ...]
) -> _Reply:
    ticked = frozenset(record.slip.objections)
    unanswered = ticked - {each.code for each in offered}
    if unanswered:
        raise DataNeedsPerson(
            say(
                "{notice}: answers.toml no longer has an answer to {codes}; restore it, or answer by hand.",
                notice=occasion.number,
                codes=", ".join(sorted(unanswered)),
            )
        )
    language: Language = occasion.estate.language
    rows = answer_rows(offered, ticked, written_date(occasion.deadline, language), entry.decision.scope)
    fields = {
        **letter_fields(occasion),
        **NO_AMOUNTS,
        "answers": rows,
        "slip_date": written_date(record.slip.received, language),
        "title": "",
    }
    said = [text for each in offered if each.code in ticked for text in (each.label, each.position)]
    return _Reply(
        entry=entry,
        slip=record,
        letter=Letter(
            number=occasion.number,
            template=template.name,
            fields=keep_together(fields),
            proof=(occasion.number, *entry.account.owners, entry.account.unit, *said),
        ),
        template=template,
        occasion=occasion,
        silent=tuple(each.position for each in offered if each.code not in ticked),
    )


def _made(
    workspace: Workspace, ledger: Ledger, replies: Sequence[_Reply], order: AnswerOrder, progress: Progress
) -> Answers:
    """Make each sheet as a document of its own, so that it contains nothing of another owner's."""
    if not replies:
        return Answers((), (), ())
    recorder = AnswerRecorder(
        workspace=workspace,
        ledger=ledger,
        order=order,
        replies={reply.number: reply for reply in replies},
        progress=progress,
        total=len(replies),
    )
    engine = engine_of(workspace)
    workers = Capacity().workers(workspace.settings.letters, len(replies))
    with (
        TemporaryDirectory(dir=workspace.office, prefix="answers-") as scratch,
        office_pool(workers) as pool,
    ):
        shards = (
            Shard(
                name=f"{place:04d}",
                template=reply.template,
                letters=(reply.letter,),
                target=Path(scratch) / f"{place:04d}.pdf",
                engine=engine,
                dated=order.day,
                limit=float(workspace.settings.letters.timeout_seconds),
            )
            for place, reply in enumerate(replies)
        )
        run_shards(pool, shards, recorder.record)
    sheets = sorted(recorder.sheets, key=lambda sheet: list(recorder.replies).index(sheet.number))
    return Answers(tuple(sheets), tuple(recorder.attention), ())


def _delete_outdated(workspace: Workspace, batch: str, answered: set[str | None], made: Answers) -> None:
    """Delete the answers to earlier slips if the last slip has none, so that they are not sent."""
    for number in answered - {sheet.number for sheet in made.sheets}:
        (workspace.output(batch) / "answers" / f"{number}.pdf").unlink(missing_ok=True)


@dataclass(kw_only=True)
class AnswerRecorder(ShardRecorder):
    """Saves answer sheets and records them in the ledger."""

    workspace: Workspace
    ledger: Ledger
    order: AnswerOrder
    replies: Mapping[str, _Reply]
    sheets: list[AnswerSheet] = field(default_factory=list)

    def _record_made(self, pdfs: Sequence[ShardPdf]) -> None:
        for pdf in pdfs:
            for page in pdf.letters:
                self._keep(self.replies[page.number], pdf.path, page.page_count)

    def _record_failed(self, reasons: Mapping[str, Message]) -> list[Message]:
        return [
            say("{notice} was not made: {reason}.", notice=number, reason=reason) for number, reason in reasons.items()
        ]

    def _keep(self, reply: _Reply, pdf: Path, pages: int) -> None:
        read = [Page(text) for text in page_texts(pdf)]
        if any(page.holds(text) for text in reply.silent for page in read):
            self.attention.append(
                say("{notice} was not made: it answers an objection that was not ticked.", notice=reply.number)
            )
            return
        assert reply.entry.notice is not None  # noqa: S101 - only entries with a notice have slips
        folder = self.workspace.output(reply.entry.batch) / "answers"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / f"{reply.number}.pdf"
        estate = reply.occasion.estate
        bind(
            [(pdf, 1, pages)],
            file,
            DocumentInfo(
                title=reply.number,
                author=estate.service_centre.company,
                language="zh-CN" if estate.language == "zh" else "en",
                dated=self.order.day,
            ),
        )
        codes = reply.slip.slip.objections
        with self.ledger.begin() as books:
            facts = {"slip": reply.slip.id, "sha256": sha256_of(file), "objections": list(codes)}
            books.slips.record_answer(reply.entry.notice.id, facts, by=self.order.by, at=self.order.at)
        self.sheets.append(AnswerSheet(reply.number, reply.entry.account.key, codes, file))
