"""Encrypt PDFs with a password."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfReader, PdfWriter

from notices.pdf.faults import IN_MEMORY, pdf_errors


def encrypted(content: bytes, password: str) -> bytes:
    """Return the PDF encrypted with AES-256 (PDF 2.0, ISO 32000-2, 7.6); opening it needs the password.

    Raises DamagedPdf if it is not a PDF.
    """
    with pdf_errors(IN_MEMORY):
        writer = PdfWriter(clone_from=PdfReader(BytesIO(content)))
    writer.encrypt(password, algorithm="AES-256")
    made = BytesIO()
    writer.write(made)
    return made.getvalue()
