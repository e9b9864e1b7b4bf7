"""The program with workers that draw a page a letter at once in place of LibreOffice, and the most memory it took.

Called as `pretending.py COMMAND...`; the last line on standard error is the peak of its own memory in KiB.
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
from notices.flow.rendering import offices, render
from notices.letters.shards.shard import LetterPages, MadePdf, Shard, ShardResult
from notices.press import proof


class Drawers:
    """In place of a `ShardPool`: whatever it is given is done when it has been given."""

    def __init__(self, _workers: int) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def kill(self) -> None:
        """There is nobody to kill."""

    def submit(self, _function: object, work: object, *_: object) -> Future[Any]:
        """Draw the letters, where there are any."""
        future: Future[Any] = Future()
        future.set_result(drawn(work) if isinstance(work, Shard) else None)
        return future


def drawn(shard: Shard) -> ShardResult:
    """A page a letter, with its number."""
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
    return ShardResult(shard.name, (MadePdf(shard.target, digest, len(letters), letters),), ())


def tell_peak() -> None:
    """Of this program alone: what getrusage tells begins with the size of whoever started it."""
    found = re.search(r"VmHWM:\s+([0-9]+) kB", Path("/proc/self/status").read_text())
    sys.stderr.write(f"{found[1] if found else ''}\n")


if __name__ == "__main__":
    atexit.register(tell_peak)
    render.shard_pool = offices.shard_pool = Drawers  # type: ignore[assignment,misc]  # as far as render asks of it
    # These pages carry no fonts, and no address for an envelope's window.
    setattr(proof, "missing_fonts", lambda _: ())  # noqa: B010 - to mypy the module's functions are constants
    setattr(proof, "misplaced", lambda *_: None)  # noqa: B010 - the same
    main()
