"""A password on a PDF."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfReader, PdfWriter

from notices.pdf.faults import IN_MEMORY, reading


def locked(content: bytes, password: str) -> bytes:
    """A PDF encrypted with AES-256 (PDF 2.0, ISO 32000-2, 7.6); it opens with the password alone.

    Raises DamagedPdf where it is none.
    """
    with reading(IN_MEMORY):
        writer = PdfWriter(clone_from=PdfReader(BytesIO(content)))
    writer.encrypt(password, algorithm="AES-256")
    made = BytesIO()
    writer.write(made)
    return made.getvalue()
