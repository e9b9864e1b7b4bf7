"""What can go wrong with a PDF, as an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pikepdf import PdfError
from pypdf.errors import PyPdfError
from pypdfium2 import PdfiumError

from notices.errors import Unusable
from notices.messages import say

IN_MEMORY = Path("PDF")  # what is called so has no file


class DamagedPdf(Unusable):
    """A file that is not a PDF, is cut off, or has fewer pages than were asked of it."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the libraries and the system say of `path` into DamagedPdf."""
    try:
        yield
    except (PyPdfError, PdfiumError, PdfError, OSError) as error:
        raise damaged(path) from error


def damaged(path: Path) -> DamagedPdf:
    """The error for a PDF that cannot be used."""
    return DamagedPdf(
        say("{file} is not a whole PDF, or cannot be read.", file=path.name),
        say("Make it again; nothing that depends on it has been changed."),
    )
