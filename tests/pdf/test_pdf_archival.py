"""PDF/A-2b: a letter cut out keeps its output intent, its fonts, and consistent metadata."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from archival import breaches
from docx import Document
from pypdf import PdfReader

from notices.office import Engine, WarmOffice, find
from notices.pdf import DocumentInfo, cut, fonts_embedded, settle

pytestmark = pytest.mark.office
DAY = date(2026, 11, 23)


@pytest.fixture(scope="module", params=[True, False], ids=["archival", "plain"])
def pages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bool]:
    """Make three pages with LibreOffice, as PDF/A or not."""
    folder = tmp_path_factory.mktemp("archival")
    document = Document()
    for number in range(3):
        document.add_paragraph(f"第{number}页")
        document.add_page_break()
    document.save(str(folder / "pages.docx"))
    with WarmOffice(Engine(find(), folder / "profiles", archival=request.param)) as office:
        office.convert(folder / "pages.docx", folder / "pages.pdf", limit=60)
    settle(folder / "pages.pdf", DAY)
    return folder / "pages.pdf", request.param


def test_a_cut_letter_is_archival_exactly_where_its_source_is(pages: tuple[Path, bool], tmp_path: Path) -> None:
    source, archival = pages
    for number in (1, 2):
        target = tmp_path / f"{number}.pdf"
        target.write_bytes(cut(source, number, 1, DocumentInfo("催费函 A-1", "zh-CN", DAY, author="示例物业")))
        reader = PdfReader(target)
        assert ("/OutputIntents" in reader.trailer["/Root"]) is archival
        assert (reader.xmp_metadata is not None) is archival
        assert all(fonts_embedded(target).values())


def test_what_the_metadata_say_twice_is_the_same(pages: tuple[Path, bool], tmp_path: Path) -> None:
    source, archival = pages
    target = tmp_path / "cut.pdf"
    target.write_bytes(cut(source, 2, 1, DocumentInfo("催费函 A-1", "zh-CN", DAY, author="示例物业")))
    reader = PdfReader(target)
    info, metadata = reader.metadata, reader.xmp_metadata
    assert info is not None
    assert (info.title, info.author, reader.trailer["/Root"]["/Lang"]) == ("催费函 A-1", "示例物业", "zh-CN")
    if archival:
        assert metadata is not None
        assert (metadata.pdfaid_part, metadata.pdfaid_conformance) == ("2", "B")
        assert metadata.dc_title == {"x-default": info.title}
        assert metadata.dc_creator == [info.author]
        assert metadata.pdf_producer == info.producer
        assert metadata.xmp_create_date.replace(tzinfo=UTC) == info.creation_date == datetime(2026, 11, 23, tzinfo=UTC)
        intent = reader.trailer["/Root"]["/OutputIntents"][0]
        assert intent["/DestOutputProfile"].get_data()


def test_the_same_letter_cut_twice_is_the_same_file(pages: tuple[Path, bool]) -> None:
    said = DocumentInfo("t", "zh-CN", DAY, author="a")
    assert cut(pages[0], 1, 2, said) == cut(pages[0], 1, 2, said)


def test_libreoffice_says_the_same_date_twice_after_settling(pages: tuple[Path, bool]) -> None:
    source, archival = pages
    reader = PdfReader(source)
    assert reader.metadata is not None
    assert reader.metadata["/CreationDate"] == "D:20261123000000Z"
    xmp = reader.xmp_metadata  # since LibreOffice 25.2 of plain files too
    assert xmp is not None or not archival
    if xmp is not None:
        assert xmp.xmp_create_date.replace(tzinfo=UTC) == datetime(2026, 11, 23, tzinfo=UTC)
    assert (breaches(source) == []) is archival
