"""A password on a PDF."""

from __future__ import annotations

from pathlib import Path

from pypdf import PdfReader, PdfWriter

from notices.pdf.faults import reading
from notices.pdf.files import whole_file


def lock(path: Path, password: str) -> None:
    """Encrypt a PDF in place with AES-256 (PDF 2.0, ISO 32000-2, 7.6); it opens with the password alone.

    Raises DamagedPdf where it is none.
    """
    with reading(path):
        writer = PdfWriter(clone_from=PdfReader(path))
    writer.encrypt(password, algorithm="AES-256")
    with whole_file(path) as unfinished, unfinished.open("wb") as file:
        writer.write(file)
