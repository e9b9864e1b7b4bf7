"""E-mails and print jobs on disk: what has left, or was made ready to leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from notices.flow.workspace import Workspace
from notices.ledger import Books
from notices.post import KeptMessage, file_stem, read_kept
from notices.press import ManifestRow, read_manifest

JOB_NUMBER = r"{batch}-P\d+"


@dataclass(frozen=True)
class DepartedMail:
    """An e-mail in a batch's outbox or among its copies of what was sent.

    `number` is that of its notice; None if the file's name does not tell it.
    """

    batch: str
    path: Path
    number: str | None

    @cached_property
    def content(self) -> bytes:
        """Content of the file."""
        return self.path.read_bytes()

    @property
    def sha256(self) -> str:
        """SHA-256 of the file."""
        return sha256(self.content).hexdigest()

    @cached_property
    def kept(self) -> KeptMessage:
        """Headers that identify the message."""
        return read_kept(self.content)


@dataclass(frozen=True)
class DepartedJob:
    """A print job's folder."""

    batch: str
    number: str
    folder: Path

    @cached_property
    def rows(self) -> tuple[ManifestRow, ...]:
        """Rows of its manifest; empty if that is missing or unreadable."""
        return read_manifest(self.folder / "manifest.csv")


def departed_mails(workspace: Workspace, batch: str, books: Books) -> Iterator[DepartedMail]:
    """Yield the e-mails of a batch, each notice's once, the copy of what was sent first."""
    numbers = {file_stem(summary.number): summary.number for summary in books.batches.summaries(batch)}
    seen: set[str] = set()
    for folder in (workspace.sent(batch), workspace.outbox(batch)):
        for path in sorted(folder.glob("*.eml")):
            if path.stem not in seen:
                seen.add(path.stem)
                yield DepartedMail(batch, path, numbers.get(path.stem) or _number_in(path.stem))


def departed_jobs(workspace: Workspace, batch: str) -> Iterator[DepartedJob]:
    """Yield the print jobs of a batch that have a folder, the folder in the batch's print jobs first."""
    ours = re.compile(JOB_NUMBER.format(batch=re.escape(batch)))
    seen: set[str] = set()
    for place in (workspace.print_jobs(batch), workspace.sent(batch)):
        for folder in sorted(place.iterdir()) if place.is_dir() else ():
            if folder.is_dir() and ours.fullmatch(folder.name) and folder.name not in seen:
                seen.add(folder.name)
                yield DepartedJob(batch, folder.name, folder)


def departed_letters(workspace: Workspace, batch: str) -> Iterator[DepartedMail]:
    """Yield the e-mails of a batch's letters of reply."""
    for path in sorted((workspace.batch(batch) / "replies").glob("*.eml")):
        yield DepartedMail(batch, path, _number_in(path.stem))


def departed_letter_jobs(workspace: Workspace) -> Iterator[DepartedJob]:
    """Yield the print jobs of letters of reply."""
    place = workspace.letter_jobs
    for folder in sorted(place.iterdir()) if place.is_dir() else ():
        if folder.is_dir() and re.fullmatch(r"replies-P\d+", folder.name):
            yield DepartedJob("replies", folder.name, folder)


def _number_in(stem: str) -> str | None:
    """Return the number that a file's name is; a name with a dot only stands for one."""
    return stem if file_stem(stem) == stem else None
