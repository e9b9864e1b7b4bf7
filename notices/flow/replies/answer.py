"""answer: make a proved answer sheet for each returned slip, to what was ticked, written and offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from notices.errors import DataNeedsPerson, UsageMistake
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.letter_input import occasion_of
from notices.flow.batch.lock import only_one
from notices.flow.batch.one_slip import companions
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.batch.seals import broken_seals, not_as_approved
from notices.flow.days import refuse_letter_ahead, refuse_letter_before
from notices.flow.people import refuse_strangers
from notices.flow.replies.drafting import NO_AMOUNTS, Drafting, notice_named, ways_of
from notices.flow.replies.making import Draft, ReplyOrder, make_replies
from notices.flow.standing import standing_of
from notices.flow.templates.check import ANSWER_SHEET, refuse_unfit
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, Ledger, ReplyRecord, SlipRecord
from notices.letters.answers import ANSWERS_FILE as ANSWERS
from notices.letters.answers import Objection, answer_rows, read_objections
from notices.letters.context import LetterInput, letter_fields
from notices.letters.keep_together import keep_together
from notices.letters.languages import in_language
from notices.letters.rare_characters import not_drawable
from notices.letters.wording import written_date
from notices.messages import Language, Message, say
from notices.model import CaseKey, Letter
from notices.progress import Progress

KIND = "answer"


@dataclass(frozen=True)
class AnswerOrder:
    """Batch or notice to answer (`what`), the person, and the date on the sheets (`day`)."""

    what: str
    by: str
    at: datetime
    day: date


@dataclass(frozen=True)
class AnswerSheet:
    """A finished answer sheet: its own number, the notice, the objections it answers, and its file."""

    number: str
    notice: str
    account: str
    objections: tuple[str, ...]
    file: Path


@dataclass(frozen=True)
class Answers:
    """Result of `answer`: the sheets, messages that need a person, and notes that do not."""

    sheets: tuple[AnswerSheet, ...]
    attention: tuple[Message, ...]
    notes: tuple[Message, ...]


def answer(workspace: Workspace, ledger: Ledger, order: AnswerOrder, progress: Progress) -> Answers:
    """Make the answer sheets of a batch or of one notice, each from the notice's last slip.

    A sheet that has left is not made again. Raises UsageMistake if there is no such batch or notice, or no slip of the
    notice came back; Unusable if the answer template cannot be used.
    """
    refuse_strangers(workspace, order.by)
    refuse_letter_ahead(workspace, order.day, order.at.date())
    refuse_older_ledger(workspace, ledger)  # its numbers may have been given to letters that it does not know
    with ledger.read() as books:
        batch, wanted = _wanted(books, order.what)
    with only_one(workspace, ledger, batch, by=order.by), ledger.read() as books:
        latest = {record.notice_id: record for record in books.slips.of_batch(batch)}
        papers = companions(books, {key: slip for key, slip in latest.items() if not slip.takes_back})
        answered = [it for it in books.batches.decisions(batch) if it.notice and it.notice.id in latest]
        asked = {it.notice.id for it in answered if it.notice and wanted in {None, it.notice.number}}
        asked |= {mate for key in asked for mate in papers.get(key, ())}
        entries = [it for it in answered if it.notice and it.notice.id in asked]
        if wanted is not None and not entries:
            raise UsageMistake(
                say("No slip of {notice} has come back.", notice=wanted),
                say("Record it with `notices slip set` or `notices slip import`."),
            )
        drafts, unfit, notes = _drafts(workspace, books, entries, latest, papers, order.day)
        outdated = _outdated(books, entries, drafts, latest)
    with only_one(workspace, ledger, batch, by=order.by):
        making = ReplyOrder(order.by, order.at, order.day)
        made, failed = make_replies(workspace, ledger, drafts, making, progress)
        _drop(workspace, ledger, outdated, order)
    slips = {entry.notice.id: latest[entry.notice.id] for entry in entries if entry.notice}
    sheets = (
        AnswerSheet(
            each.record.number,
            each.record.notice or "",
            each.account,
            slips[each.record.notice_id or 0].slip.objections,
            each.file,
        )
        for each in made
    )
    return Answers(tuple(sheets), (*unfit, *failed), notes)


def _outdated(
    books: Books, entries: Sequence[DecisionRecord], drafts: Sequence[Draft], latest: Mapping[int, SlipRecord]
) -> list[ReplyRecord]:
    """Return the sheets that answer earlier slips of these notices and have not left."""
    ids = [entry.notice.id for entry in entries if entry.notice]
    current = {f"slip:{latest[key].id}" for key in ids}
    made = {draft.subject for draft in drafts}
    return [
        each
        for each in books.replies.of_notices(ids)
        if each.kind == KIND and not each.may_have_left and (each.subject not in current or each.subject not in made)
    ]


def _drop(workspace: Workspace, ledger: Ledger, outdated: Sequence[ReplyRecord], order: AnswerOrder) -> None:
    """Drop the answers to earlier slips, so that they are not sent; one that has left meanwhile stays on record."""
    with ledger.begin() as books:
        waiting = {each.id for each in books.replies.all() if not each.may_have_left}
        outdated = [each for each in outdated if each.id in waiting]
        files = [workspace.named(each.file) for each in outdated]
        books.replies.drop(outdated, by=order.by, at=order.at)
    with ledger.read() as books:
        answered = {each.notice for each in books.replies.all() if each.kind == KIND}
    for each, file in zip(outdated, files, strict=True):
        file.unlink(missing_ok=True)
        if each.notice not in answered:
            _file(workspace, each.batch, each.notice or "").unlink(missing_ok=True)


def _file(workspace: Workspace, batch: str, notice: str) -> Path:
    return workspace.output(batch) / "answers" / f"{notice}.pdf"


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


def _drafts(
    workspace: Workspace,
    books: Books,
    entries: Sequence[DecisionRecord],
    latest: Mapping[int, SlipRecord],
    papers: Mapping[int, tuple[int, ...]],
    day: date,
) -> tuple[list[Draft], tuple[Message, ...], tuple[Message, ...]]:
    """Return the sheets to make, the reasons why others cannot be made, and notes on those that are not."""
    drafts: list[Draft] = []
    unfit: list[Message] = []
    notes: list[Message] = []
    if not entries:
        return drafts, (), (say("No slip has come back."),)
    batch = books.batches.get(entries[0].batch)
    frozen, broken = Frozen(workspace, batch), broken_seals(books, batch, entries)
    offers: dict[Path, tuple[Objection, ...]] = {}
    drafting = Drafting(workspace, books, day)
    silent = _answered_with_another(drafting, entries, papers)
    for entry in entries:
        assert entry.notice is not None  # noqa: S101 - only entries with a notice have slips
        slip = latest[entry.notice.id]
        if note := _needs_none(drafting, [latest[key] for key in papers.get(entry.notice.id, (entry.notice.id,))]):
            notes.append(note)
            continue
        if entry.notice.id in silent:
            continue
        if slip.slip.says_nothing:
            unfit.append(
                say(
                    "{notice}: its slip says nothing that is read by machine; look at its picture, and enter it with "
                    "`notices slip set`.",
                    notice=slip.number,
                )
            )
            continue
        if (reason := broken.get(entry.notice.id)) is not None:
            unfit.append(not_as_approved(entry, reason))
            continue
        refuse_letter_before(day, slip.slip.received, slip.number)
        occasion = _occasion(workspace, frozen, entry, day)
        template = workspace.templates / in_language(workspace.templates, ANSWER_SHEET, occasion.estate.language)
        if template not in offers:
            refuse_unfit(workspace, [template])
            offers[template] = read_objections(template.parent / ANSWERS)
        try:
            draft = _draft(drafting, entry, slip, template, occasion, offers[template])
        except DataNeedsPerson as error:
            unfit.append(error.fact)
            continue
        missing = not_drawable(draft.letter)
        if missing is None:
            drafts.append(draft)
        else:
            unfit.append(say("{notice}: {reason}.", notice=slip.number, reason=missing))
    return drafts, tuple(unfit), tuple(notes)


def _needs_none(drafting: Drafting, same: Sequence[SlipRecord]) -> Message | None:
    """Return why a slip needs no sheet, which may stand for the `same` slip of several notices; None if it does."""
    if same[0].takes_back:
        return say("{notice}: its slip was taken back; it needs no answer.", notice=same[0].number)
    sheets = (drafting.sent(KIND, f"slip:{each.id}") for each in same)
    if (sent := next(filter(None, sheets), None)) is not None:
        return say("{notice}: already answered by {number}.", notice=same[0].number, number=sent.number)
    return None


def _answered_with_another(
    drafting: Drafting, entries: Sequence[DecisionRecord], papers: Mapping[int, tuple[int, ...]]
) -> set[int]:
    """Return the notices whose slip is answered in the sheet to another of its letter: the first that owes anything.

    A letter to an owner about a unit of which nothing is owed any more does not leave.
    """
    cases = {entry.notice.id: entry.account.case for entry in entries if entry.notice}
    silent: set[int] = set()
    for paper in set(papers.values()):
        inside = [key for key in paper if key in cases]
        owing = (key for key in inside if _owes(drafting, cases[key]))
        silent |= set(inside) - {next(owing, inside[0] if inside else 0)}
    return silent


def _owes(drafting: Drafting, case: CaseKey) -> bool:
    standing = standing_of(drafting.workspace, drafting.books, case, drafting.day)
    return standing is not None and bool(standing.decision.principal)


def _occasion(workspace: Workspace, frozen: Frozen, entry: DecisionRecord, day: date) -> LetterInput:
    """Return the notice's occasion on the day of the answer, with the estate's current settings."""
    then = occasion_of(frozen, entry, None)
    estate = workspace.settings.estate(entry.account.estate) or then.estate
    handler = next((known for known in estate.handlers if known.name == entry.handler), None)
    deadline = workspace.working_days.deadline(day, workspace.settings.letters.answer_within_days)
    return replace(then, estate=estate, handler=handler, letter_date=day, deadline=deadline)


def _draft(
    drafting: Drafting,
    entry: DecisionRecord,
    record: SlipRecord,
    template: Path,
    occasion: LetterInput,
    offered: tuple[Objection, ...],
) -> Draft:
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
    subject = f"slip:{record.id}"
    number = drafting.number(KIND, subject, entry.account.estate)
    rows = answer_rows(offered, ticked, written_date(occasion.deadline, language), entry.decision.scope)
    fields = {
        **letter_fields(replace(occasion, number=number)),
        **NO_AMOUNTS,
        **notice_named(entry, occasion),
        "answers": rows,
        "slip_date": written_date(record.slip.received, language),
        "slip_note": record.slip.note,
        "slip_promise": written_date(record.slip.promise, language) if record.slip.promise else "",
        "slip_instalments": record.slip.instalments,
        "title": "",
    }
    said = [text for each in offered if each.code in ticked for text in (each.label, each.position)]
    assert entry.notice is not None  # noqa: S101 - only entries with a notice have slips
    return Draft(
        kind=KIND,
        subject=subject,
        entry=entry,
        letter=Letter(
            number=number,
            template=template.name,
            fields=keep_together(fields),
            proof=(number, *entry.account.owners, entry.account.printed_unit, *said),
            foreign=(record.number,),
        ),
        template=template,
        occasion=replace(occasion, number=number),
        file=_file(drafting.workspace, entry.batch, record.number),
        channels=ways_of(drafting, entry, KIND, subject),
        notice_id=entry.notice.id,
        silent=tuple(each.position for each in offered if each.code not in ticked),
        objections=record.slip.objections,
    )
