"""The head of the ledger outside the ledger: by it an old copy that was put back is recognised.

The file is append-only, a JSON object a line: after each commit the id and link of the last event, and what a copy of
the ledger cannot know of the time after it: which notices left or came back, how far the series of numbers have run,
and how many payments, holds, claims, renames and other things were entered. It has no names, addresses or sums. A last
line that was cut off is ignored.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from notices.errors import Unusable
from notices.files import lock, sync_folder, write_whole
from notices.ledger.records import Head
from notices.messages import say
from notices.model import Channel, State

TAIL = 16 * 1024  # bytes that hold the last line, usually; a commit with many letters has a longer one
LARGEST = 16 * 1024 * 1024  # bytes; then the older half goes
MARK = ".head"  # name of a single head, kept with what has left


@dataclass(frozen=True, slots=True)
class Movement:
    """A delivery that left, may have left, or did not after all; `job` is its print job.

    Of a letter of reply, `letter` is the kind ("" if only a file tells of it), `notice` its own number, and `about` the
    notice that it replies to; of a notice, `letter` is None.
    """

    notice: str
    channel: Channel
    state: State
    message_id: str | None = None
    sha256: str | None = None
    job: str | None = None
    letter: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class HeadEntry:
    """A line of the file: the head after a commit, and what happened before it.

    That is the movements, the print jobs whose hand-over went on, the next number of each series, and how many things
    of each kind (of event) were entered.
    """

    head: Head
    at: datetime
    moved: tuple[Movement, ...] = ()
    handed: tuple[str, ...] = ()
    series: Mapping[str, int] = field(default_factory=dict)
    entered: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HeadFile:
    """The file beside the ledger."""

    path: Path

    def newest(self) -> HeadEntry | None:
        """Return the newest entry, None if there is no file or nothing in it can be read."""
        with _unusable(self.path):
            try:
                size = self.path.stat().st_size
            except FileNotFoundError:
                return None
            length = TAIL
            while True:
                with self.path.open("rb") as file:
                    file.seek(max(size - length, 0))
                    lines = file.read().split(b"\n")
                # The first piece is cut off unless the whole file was read; the last one is empty, or cut off.
                found = [entry for line in lines[0 if length >= size else 1 : -1] if (entry := _read(line))]
                if found or length >= size:
                    return max(found, key=lambda entry: entry.head.id, default=None)
                length *= 16

    def entries(self) -> list[HeadEntry]:
        """Return all entries in the order of their events."""
        with _unusable(self.path):
            if not self.path.exists():
                return []
            lines = self.path.read_bytes().split(b"\n")[:-1]
            return sorted(filter(None, map(_read, lines)), key=lambda entry: entry.head.id)

    def append(self, entry: HeadEntry) -> None:
        """Append an entry; it survives a power cut. Raises Unusable if it cannot be written."""
        with _unusable(self.path), self._locked() as descriptor:
            size = os.fstat(descriptor).st_size
            cut_off = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.lseek(descriptor, 0, os.SEEK_END)
            _write_all(descriptor, b"\n" * cut_off + _line(entry))
            os.fdatasync(descriptor)
            if size == 0:
                sync_folder(self.path.parent)
            if size > LARGEST:
                self._drop_older_half()

    def begin_anew(self, entry: HeadEntry) -> None:
        """Replace all entries by one. Raises Unusable if it cannot be written."""
        with _unusable(self.path), self._locked():
            write_whole(self.path, _line(entry))

    def _drop_older_half(self) -> None:
        entries = self.entries()
        older, newer = entries[: len(entries) // 2], entries[len(entries) // 2 :]
        series = farthest(each.series for each in older)
        if older:
            newer.insert(0, HeadEntry(older[-1].head, older[-1].at, series=series))
        write_whole(self.path, b"".join(map(_line, newer)))

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Lock the file; another process may just have replaced it, then lock the new one."""
        while True:
            descriptor = lock(self.path)
            try:
                held = os.fstat(descriptor)
                if self.path.exists() and os.path.samestat(held, self.path.stat()):
                    yield descriptor
                    return
            finally:
                os.close(descriptor)


def write_mark(folder: Path, entry: HeadEntry) -> None:
    """Keep one head in a folder, in place of the one before. Raises Unusable if it cannot be written."""
    with _unusable(folder / MARK):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(folder / MARK, _line(entry))


def read_mark(folder: Path) -> HeadEntry | None:
    """Return the head kept in a folder; None if there is none or it cannot be read."""
    try:
        return _read((folder / MARK).read_bytes())
    except OSError:
        return None


def farthest(series: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the highest next number of each series."""
    found: dict[str, int] = {}
    for each in series:
        for pattern, following in each.items():
            found[pattern] = max(following, found.get(pattern, 0))
    return found


def _line(entry: HeadEntry) -> bytes:
    document: dict[str, Any] = {"id": entry.head.id, "link": entry.head.link, "at": entry.at.isoformat()}
    if entry.moved:
        document["moved"] = [
            [
                *(each.notice, each.channel.value, each.state.value, each.message_id, each.sha256, each.job),
                *(() if each.letter is None else (each.letter, each.about)),
            ]
            for each in entry.moved
        ]
    if entry.handed:
        document["handed"] = list(entry.handed)
    if entry.series:
        document["series"] = dict(entry.series)
    if entry.entered:
        document["entered"] = dict(entry.entered)
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _read(line: bytes) -> HeadEntry | None:
    """Read a line; None if it was cut off or is none of ours."""
    try:
        document = json.loads(line)
        return HeadEntry(
            Head(int(document["id"]), str(document["link"])),
            datetime.fromisoformat(document["at"]),
            tuple(
                Movement(notice, Channel(channel), State(state), message_id, sha256, job, *letter)
                for notice, channel, state, message_id, sha256, job, *letter in document.get("moved", ())
            ),
            tuple(map(str, document.get("handed", ()))),
            {str(pattern): int(following) for pattern, following in document.get("series", {}).items()},
            {str(kind): int(number) for kind, number in document.get("entered", {}).items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


@contextmanager
def _unusable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unusable(
            say("{file} cannot be used: {mistake}.", file=path, mistake=error.strerror or str(error)),
            say(
                "The program keeps there how new the ledger is. Free some disk space and check that the file can be "
                "written, then run the command again."
            ),
        ) from error
