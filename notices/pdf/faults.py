"""Errors of PDF files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pikepdf import PdfError
from pypdf.errors import PyPdfError
from pypdfium2 import PdfiumError

from notices.errors import Unusable
from notices.messages import say

IN_MEMORY = Path("PDF")  # stands for a PDF in memory in error messages


class DamagedPdf(Unusable):
    """The file is not a PDF, is truncated, or has fewer pages than requested."""


@contextmanager
def pdf_errors(path: Path) -> Iterator[None]:
    """Convert errors of the PDF libraries and of the system into DamagedPdf for `path`."""
    try:
        yield
    except (PyPdfError, PdfiumError, PdfError, OSError) as error:
        raise damaged(path) from error


def damaged(path: Path) -> DamagedPdf:
    """Return the error for a PDF that cannot be used."""
    return DamagedPdf(
        say("{file} is not a complete PDF, or cannot be read.", file=path.name),
        say("Make it again; nothing that depends on it has been changed."),
    )
