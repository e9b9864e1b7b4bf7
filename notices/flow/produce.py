"""render: fill the letters of a batch, turn them into PDF, and prove every page before it may leave."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from notices.flow.letters import letter_of, occasion_of, template_of
from notices.flow.pool import shard_pool
from notices.flow.shards import Shard, ShardResult, run_shards, sweep_unfinished
from notices.flow.stage import Order, Stage, in_state, stage
from notices.flow.workspace import Workspace
from notices.fonts import missing_characters, office_environment
from notices.ledger import DecisionRecord, DeliveryRecord, Ledger, RenderedLetter, StateChange
from notices.letters.template import open_template
from notices.messages import Message, say
from notices.model import Channel, Letter, State
from notices.office import Engine, find

# Compiling a template, and comparing its first letters both ways, costs about as much as so many letters.
WORTH_COMPILING = 100

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Rendered:
    """How many letters were made, and which need a person: withdrawn, or set aside with the reason."""

    batch: str
    made: int
    folder: Path
    attention: tuple[Message, ...]


def render(workspace: Workspace, ledger: Ledger, order: Order, progress: Progress) -> Rendered:
    """Make the letters of all approved notices that have none yet, those set aside among them."""
    with stage(workspace, ledger, "render", order) as at:
        folder = workspace.letters(order.batch)
        sweep_unfinished(folder)
        entries = {_number(entry): entry for entry in at.entries()}
        waiting = {
            number: entry for number, entry in entries.items() if in_state(entry, State.APPROVED, State.SET_ASIDE)
        }
        letters = _letters(at, waiting)
        drawable, undrawable = _sifted(letters)
        desk = _Desk(at, waiting, progress, total=len(letters))
        desk.set_aside(undrawable)
        if drawable:
            engine = engine_of(workspace)
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            shards = list(_shards(at, list(entries.values()), drawable, engine))
            with shard_pool(_workers(workspace, len(shards))) as pool:
                run_shards(pool, shards, desk.take)
        _tidy(at, folder)
        return Rendered(order.batch, desk.made, folder, (*at.taken_back, *desk.attention))


def _number(entry: DecisionRecord) -> str:
    return (entry.notice.number if entry.notice else None) or ""


def _letters(at: Stage, waiting: Mapping[str, DecisionRecord]) -> dict[str, Letter]:
    with at.ledger.read() as books:
        earlier = books.earlier_steps([entry.notice.id for entry in waiting.values() if entry.notice])
    return {
        number: letter_of(occasion_of(at.frozen, entry, earlier.get(entry.notice.id) if entry.notice else None))
        for number, entry in waiting.items()
    }


def _sifted(letters: Mapping[str, Letter]) -> tuple[dict[str, Letter], dict[str, Message]]:
    """The letters that the fonts can draw, and for the others the characters that no font has."""
    drawable: dict[str, Letter] = {}
    undrawable: dict[str, Message] = {}
    for number, letter in letters.items():
        reason = not_drawable(letter)
        if reason:
            undrawable[number] = reason
        else:
            drawable[number] = letter
    return drawable, undrawable


def not_drawable(letter: Letter) -> Message | None:
    """Why the fonts of this machine cannot draw a letter; None where they can."""
    missing = missing_characters(_text_of(letter.fields))
    if not missing:
        return None
    return say(
        "no font has {characters}; install a font that does (such as fonts-babelstone-han), "
        "or write the name otherwise",
        characters=", ".join(f"{character} (U+{ord(character):04X})" for character in missing),
    )


def _text_of(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "".join(_text_of(each) for each in value.values())
    return "".join(_text_of(each) for each in value) if isinstance(value, Sequence) else ""


def _shards(
    at: Stage, entries: Sequence[DecisionRecord], letters: Mapping[str, Letter], engine: Engine
) -> Iterator[Shard]:
    """Shards whose borders depend on the approval alone, so that a resumed run makes the same files.

    A letter that is e-mailed is a document of its own: the fonts of a shared one hold the characters of all its
    letters, in the order in which they came, and would carry other owners' names into its owner's mailbox.
    """
    grouped: dict[tuple[int, str, bool], list[DecisionRecord]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.notice.id if entry.notice else 0):
        if entry.notice and entry.notice.approval is not None:
            mailed = any(delivery.channel is Channel.EMAIL for delivery in entry.notice.deliveries)
            grouped[entry.notice.approval, template_of(at.frozen, entry), mailed].append(entry)
    with at.ledger.read() as books:
        taken = {Path(shard.file).name for shard in books.shards(at.order.batch)}
    for (approval, template, mailed), members in sorted(grouped.items()):
        frozen = at.frozen.of(members[0])
        alone = mailed or not open_template(frozen.templates / template).shareable
        size = 1 if alone else frozen.settings.letters.shard
        for place in range(0, len(members), size):
            chosen = [letters[n] for n in map(_number, members[place : place + size]) if n in letters]
            if not chosen:
                continue
            stem = template.removesuffix(".docx").replace("/", "-")
            name = _free(f"{stem}-{approval:02d}-{'mail-' * mailed}{place // size + 1:03d}", taken)
            yield Shard(
                name=name,
                template=frozen.templates / template,
                letters=tuple(chosen),
                target=at.workspace.letters(at.order.batch) / f"{name}.pdf",
                engine=engine,
                dated=members[0].notice.date if members[0].notice and members[0].notice.date else at.frozen.batch.as_of,
                limit=float(at.workspace.settings.letters.timeout_seconds),
                compiled=len(members) >= WORTH_COMPILING,
            )


def _free(name: str, taken: set[str]) -> str:
    """The name, or the first with a running number: a proved file, or a half of one, is never written over."""
    for each in (name if again == 0 else f"{name}-r{again}" for again in range(len(taken) + 1)):
        own = re.compile(rf"{re.escape(each)}[ab]*\.pdf")
        if not any(own.fullmatch(file) for file in taken):
            break
    return each


def engine_of(workspace: Workspace) -> Engine:
    """The offices of a workspace, with its font mapping, in the archival form where it asks for that."""
    folder = workspace.root / "output" / ".office"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = tuple(sorted(office_environment(folder).items()))
    return Engine(find(), folder / "profiles", environment, archival=workspace.settings.pdf.archival)


def _workers(workspace: Workspace, shards: int) -> int:
    return max(1, min(shards, workspace.settings.letters.workers or len(os.sched_getaffinity(0))))


@dataclass
class _Desk:
    """Where results come in, one shard at a time: the only one who writes them down."""

    at: Stage
    waiting: Mapping[str, DecisionRecord]
    progress: Progress
    total: int
    made: int = 0
    done: int = 0
    attention: tuple[Message, ...] = ()

    def take(self, result: ShardResult) -> None:
        """Write down what became of a shard, whole."""
        order = self.at.order
        with self.at.ledger.begin() as books:
            for pdf in result.pdfs:
                if not pdf.letters:
                    continue
                file = pdf.path.relative_to(self.at.workspace.root).as_posix()
                shard = books.add_shard(order.batch, file=file, sha256=pdf.sha256, pages=pdf.pages, at=order.at)
                books.set_rendered(
                    [
                        RenderedLetter(self._notice(page.number), shard, page.first_page, page.page_count)
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
            books.set_states(
                [
                    StateChange(delivery.id, State.SET_ASIDE, kind="letter-failed", data=reason.as_data())
                    for number, reason in reasons.items()
                    for delivery in _deliveries(self.waiting[number])
                    if delivery.state in {State.APPROVED, State.SET_ASIDE}
                ],
                by=order.by,
                at=order.at,
            )
        self.attention += tuple(
            say("{notice} set aside: {reason}.", notice=number, reason=reason) for number, reason in reasons.items()
        )
        self._advance(len(reasons))

    def _advance(self, letters: int) -> None:
        self.done += letters
        self.progress(self.done, self.total)

    def _notice(self, number: str) -> int:
        notice = self.waiting[number].notice
        assert notice is not None  # noqa: S101 - only entries with a notice wait for a letter
        return notice.id


def _deliveries(entry: DecisionRecord) -> Sequence[DeliveryRecord]:
    return entry.notice.deliveries if entry.notice else ()


def _tidy(at: Stage, folder: Path) -> None:
    """Remove what a killed office left half done, and PDFs of a cut-off run that the ledger never heard of."""
    sweep_unfinished(folder)
    with at.ledger.read() as books:
        known = {at.workspace.root / shard.file for shard in books.shards(at.order.batch)}
    for path in folder.glob("*.pdf") if folder.is_dir() else ():
        if path not in known:
            path.unlink()
