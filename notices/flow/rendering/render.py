"""render: fill the letters of a batch, convert them to PDF, and prove every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from notices.flow.batch.frozen import frozen_files
from notices.flow.batch.letter_input import letter_of, occasion_of
from notices.flow.batch.seals import broken_seals
from notices.flow.batch.session import BatchSession, InterruptedCommand, Order, open_session
from notices.flow.batch.signing_keys import refuse_unusable_keys, signing_keys
from notices.flow.rendering.cluster import cluster_press
from notices.flow.rendering.documents import LetterDocument, may_be_ours, plan_documents
from notices.flow.rendering.offices import engine_of, fonts_of, office_pool, warm_pool
from notices.flow.workspace import Workspace
from notices.fonts.batch_fonts import BatchFonts
from notices.ledger import Ledger, NoticeSummary, RenderedLetter, StateChange
from notices.letters.rare_characters import not_drawable
from notices.letters.shards.dispatch import run_shards, sweep_unfinished
from notices.letters.shards.recorder import ShardRecorder
from notices.letters.shards.shard import Shard, ShardPdf
from notices.messages import Message, say
from notices.model import Letter, State
from notices.office import Engine
from notices.progress import Progress
from notices.rules.states import RENDERABLE
from notices.workers.capacity import Capacity

AT_A_TIME = 200  # letters read from the ledger at once: reading one takes nearly as long


@dataclass(frozen=True)
class Rendered:
    """Number of letters made, a message for each that was withdrawn or set aside, and further hints."""

    batch: str
    made: int
    folder: Path
    attention: tuple[Message, ...]
    notes: tuple[Message, ...] = ()


def render(
    workspace: Workspace,
    ledger: Ledger,
    order: Order,
    progress: Progress,
    capacity: Capacity | None = None,
    *,
    secret: Callable[[str], str | None],
) -> Rendered:
    """Make the letters of all approved notices that have none yet, including those set aside.

    `capacity` overrides the settings for the number of workers and of letters in a document, and for the cluster.
    Raises UnusableKey, with nothing made, if the letters are to be signed and cannot be; `secret` gives a password by
    its variable.
    """
    refuse_unusable_keys(workspace, ledger, order.batch, signing_keys(workspace, secret), order.at)
    capacity = capacity or Capacity()
    with ledger.read() as books:
        frozen = frozen_files(workspace, books, books.batches.get(order.batch))
        approved = books.batches.summaries(order.batch)
        likely = [summary for summary in approved if _waits(summary)]
        fonts = fonts_of(frozen, books, approved, capacity) if likely else None
    with (
        cluster_press(workspace, capacity, likely) as press_room,
        warm_pool(frozen, [] if press_room else likely, capacity, fonts) as pool,
        open_session(workspace, ledger, "render", order) as session,
    ):
        folder = workspace.letters(order.batch)
        sweep_unfinished(folder)
        summaries = session.summaries()
        waiting = {summary.number: summary for summary in summaries if _waits(summary)}
        recorder = RenderRecorder(session=session, waiting=waiting, progress=progress, total=len(waiting))
        notes: tuple[Message, ...] = ()
        if waiting:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            documents = plan_documents(session, summaries, waiting.keys(), capacity, separable=fonts is not None)
            notes = tuple(_edited_since(session, documents))
            press = _Press(engine_of(workspace, fonts), fonts, engine_of(workspace))
            shards = _shards(session, documents, press, recorder)
            if press_room:
                notes += press_room.make(shards, recorder.record)
            else:
                with pool or office_pool(capacity.workers(workspace.settings.letters, len(documents))) as workers:
                    run_shards(workers, shards, recorder.record)
        _tidy(session, folder)
        return Rendered(order.batch, recorder.made, folder, (*session.withdrawn, *recorder.attention), notes)


def resume(command: InterruptedCommand) -> Rendered:
    """Finish an interrupted `render`."""
    caller = command.caller
    return render(command.workspace, command.ledger, command.order, caller.letters, secret=caller.secret)


def _edited_since(session: BatchSession, documents: Sequence[LetterDocument]) -> Iterator[Message]:
    """Yield a hint for each template that was edited after its letters were approved: they keep the approved text."""
    for used in sorted({document.template for document in documents}):
        folder = next(parent for parent in used.parents if parent.name == "templates")
        now = session.workspace.templates / used.relative_to(folder)
        if now.is_file() and now.read_bytes() != used.read_bytes():
            yield say(
                "{template} was edited after these letters were approved. They are made with the text that was "
                "approved; to use the new one, withdraw them and plan again.",
                template=now.name,
            )


def _waits(summary: NoticeSummary) -> bool:
    """Return whether a letter is to be made that the notice has for itself, or leads."""
    return any(state in RENDERABLE and key not in summary.led for key, _, state in summary.deliveries)


@dataclass(frozen=True)
class _Press:
    """LibreOffice with the fonts of the batch, if there are any, and with all fonts of this machine."""

    engine: Engine
    fonts: BatchFonts | None
    fallback: Engine

    def shard(self, document: LetterDocument, letters: Sequence[Letter], target: Path, limit: float) -> Shard:
        return Shard(
            name=document.name,
            template=document.template,
            letters=tuple(letters),
            target=target,
            engine=self.engine,
            dated=document.dated,
            limit=limit,
            compiled=document.compiled,
            characters=self.fonts.characters if self.fonts else frozenset(),
            fallback=self.fallback,
        )


def _shards(
    session: BatchSession, documents: Sequence[LetterDocument], press: _Press, recorder: RenderRecorder
) -> Iterator[Shard]:
    """Yield a shard for each document, composing its letters only shortly before: memory stays constant."""
    for document, composed in _composed_ahead(session, documents, recorder):
        letters: list[Letter] = []
        unfit: dict[str, Message] = {}
        for number, letter in composed.items():
            reason = letter if isinstance(letter, Message) else not_drawable(letter)
            if reason:
                unfit[number] = reason
            elif isinstance(letter, Letter):
                letters.append(letter)
        recorder.set_aside(unfit)
        if letters:
            yield press.shard(
                document,
                letters,
                session.workspace.letters(session.order.batch) / f"{document.name}.pdf",
                float(session.workspace.settings.letters.timeout_seconds),
            )


def _composed_ahead(
    session: BatchSession, documents: Sequence[LetterDocument], recorder: RenderRecorder
) -> Iterator[tuple[LetterDocument, dict[str, Letter | Message]]]:
    """Yield each document with its letters by number, composed for several documents at once."""
    waiting = recorder.waiting
    group: list[LetterDocument] = []
    for place, document in enumerate(documents, 1):
        group.append(document)
        if sum(len(each.numbers) for each in group) < AT_A_TIME and place < len(documents):
            continue
        letters = _composed(
            session, [waiting[number].notice_id for each in group for number in each.numbers], recorder.inside
        )
        for each in group:
            yield each, {number: letters[waiting[number].notice_id] for number in each.numbers}
        group.clear()


def _composed(
    session: BatchSession, ids: Sequence[int], noted: dict[int, tuple[int, ...]]
) -> dict[int, Letter | Message]:
    """Return the letters by notice id, or the reason why one is not made: its data are not those approved.

    The other notices (ids) in each letter are `noted`.
    """
    with session.ledger.read() as books:
        inside = books.letters.led_by(ids, RENDERABLE)
        noted |= inside
        everyone = [*ids, *(key for its in inside.values() for key in its)]
        entries = {it.notice.id: it for it in books.batches.decisions_of_notices(everyone) if it.notice}
        earlier = books.notices.earlier_steps(everyone)
        broken = broken_seals(books, session.frozen.batch, list(entries.values()), earlier)
    return {
        key: broken.get(key)
        or letter_of(
            occasion_of(
                session.frozen,
                entries[key],
                earlier.get(key),
                [(entries[mate], earlier.get(mate)) for mate in inside.get(key, ())],
            )
        )
        for key in ids
    }


@dataclass(kw_only=True)
class RenderRecorder(ShardRecorder):
    """Recorder of rendered letters in the ledger; `made` counts them.

    `inside` are the other notices (ids) of which a letter of several was composed, by the notice that leads it.
    """

    session: BatchSession
    waiting: Mapping[str, NoticeSummary]
    inside: dict[int, tuple[int, ...]] = field(default_factory=dict)
    made: int = 0

    def _record_made(self, pdfs: Sequence[ShardPdf]) -> None:
        order = self.session.order
        self.session.frozen.refuse_changed()  # letters made of files changed meanwhile are not recorded
        with self.session.ledger.begin() as books:
            for pdf in pdfs:
                file = pdf.path.relative_to(self.session.workspace.root).as_posix()
                shard = books.notices.add_shard(order.batch, file=file, sha256=pdf.sha256, pages=pdf.pages, at=order.at)
                made = {self.waiting[page.number].notice_id: page for page in pdf.letters}
                now = books.letters.led_by(made, RENDERABLE)
                books.notices.set_rendered(
                    [
                        RenderedLetter(each, shard, page.first_page, page.page_count)
                        for key, page in made.items()
                        if now.get(key, ()) == self.inside.get(key, ())  # else it waits to be made of what it is now
                        for each in (key, *now.get(key, ()))
                    ],
                    by=order.by,
                    at=order.at,
                )
        self.made += sum(len(pdf.letters) for pdf in pdfs)

    def _record_failed(self, reasons: Mapping[str, Message]) -> list[Message]:
        """Set the letters' deliveries aside: they cannot leave until rendered again."""
        order = self.session.order
        with self.session.ledger.begin() as books:
            books.deliveries.set_states(
                [
                    StateChange(delivery, State.SET_ASIDE, kind="letter-failed", data=reason.as_data())
                    for number, reason in reasons.items()
                    for delivery, _, state in self.waiting[number].deliveries
                    if state in RENDERABLE
                ],
                by=order.by,
                at=order.at,
            )
        return [
            say("{notice} set aside: {reason}.", notice=number, reason=reason) for number, reason in reasons.items()
        ]


def _tidy(session: BatchSession, folder: Path) -> None:
    """Delete partial files, and PDFs of an interrupted run that are not in the ledger; nothing else, nor by a link."""
    sweep_unfinished(folder)
    if folder.resolve() != session.workspace.root.resolve() / folder.relative_to(session.workspace.root):
        return
    with session.ledger.read() as books:
        known = {session.workspace.root / shard.file for shard in books.notices.shards(session.order.batch)}
    templates = {
        path.relative_to(approved.templates).as_posix()
        for approval in session.frozen.batch.approvals
        for approved in [session.frozen.approved(approval.number)]
        for path in approved.templates.rglob("*.docx")
    }
    for path in folder.glob("*.pdf") if folder.is_dir() else ():
        if path not in known and not path.is_symlink() and may_be_ours(path.name, templates):
            path.unlink()
