"""Files of a batch that every machine must see, brought before a command works on it and kept after.

`[ledger] files` says where they are kept: in the workspace, for one machine; in the ledger's database; or in a shared
folder. Commands always work on files of their own workspace. Whoever has the batch's turn first brings what others have
made, and in the end keeps what is new here; so nobody ever works on half of it. A ledger that is older than the last
turn here takes nothing from this machine: what it does not name may be all that shows what has left.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from notices.errors import NoticesError, Refused, Unusable
from notices.files import beside, private_folder, sync_folder, write_whole
from notices.flow.batch.seals import LOCK_FILE
from notices.flow.workspace import Workspace
from notices.ledger import Books, Head, HeadFile, Ledger, StoredFile, Turn
from notices.messages import say
from notices.pdf import sha256_of
from notices.safe_text import safe

LETTERS = "letters"  # instead of a batch's name: the print jobs of letters of reply, which may be of several batches
IN_OUTPUT = ("letters", "outbox", "print", "replies/outbox")  # the rest is made again where it is needed
AT_A_TIME = 32 * 2**20  # bytes kept in one transaction
FROZEN = "approval-"
Mark = tuple[int, int]  # size and time of change: a file with the same is not read again


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """The files of a batch where they are kept for all machines."""

    workspace: Workspace
    batch: str

    @property
    def folder(self) -> Path | None:
        """Shared folder; None if the files are kept in the ledger."""
        return self.workspace.shared_files

    def places(self) -> list[Path]:
        """Return the folders whose files are kept."""
        output = self.workspace.output(self.batch)
        jobs = [self.workspace.letter_jobs] if self.batch == LETTERS else []
        return [self.workspace.batch(self.batch), *(output / name for name in IN_OUTPUT), *jobs]

    def refuse_strange(self, paths: Iterable[str]) -> None:
        """Refuse paths of anything but this batch's files: whoever can write to the database would write here."""
        if strange := sorted(path for path in paths if not self._is_own(path)):
            raise Refused(
                say(
                    "{count} file(s) that the ledger names for batch {batch} are no files of it; nothing was written.",
                    count=len(strange),
                    batch=self.batch,
                ),
                say("Somebody has changed the ledger: restore it from a backup, then `notices ledger verify`."),
                [say("{file}", file=safe(path)) for path in strange],
            )

    def _is_own(self, path: str) -> bool:
        parts = path.split("/")
        if "\0" in path or any(part in {"", ".", ".."} for part in parts):
            return False
        for place in self.places():
            inside = place.relative_to(self.workspace.root).parts
            if (*parts[: len(inside)],) == inside and len(parts) > len(inside):
                return _is_finished(parts[len(inside) :])
        return False

    def fetched(self, books: Books, file: StoredFile) -> Mark | None:
        """Bring one file; return None if it was not there as it was kept."""
        target = self.workspace.root / file.path
        private_folder(target.parent)
        partial = beside(target, "partial")
        partial.unlink(missing_ok=True)
        seen = sha256()
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as made:
            for piece in self._content(books, file.path):
                seen.update(piece)
                made.write(piece)
        if seen.hexdigest() != file.sha256:
            partial.unlink()
            return None
        partial.replace(target)
        return _mark_of(target.stat())

    def _content(self, books: Books, path: str) -> Iterator[bytes]:
        if self.folder is None:
            yield from books.files.content(path)
            return
        with suppress(FileNotFoundError), (self.folder / path).open("rb") as source:
            while piece := source.read(2**20):
                yield piece


