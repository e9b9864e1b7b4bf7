"""render: fill the letters of a batch, turn them into PDF, and prove every page before it may leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from notices.flow.batch.frozen import Frozen
from notices.flow.batch.occasion import letter_of, occasion_of
from notices.flow.batch.session import BatchSession, InterruptedCommand, Order, open_session
from notices.flow.caller import Progress
from notices.flow.rendering.documents import Parcel, parcels_of
from notices.flow.rendering.offices import engine_of, office_pool, woken
from notices.flow.workspace import Workspace
from notices.ledger import Ledger, Outline, RenderedLetter, StateChange
from notices.letters.rare import not_drawable
from notices.letters.shards.dispatch import run_shards, sweep_unfinished
from notices.letters.shards.shard import Shard, ShardResult
from notices.messages import Message, say
from notices.model import Letter, State
from notices.office import Engine
from notices.rules.states import RENDERABLE
from notices.workers.capacity import Capacity

AT_A_TIME = 200


@dataclass(frozen=True)
class Rendered:
    """How many letters were made, and which need a person: withdrawn, or set aside with the reason."""

    batch: str
    made: int
    folder: Path
    attention: tuple[Message, ...]


def render(
    workspace: Workspace, ledger: Ledger, order: Order, progress: Progress, capacity: Capacity | None = None
) -> Rendered:
    """Make the letters of all approved notices that have none yet, those set aside among them.

    `capacity` says how many offices work at once and how many letters share a document, instead of the settings.
    """
    able = capacity or Capacity()
    with ledger.read() as books:
        frozen = Frozen(workspace, books.batches.get(order.batch))
        likely = [outline for outline in books.batches.outlines(order.batch) if _waits(outline)]
    with woken(frozen, likely, able) as pool, open_session(workspace, ledger, "render", order) as at:
        folder = workspace.letters(order.batch)
        sweep_unfinished(folder)
        outlines = at.outlines()
        waiting = {outline.number: outline for outline in outlines if _waits(outline)}
        desk = _Desk(at, waiting, progress, total=len(waiting))
        if waiting:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            parcels = parcels_of(at, outlines, waiting.keys(), able)
            engine = engine_of(workspace)
            with pool or office_pool(able.workers(workspace.settings.letters, len(parcels))) as workers:
                run_shards(workers, _shards(at, parcels, waiting, engine, desk), desk.take)
        _tidy(at, folder)
        return Rendered(order.batch, desk.made, folder, (*at.withdrawn, *desk.attention))


def resume(command: InterruptedCommand) -> Rendered:
    """Finish an interrupted `render`."""
    return render(command.workspace, command.ledger, command.order, command.caller.letters)


def _waits(outline: Outline) -> bool:
    return any(state in RENDERABLE for _, _, state in outline.deliveries)


def _shards(
    at: BatchSession, parcels: Sequence[Parcel], waiting: Mapping[str, Outline], engine: Engine, desk: _Desk
) -> Iterator[Shard]:
    """Each parcel with its letters, which are composed only when it is nearly its turn: memory stays flat."""
    for parcel, composed in _composed_ahead(at, parcels, waiting):
        letters: list[Letter] = []
        undrawable: dict[str, Message] = {}
        for letter in composed:
            reason = not_drawable(letter)
            if reason:
                undrawable[letter.number] = reason
            else:
                letters.append(letter)
        desk.set_aside(undrawable)
        if letters:
            yield Shard(
                name=parcel.name,
                template=parcel.template,
                letters=tuple(letters),
                target=at.workspace.letters(at.order.batch) / f"{parcel.name}.pdf",
                engine=engine,
                dated=parcel.dated,
                limit=float(at.workspace.settings.letters.timeout_seconds),
                compiled=parcel.compiled,
            )


def _composed_ahead(
    at: BatchSession, parcels: Sequence[Parcel], waiting: Mapping[str, Outline]
) -> Iterator[tuple[Parcel, list[Letter]]]:
    """Some parcels at a time: asking the ledger for one letter costs nearly what asking for two hundred does."""
    some: list[Parcel] = []
    for place, parcel in enumerate(parcels, 1):
        some.append(parcel)
        if sum(len(each.numbers) for each in some) < AT_A_TIME and place < len(parcels):
            continue
        letters = _composed(at, [waiting[number].notice_id for each in some for number in each.numbers])
        yield from ((each, [letters[number] for number in each.numbers]) for each in some)
        some.clear()


def _composed(at: BatchSession, ids: Sequence[int]) -> dict[str, Letter]:
    with at.ledger.read() as books:
        entries = books.batches.decisions_behind(ids)
        earlier = books.notices.earlier_steps(ids)
    letters = (
        letter_of(occasion_of(at.frozen, entry, earlier.get(entry.notice.id))) for entry in entries if entry.notice
    )
    return {letter.number: letter for letter in letters}


@dataclass
class _Desk:
    """Where results come in, one shard at a time: the only one who writes them down."""

    at: BatchSession
    waiting: Mapping[str, Outline]
    progress: Progress
    total: int
    made: int = 0
    done: int = 0
    attention: list[Message] = field(default_factory=list)

    def take(self, result: ShardResult) -> None:
        """Write down what became of a shard, whole."""
        order = self.at.order
        with self.at.ledger.begin() as books:
            for pdf in result.pdfs:
                if not pdf.letters:
                    continue
                file = pdf.path.relative_to(self.at.workspace.root).as_posix()
                shard = books.notices.add_shard(order.batch, file=file, sha256=pdf.sha256, pages=pdf.pages, at=order.at)
                books.notices.set_rendered(
                    [
                        RenderedLetter(self.waiting[page.number].notice_id, shard, page.first_page, page.page_count)
                        for page in pdf.letters
                    ],
                    by=order.by,
                    at=order.at,
                )
                self.made += len(pdf.letters)
        self.set_aside({failure.number: failure.reason for failure in result.failures})
        self._advance(sum(len(pdf.letters) for pdf in result.pdfs))

    def set_aside(self, reasons: Mapping[str, Message]) -> None:
        """Put letters aside, each with its reason; they cannot leave until rendered again."""
        if not reasons:
            return
        order = self.at.order
        with self.at.ledger.begin() as books:
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
        self.attention += [
            say("{notice} set aside: {reason}.", notice=number, reason=reason) for number, reason in reasons.items()
        ]
        self._advance(len(reasons))

    def _advance(self, letters: int) -> None:
        self.done += letters
        self.progress(self.done, self.total)


def _tidy(at: BatchSession, folder: Path) -> None:
    """Remove what a killed office left half done, and PDFs of a cut-off run that the ledger never heard of."""
    sweep_unfinished(folder)
    with at.ledger.read() as books:
        known = {at.workspace.root / shard.file for shard in books.notices.shards(at.order.batch)}
    for path in folder.glob("*.pdf") if folder.is_dir() else ():
        if path not in known:
            path.unlink()
