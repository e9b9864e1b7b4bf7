"""letter export: each letter of a batch as a PDF of its own, named by unit and owner."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from notices.errors import Refused, Unusable
from notices.files import built_aside
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.lock import settle_files
from notices.flow.batch.redecide import redecide, why_asked, why_changed, why_held
from notices.flow.batch.seals import broken_seals, not_as_approved, refuse_changed_facts
from notices.flow.workspace import Workspace
from notices.ledger import BatchRecord, Books, DecisionRecord, Ledger
from notices.ledger.letters import LetterMate
from notices.messages import Message, say
from notices.model import State
from notices.pdf import DamagedPdf, DocumentInfo, cut, sha256_of
from notices.rules.states import MAY_HAVE_LEFT

MARKER = ".notices-export.json"  # names the files of an export, so that the next one may replace them
LONGEST_STEM = 120  # bytes; with the folder's path Windows allows 260 characters in all
MOST_UNITS = 4  # that the name of a file has in full
NOT_EXPORTED = frozenset({State.PLANNED, State.EXCLUDED, State.APPROVED, State.SET_ASIDE, State.WITHDRAWN})
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ExportedLetter:
    """A letter as it was written: its notice, account and file's name; `accounts` if it is for several units."""

    notice: str
    account: str
    file: str
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LetterExport:
    """The letters that were written, the number of notices without a letter that may be shown, and what is wrong."""

    letters: tuple[ExportedLetter, ...]
    left_out: int
    attention: tuple[Message, ...]


def export_letters(workspace: Workspace, ledger: Ledger, batch: str, folder: Path) -> LetterExport:
    """Write each proved letter of a batch into a folder, which is complete or as it was before.

    What is set aside or withdrawn is left out, and so is a letter that is not as it was proved or approved, or that
    has not left and must not go any more by everything recorded until now. Raises
    UsageMistake for an unknown batch, Refused if the folder has other files than those of an earlier export of this
    batch, Unusable if it cannot be written.
    """
    _refuse_foreign_files(folder, batch)
    settle_files(workspace, ledger, batch, by="letter export")
    with ledger.read() as books:
        record = books.batches.get(batch)
        entries = [it for it in books.batches.decisions(batch) if it.notice is not None]
        proved = [it for it in entries if it.state not in NOT_EXPORTED and it.notice and it.notice.shard]
        broken = broken_seals(books, record, proved)
        waiting = [it for it in proved if it.notice and it.notice.id not in broken and not _has_left(it)]
        stopped = _stopped(workspace, books, record, waiting)
        letters_of = books.letters.mates_of([it.notice.id for it in proved if it.notice])
    letters: list[ExportedLetter] = []
    attention: list[Message] = []
    digests: dict[str, str] = {}
    unchanged: dict[str, bool] = {}
    shown = 0  # notices
    with built_aside(folder.absolute().parent, folder.absolute().name) as partial:
        for (entry, *mates), name in _named(_by_letter(proved, letters_of)):
            notice = entry.notice
            if notice is None or notice.shard is None or notice.number is None:
                continue
            shown += 1 + len(mates)
            faults = [(it, broken[it.notice.id]) for it in (entry, *mates) if it.notice and it.notice.id in broken]
            if faults:
                attention += [not_as_approved(it, why) for it, why in faults]
                continue
            held = [(it.notice.number, stopped[it.id]) for it in (entry, *mates) if it.notice and it.id in stopped]
            if held:
                attention += [
                    say("{notice}: left out, because it must not go any more: {why}.", notice=number, why=why)
                    for number, why in held
                ]
                continue
            content = _letter(workspace, entry, unchanged)
            if content is None:
                attention.append(
                    say(
                        "{notice}: left out, because {file} is gone or was changed since rendering; render it again.",
                        notice=notice.number,
                        file=notice.shard.file,
                    )
                )
                continue
            (partial / name).write_bytes(content)
            digests[name] = sha256(content).hexdigest()
            accounts = tuple(it.account.key for it in (entry, *mates)) if mates else ()
            letters.append(ExportedLetter(notice.number, entry.account.key, name, accounts))
        (partial / MARKER).write_text(json.dumps({"batch": batch, "files": digests}, ensure_ascii=False), "utf-8")
    return LetterExport(tuple(letters), len(entries) - shown, tuple(attention))


def _stopped(
    workspace: Workspace, books: Books, batch: BatchRecord, waiting: Sequence[DecisionRecord]
) -> dict[int, Message]:
    """Return why letters that have not left must not go any more, by decision (id); changes nothing."""
    if not waiting:
        return {}
    refuse_changed_facts(books)
    now = redecide(books, batch, waiting, Frozen(workspace, batch).policy)
    return {
        **{entry.id: why_changed(books, batch, entry, decision) for entry, decision in now.changed},
        **{entry.id: why_asked(question) for entry, question in now.asked},
        **{entry.id: why_held(books, batch, now, causes) for entry, causes in now.held},
    }


