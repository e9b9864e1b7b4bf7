"""Blank pages as the letters of a batch, to test the steps after rendering without LibreOffice."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from desk import Desk
from pypdf import PdfWriter

from notices.ledger import Ledger, RenderedLetter


def pretend_to_render(desk: Desk, batch: str = "b") -> Path:
    """Make one PDF with a blank page that serves as every notice's letter."""
    ledger = Ledger.open(f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}")
    with ledger.read() as books:
        notices = [entry.notice for entry in books.batches.decisions(batch) if entry.notice]
    file = desk.folder / "output" / batch / "letters" / "blank.pdf"
    file.parent.mkdir(parents=True, exist_ok=True)
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    writer.write(file)
    with ledger.begin() as books:
        now = datetime.now(UTC)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        path = file.relative_to(desk.folder).as_posix()
        shard = books.notices.add_shard(batch, file=path, sha256=digest, pages=1, at=now)
        letters = [RenderedLetter(notice.id, shard, 1, 1) for notice in notices]
        books.notices.set_rendered(letters, at=now, by="Renderer")
    ledger.close()
    return file