@dataclass
class BatchFiles:
    """The files of a batch here and where they are kept; `known` are those that both had at the last turn here."""

    workspace: Workspace
    ledger: Ledger
    batch: str
    known: dict[str, tuple[str, Mark]] = field(default_factory=dict)

    @property
    def _kept(self) -> KeptFiles:
        return KeptFiles(self.workspace, self.batch)

    @property
    def _memory(self) -> Path:
        return self.workspace.batches / f".{self.batch}.files"

    def bring(self, turn: Turn, *, interrupted_here: bool) -> None:
        """Bring what is kept and not here, or is here in another version; remove what others have removed.

        From a ledger older than the last turn here only what is missing is brought, and nothing is removed. After a
        command that was cut off here, what it made is kept first. Raises Unusable, naming each file, if one is
        not where it is kept; Refused, before anything is written, if one would lie outside the batch.
        """
        self.known, last = self._remembered()
        if last is None and (newest := HeadFile(self.workspace.heads).newest()) is not None:
            last = newest.head
        with self.ledger.read() as books:
            older = last is not None and not books.events.knows(last)
        if older:
            self.known = {}
        elif interrupted_here:
            self._keep()
        here, missing = self._here(), list[str]()
        with self.ledger.read() as books:
            kept = books.files.of_batch(self.batch)
            self._kept.refuse_strange(kept)
            for path, file in kept.items():
                is_here = self._is_here(file, here.get(path)) or (older and path in here)
                if not is_here and not self._fetched(books, file):
                    missing.append(path)
        for path, (digest, mark) in list(self.known.items()):
            if path not in kept:
                del self.known[path]
                if here.get(path) == mark and sha256_of(self.workspace.root / path) == digest:
                    (self.workspace.root / path).unlink()
        self._remember()
        if missing:
            raise self._missing(missing, turn)

    def _fetched(self, books: Books, file: StoredFile) -> bool:
        mark = self._kept.fetched(books, file)
        if mark is not None:
            self.known[file.path] = (file.sha256, mark)
        return mark is not None

    def keep(self, turn: Turn) -> None:
        """Keep what is new here, and drop what is here no more; then others may bring it."""
        self._keep()
        self.ledger.turns.ended(turn)

    def _keep(self) -> None:
        here = self._here()
        with self.ledger.read() as books:
            kept = books.files.of_batch(self.batch)
        new = [file for path, mark in here.items() if (file := self._news(path, mark, kept.get(path)))]
        gone = [path for path in self.known if path in kept and path not in here]
        for portion in _portions(new):
            if self._kept.folder is not None:
                for file in portion:
                    _copy(self.workspace.root / file.path, self._kept.folder / file.path)
            with self.ledger.begin() as books:
                for file in portion:
                    source = self.workspace.root / file.path if self._kept.folder is None else None
                    books.files.keep(self.batch, file, source)
        if gone:
            with self.ledger.begin() as books:
                for path in gone:
                    books.files.drop(path)
            for path in gone:
                del self.known[path]
                if self._kept.folder is not None:
                    (self._kept.folder / path).unlink(missing_ok=True)
        self._remember()

    def _news(self, path: str, mark: Mark, kept: StoredFile | None) -> StoredFile | None:
        """Return a file of this workspace if it is not kept as it is now."""
        before = self.known.get(path)
        digest = before[0] if before and before[1] == mark else sha256_of(self.workspace.root / path)
        self.known[path] = (digest, mark)
        there = self._kept.folder is None or (self._kept.folder / path).is_file()
        return None if kept and kept.sha256 == digest and there else StoredFile(path, digest, mark[0])

    def _is_here(self, file: StoredFile, mark: Mark | None) -> bool:
        if mark is None:
            return False
        if self.known.get(file.path) == (file.sha256, mark):
            return True
        if mark[0] != file.size or sha256_of(self.workspace.root / file.path) != file.sha256:
            return False
        self.known[file.path] = (file.sha256, mark)
        return True

    def _here(self) -> dict[str, Mark]:
        """Return every finished file of the batch in this workspace."""
        return {
            path.relative_to(self.workspace.root).as_posix(): mark
            for place in self._kept.places()
            for path, mark in _in(place)
        }

    def _remembered(self) -> tuple[dict[str, tuple[str, Mark]], Head | None]:
        """Return the files of the last turn here, and the ledger's head then (None if an earlier version wrote it)."""
        try:
            told: Mapping[str, Any] = json.loads(self._memory.read_bytes())
            last = Head(int(told["head"][0]), str(told["head"][1])) if "head" in told else None
            files: Mapping[str, Any] = told["files"] if "head" in told else told
            return {path: (digest, (size, time)) for path, (digest, size, time) in files.items()}, last
        except (OSError, ValueError, TypeError, LookupError):
            return {}, None

    def _remember(self) -> None:
        if self.known or self._memory.exists():
            with self.ledger.read() as books:
                head = books.events.head()
            files = {path: (digest, *mark) for path, (digest, mark) in self.known.items()}
            told = {"head": head, "files": files}
            write_whole(self._memory, json.dumps(told).encode(), durable=False)

    def _missing(self, paths: list[str], turn: Turn) -> Unusable:
        place = say("the ledger") if self._kept.folder is None else say("{folder}", folder=self._kept.folder)
        details = [say("{file}", file=path) for path in sorted(paths)]
        if turn.left_by is not None:
            remedy = say(
                "{name} worked on it last, on {machine}, and was cut off: run `notices resume {batch}` there.",
                name=turn.left_by.by,
                machine=turn.left_by.machine,
                batch=self.batch,
            )
        else:
            remedy = say("Restore them from a backup of that place, or run the command where these files still are.")
        return Unusable(
            say(
                "{count} file(s) of batch {batch} are missing in {place}, or are not as they were kept.",
                count=len(paths),
                batch=self.batch,
                place=place,
            ),
            remedy,
            details,
        )


