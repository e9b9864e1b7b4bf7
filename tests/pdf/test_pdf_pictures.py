"""Pages as pictures of themselves: they look alike, and hold nothing that cannot be seen."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pikepdf
from readable_letters import page_pdf

from notices.pdf import DocumentInfo, texts_of
from notices.pdf.pictures import as_pictures


def test_a_page_becomes_one_picture_of_its_size_without_any_text() -> None:
    page = page_pdf(("甲乙丙",))
    made = as_pictures(page, DocumentInfo("t", "zh-CN", date(2026, 11, 23)))
    assert [text.strip() for text in texts_of(made)] == [""]
    with pikepdf.open(BytesIO(made)) as book:
        (drawn,) = book.pages
        assert len(list(drawn.resources["/XObject"].keys())) == 1
        assert [round(float(side)) for side in drawn.mediabox] == [0, 0, 595, 842]
    assert made == as_pictures(page, DocumentInfo("t", "zh-CN", date(2026, 11, 23)))