def _has_left(entry: DecisionRecord) -> bool:
    """Return whether a notice went out by one of its ways: its letter is then what the owner has."""
    return any(
        way.state in MAY_HAVE_LEFT - {State.SPOOLED} for way in (entry.notice.deliveries if entry.notice else ())
    )


def _letter(workspace: Workspace, entry: DecisionRecord, unchanged: dict[str, bool]) -> bytes | None:
    """Return a notice's letter; None if its file is not the one that was proved."""
    notice = entry.notice
    assert notice is not None and notice.shard is not None and notice.number and notice.date  # noqa: S101, PT018 - chosen so
    source = workspace.root / notice.shard.file
    if notice.shard.file not in unchanged:
        unchanged[notice.shard.file] = source.is_file() and sha256_of(source) == notice.shard.sha256
    if not unchanged[notice.shard.file]:
        return None
    known = workspace.settings.estate(entry.account.estate)
    info = DocumentInfo(notice.number, "en" if known and known.language == "en" else "zh-CN", notice.date)
    try:
        return cut(source, notice.first_page or 0, notice.pages or 0, info)
    except DamagedPdf:
        return None


def _refuse_foreign_files(folder: Path, batch: str) -> None:
    """Raise Refused unless the folder is missing, empty, or exactly what an export of this batch wrote."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise Refused(say("{folder} is not a folder.", folder=folder), say("Give --to another name."))
    if not folder.is_dir():
        if not folder.absolute().parent.is_dir():
            raise Unusable(
                say("There is no folder {folder}.", folder=folder.absolute().parent), say("Make it, or give another.")
            )
        return
    known = _earlier_export(folder, batch)
    foreign = [it.name for it in sorted(folder.iterdir()) if it.name != MARKER and not _is_as_written(it, known)]
    if foreign:
        raise Refused(
            say(
                "{folder} has files that no export of batch {batch} wrote: {file}.",
                folder=folder,
                batch=batch,
                file=foreign[0],
            ),
            say("Give --to an empty or new folder; this one is left as it is."),
        )


def _earlier_export(folder: Path, batch: str) -> Mapping[str, str]:
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        told = json.loads((folder / MARKER).read_text("utf-8"))
        if told["batch"] == batch:
            return dict(told["files"])
    return {}


def _is_as_written(file: Path, known: Mapping[str, str]) -> bool:
    return file.is_file() and not file.is_symlink() and known.get(file.name) == sha256_of(file)


def _by_letter(
    entries: Sequence[DecisionRecord], mates: Mapping[int, Sequence[LetterMate]]
) -> list[Sequence[DecisionRecord]]:
    """Return the entries of each letter, the one whose notice leads it first; letters in the order of the entries."""
    known = {it.notice.id: it for it in entries if it.notice}
    letters: list[Sequence[DecisionRecord]] = []
    done: set[int] = set()
    for entry in entries:
        own = entry.notice.id if entry.notice else 0
        if own in done:
            continue
        inside = [known[it] for it in dict.fromkeys(mate.notice_id for mate in mates.get(own, ())) if it in known]
        letters.append(inside or [entry])
        done.update(it.notice.id for it in letters[-1] if it.notice)
    return letters


def _stem(letter: Sequence[DecisionRecord]) -> str:
    """Return the name of a letter's file by units and owner; of many units, the first and their count."""
    units = [it.account.printed_unit for it in letter]
    named = "、".join(units) if len(units) <= MOST_UNITS else f"{units[0]} +{len(units) - 1}"
    return readable_stem(f"{named} {letter[0].account.owner}")


def _named(letters: Sequence[Sequence[DecisionRecord]]) -> Iterator[tuple[Sequence[DecisionRecord], str]]:
    """Yield each letter with its file's name; two that would be alike, whatever their case, get their numbers too."""
    stems = [_stem(letter) for letter in letters]
    counted: dict[str, int] = {}
    for stem in stems:
        counted[_as_compared(stem)] = counted.get(_as_compared(stem), 0) + 1
    taken: set[str] = set()
    for letter, stem in zip(letters, stems, strict=True):
        number = letter[0].notice.number if letter[0].notice else None
        name = stem if counted[_as_compared(stem)] == 1 else f"{stem} {readable_stem(number or '')}"
        turn = 1
        while _as_compared(name) in taken:
            turn += 1
            name = f"{stem} {readable_stem(number or '')} {turn}"
        taken.add(_as_compared(name))
        yield letter, f"{name}.pdf"


def _as_compared(name: str) -> str:
    """Return a name as Windows and macOS compare it."""
    return unicodedata.normalize("NFC", name).casefold()


def readable_stem(text: str) -> str:
    """Return a text as the name of a file that every system accepts, without its ending; at most LONGEST_STEM bytes."""
    plain = "".join(it for it in unicodedata.normalize("NFC", text) if it.isprintable())
    name = " ".join(FORBIDDEN.sub("_", plain).split()).strip(". ")
    name = name.encode()[:LONGEST_STEM].decode(errors="ignore").rstrip(". ")
    return f"_{name}" if RESERVED.match(name) or not name else name