def bring_missing(workspace: Workspace, books: Books, batch: str, wanted: Iterable[str]) -> None:
    """Bring those kept files of a batch that are missing here, to be read: paths of files, or of their folders.

    Nobody's turn is needed: each file is compared with its SHA-256, and nothing that is here is replaced. What is not
    where it was kept stays missing.
    """
    names = [name for name in wanted if not (workspace.root / name).is_file()]
    if not workspace.shares_files or not names:
        return
    files = KeptFiles(workspace, batch)
    inside = {
        path: file
        for path, file in books.files.of_batch(batch).items()
        if any(_lies_in(path, name) for name in names) and not (workspace.root / path).exists()
    }
    files.refuse_strange(inside)
    for file in inside.values():
        files.fetched(books, file)


def _lies_in(path: str, name: str) -> bool:
    return path == name or path.startswith(f"{name}/")


def _in(folder: Path, *, hidden: bool = False) -> Iterator[tuple[Path, Mark]]:
    """Yield the files in a folder; hidden ones only where an approval froze them: others are half-written or marks."""
    if not folder.is_dir() or folder.is_symlink():
        return
    for entry in sorted(os.scandir(folder), key=lambda each: each.name):
        if (entry.name.startswith(".") and not hidden) or LOCK_FILE.fullmatch(entry.name):
            continue
        state = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(state.st_mode):
            yield from _in(Path(entry.path), hidden=hidden or entry.name.startswith(FROZEN))
        elif stat.S_ISREG(state.st_mode):
            yield Path(entry.path), _mark_of(state)


def _is_finished(parts: list[str]) -> bool:
    """Return whether `_in` would yield a file of this path."""
    hidden = False
    for part in parts:
        if (part.startswith(".") and not hidden) or LOCK_FILE.fullmatch(part):
            return False
        hidden = hidden or part.startswith(FROZEN)
    return True


def _mark_of(state: os.stat_result) -> Mark:
    return state.st_size, state.st_mtime_ns


def _portions(files: list[StoredFile]) -> Iterator[list[StoredFile]]:
    portion: list[StoredFile] = []
    for file in files:
        portion.append(file)
        if sum(each.size for each in portion) >= AT_A_TIME:
            yield portion
            portion = []
    if portion:
        yield portion


def _copy(source: Path, target: Path) -> None:
    """Copy a file into the shared folder: whole, durable, and for nobody else to read."""
    try:
        private_folder(target.parent)
        partial = beside(target, "partial")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as made, source.open("rb") as read:
            shutil.copyfileobj(read, made, 2**20)
            made.flush()
            os.fsync(descriptor)
        partial.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise Unusable(
            say("{file} cannot be written: {mistake}.", file=target, mistake=error.strerror or str(error)),
            say(
                "Every machine needs the folder of `[ledger] files`: see that it is mounted, can be written and has "
                "space, then run `notices resume BATCH`."
            ),
        ) from error


def kept_after(files: BatchFiles, turn: Turn, failure: BaseException | None) -> None:
    """Keep the files after a command; if that failed, its own failure is the one to tell."""
    try:
        files.keep(turn)
    except NoticesError:
        if failure is None:
            raise
