"""Run the program with a stand-in for LibreOffice that draws one page per letter, and report its peak memory.

Called as `pretending.py COMMAND...`; the last line on standard error is the process's peak memory in KiB.
"""

from __future__ import annotations

import atexit
import hashlib
import re
import sys
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from notices.cli import main
from notices.flow.mailing import build_ahead, message
from notices.flow.rendering import offices, render
from notices.letters.shards.shard import LetterPages, Shard, ShardPdf, ShardResult
from notices.press import proof


class Drawers:
    """Replacement for `WorkerPool` that does each task at once, when it is submitted."""

    def __init__(self, _workers: int) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def kill(self) -> None:
        """Do nothing; there are no workers to kill."""

    def submit(self, _function: object, work: object, *_: object) -> Future[Any]:
        """Draw the letters, if there are any."""
        future: Future[Any] = Future()
        future.set_result(drawn(work) if isinstance(work, Shard) else None)
        return future


def drawn(shard: Shard) -> ShardResult:
    """Draw one page per letter, with its number."""
    writer = PdfWriter()
    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font = writer._add_object(DictionaryObject({NameObject(key): NameObject(name) for key, name in names.items()}))
    fonts = DictionaryObject({NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})})
    for letter in shard.letters:
        page, content = writer.add_blank_page(595, 842), DecodedStreamObject()
        content.set_data(f"BT /F1 10 Tf 70 400 Td ({letter.number}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
        page[NameObject("/Resources")] = fonts
    writer.write(shard.target)
    digest = hashlib.sha256(shard.target.read_bytes()).hexdigest()
    letters = tuple(LetterPages(letter.number, place, 1) for place, letter in enumerate(shard.letters, start=1))
    return ShardResult(shard.name, (ShardPdf(shard.target, digest, len(letters), letters),), ())


def tell_peak() -> None:
    """Write this process's peak memory to standard error; getrusage would start from the parent's size."""
    found = re.search(r"VmHWM:\s+([0-9]+) kB", Path("/proc/self/status").read_text())
    sys.stderr.write(f"{found[1] if found else ''}\n")


if __name__ == "__main__":
    atexit.register(tell_peak)
    render.fonts_of = lambda *_: None  # drawn pages have no fonts of a batch: e-mailed ones are documents of their own
    render.office_pool = offices.office_pool = Drawers  # type: ignore[assignment,misc]  # implements what render uses
    # These pages have no embedded fonts and no address in the envelope window.
    setattr(proof, "missing_fonts", lambda _: ())  # noqa: B010 - mypy forbids assigning to a function
    setattr(proof, "window_problem", lambda *_: None)  # noqa: B010 - the same
    # Nor do they show an owner, a unit or a total, which is read back from each e-mail, here in this process.
    build_ahead.FEW = sys.maxsize
    setattr(message, "refuse_wrong_attachment", lambda *_: None)  # noqa: B010 - the same
    main()
