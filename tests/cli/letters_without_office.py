"""Letters of a batch as blank pages: for what happens after rendering, where the office would only cost time."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from desk import Desk
from pypdf import PdfWriter

from notices.ledger import Ledger, RenderedLetter


def pretend_to_render(desk: Desk, batch: str = "b", *, padding: int = 0) -> Path:
    """One PDF with a page for each notice of a batch; `padding` bytes make it as large as a letter with a picture."""
    ledger = Ledger.open(f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}")
    with ledger.read() as books:
        notices = [entry.notice for entry in books.decisions(batch) if entry.notice]
    file = desk.folder / "output" / batch / "letters" / "blank.pdf"
    file.parent.mkdir(parents=True, exist_ok=True)
    writer = PdfWriter()
    for _ in notices:
        writer.add_blank_page(595, 842)
    writer.write(file)
    with ledger.begin() as books:
        now = datetime.now(UTC)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        path = file.relative_to(desk.folder).as_posix()
        shard = books.add_shard(batch, file=path, sha256=digest, pages=len(notices), at=now)
        letters = [RenderedLetter(notice.id, shard, page, 1) for page, notice in enumerate(notices, start=1)]
        books.set_rendered(letters, at=now, by="Renderer")
    ledger.close()
    return file
