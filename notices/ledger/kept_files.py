"""Files of batches that every machine must see: where they are kept, and their content if that is the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, insert, select

from notices.ledger import schema
from notices.ledger.base import Book

PART = 8 * 2**20  # bytes of a file that are in memory at a time
its = schema.files.c


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A kept file: its path in a workspace, SHA-256 and size."""

    path: str
    sha256: str
    size: int


class FilesBook(Book):
    """Ledger operations for the files of batches."""

    def of_batch(self, batch: str) -> dict[str, StoredFile]:
        """Return the kept files of a batch by their paths."""
        wanted = select(its.path, its.sha256, its.size).where(its.batch == batch, its.part == 0)
        return {row.path: StoredFile(row.path, row.sha256, row.size) for row in self.connection.execute(wanted)}

    def content(self, path: str) -> Iterator[bytes]:
        """Yield the content of a file in parts; nothing if it is kept elsewhere."""
        wanted = select(its.part).where(its.path == path, its.content.is_not(None)).order_by(its.part)
        for part in self.connection.execute(wanted).scalars().all():
            one = select(its.content).where(its.path == path, its.part == part)
            yield self.connection.execute(one).scalar_one()

    def keep(self, batch: str, file: StoredFile, source: Path | None) -> None:
        """Keep a file in place of the one before, with the content of `source` unless that is kept elsewhere."""
        self.drop(file.path)
        row = {"path": file.path, "batch": batch, "sha256": file.sha256, "size": file.size}
        if source is None:
            self.connection.execute(insert(schema.files), [{**row, "part": 0, "content": None}])
            return
        with source.open("rb") as content:
            part = 0
            while (piece := content.read(PART)) or not part:
                self.connection.execute(insert(schema.files), [{**row, "part": part, "content": piece}])
                part += 1

    def drop(self, path: str) -> None:
        """Keep a file no longer."""
        self.connection.execute(delete(schema.files).where(its.path == path))
