"""The date and the identifier of a PDF from LibreOffice, which takes both from the clock."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

import pikepdf

from notices.pdf.faults import pdf_errors


def settle(path: Path, dated: date) -> None:
    """Rewrite a fresh PDF in place, dated `dated` at midnight UTC, with an identifier derived from its content.

    The same document converted again by a fresh LibreOffice then gives the same bytes. A LibreOffice that has converted
    others before still numbers its Type 1 fonts on (`/UniqueID`), which changes no page. Raises DamagedPdf, OSError.
    """
    content = path.read_bytes()  # a disk that fails is no damaged PDF
    with pdf_errors(path), pikepdf.open(BytesIO(content)) as book:
        book.docinfo["/CreationDate"] = pikepdf.String(f"D:{dated:%Y%m%d}000000Z")
        if "/Metadata" in book.Root:  # PDF/A repeats the date there, and the two must agree
            with book.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
                metadata["xmp:CreateDate"] = f"{dated:%Y-%m-%d}T00:00:00Z"
        for key in ("/ID", "/DocChecksum"):  # the latter is LibreOffice's own
            if key in book.trailer:
                del book.trailer[key]
        settled = BytesIO()  # on a full disk, libqpdf ends the process if it writes the file itself
        book.save(settled, deterministic_id=True)
    path.write_bytes(settled.getvalue())
