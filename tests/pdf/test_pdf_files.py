"""Cutting, binding and reading PDFs, with small PDFs drawn by hand."""

from __future__ import annotations

import errno
import hashlib
import struct
from datetime import date
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from notices.errors import Unusable
from notices.pdf import (
    DamagedPdf,
    DocumentInfo,
    atomic_file,
    bind,
    cut,
    fonts_embedded,
    page_count,
    page_texts,
    render_page,
    settle,
    sha256_of,
)

SAID = DocumentInfo("催费函", "zh-CN", date(2026, 11, 23), author="物业")


def draw(path: Path, *texts: str) -> Path:
    """Write a PDF with one text a page, in a font that is not embedded."""
    writer = PdfWriter()
    font = writer._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
    )
    for text in texts:
        page = writer.add_blank_page(200, 100)
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 10 50 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
    with path.open("wb") as file:
        writer.write(file)
    return path


@pytest.fixture
def five(tmp_path: Path) -> Path:
    return draw(tmp_path / "five.pdf", "one", "two", "three", "four", "five")


def test_each_page_is_read_back_in_order(five: Path) -> None:
    assert page_count(five) == 5
    assert page_texts(five) == ["one", "two", "three", "four", "five"]


def test_what_stands_beyond_the_edge_of_a_page_is_not_read(tmp_path: Path) -> None:
    beyond = draw(tmp_path / "beyond.pdf", "seen) Tj 400 0 Td (beside) Tj -400 -300 Td (below", "")
    assert [text.strip() for text in page_texts(beyond)] == ["seen", ""]


def test_a_page_of_nothing_but_line_ends_is_read_whole(tmp_path: Path) -> None:
    lines = [chr(ord("a") + line % 26) for line in range(60)]
    many = draw(tmp_path / "many.pdf", ") Tj 0 -0.8 Td (".join(lines))
    assert sorted("".join(page_texts(many)[0].split())) == sorted(lines)


@pytest.mark.parametrize(
    ("first", "count", "texts"), [(1, 1, ["one"]), (2, 3, ["two", "three", "four"]), (5, 1, ["five"])]
)
def test_a_cut_holds_the_pages_from_first_counted_from_1(
    five: Path, tmp_path: Path, first: int, count: int, texts: list[str]
) -> None:
    (tmp_path / "cut.pdf").write_bytes(cut(five, first, count, SAID))
    assert page_texts(tmp_path / "cut.pdf") == texts


@pytest.mark.parametrize(("first", "count"), [(0, 1), (1, 0), (5, 2), (6, 1), (-1, 1)])
def test_pages_that_are_not_there_are_an_error_and_make_no_file(
    five: Path, tmp_path: Path, first: int, count: int
) -> None:
    with pytest.raises(DamagedPdf, match=r"five\.pdf"):
        cut(five, first, count, SAID)
    with pytest.raises(DamagedPdf, match=r"five\.pdf"):
        bind([(five, first, count)], tmp_path / "bound.pdf", SAID)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["five.pdf"]


def test_a_cut_says_what_it_was_told_to_say_of_itself(five: Path) -> None:
    reader = PdfReader(BytesIO(cut(five, 1, 1, SAID)))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("催费函", "物业")
    assert reader.metadata["/CreationDate"] == "D:20261123000000Z"
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"


def test_the_same_cut_gives_the_same_bytes_and_another_another_identifier(five: Path) -> None:
    first, again, another = (cut(five, page, 1, SAID) for page in (1, 1, 2))
    assert first == again
    assert PdfReader(BytesIO(first)).trailer["/ID"] != PdfReader(BytesIO(another)).trailer["/ID"]


def test_what_is_bound_is_its_owners_alone(five: Path, tmp_path: Path) -> None:
    bind([(five, 1, 1)], tmp_path / "bound.pdf", SAID)
    assert (tmp_path / "bound.pdf").stat().st_mode & 0o777 == 0o600


def test_what_is_bound_keeps_the_order_given_though_sources_alternate(five: Path, tmp_path: Path) -> None:
    other = draw(tmp_path / "other.pdf", "A", "B")
    bind([(five, 4, 2), (other, 2, 1), (five, 1, 1), (other, 1, 1), (five, 1, 1)], tmp_path / "out.pdf", SAID)
    assert page_texts(tmp_path / "out.pdf") == ["four", "five", "B", "one", "A", "one"]


def test_binding_takes_a_sources_font_over_once(five: Path, tmp_path: Path) -> None:
    bind([(five, 1, 1), (five, 3, 1), (five, 2, 1)], tmp_path / "out.pdf", SAID)
    pages = PdfReader(tmp_path / "out.pdf").pages
    assert len({page["/Resources"]["/Font"].raw_get("/F1").idnum for page in pages}) == 1


def test_fonts_that_a_file_does_not_carry_are_named(five: Path) -> None:
    assert fonts_embedded(five) == {"Helvetica": False}


def test_a_picture_is_a_png_of_the_size_its_resolution_says(five: Path) -> None:
    image = render_page(five, 2, 144)
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", image[16:24]) == (400, 200)
    assert render_page(five, 1, 144) != image
    with pytest.raises(DamagedPdf):
        render_page(five, 6, 72)


@pytest.mark.parametrize("content", [b"", b"no pdf at all", b"%PDF-1.7\n%%EOF"])
def test_a_damaged_file_is_our_error_whoever_reads_it(tmp_path: Path, content: bytes) -> None:
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(content)
    for read in (page_count, page_texts, fonts_embedded):
        with pytest.raises(DamagedPdf, match=r"bad\.pdf") as caught:
            read(bad)
        assert caught.value.exit_status == 3
    with pytest.raises(DamagedPdf, match=r"bad\.pdf"):
        cut(bad, 1, 1, SAID)


def test_a_file_that_is_not_there_is_our_error_too(tmp_path: Path) -> None:
    with pytest.raises(DamagedPdf, match=r"gone\.pdf"):
        page_texts(tmp_path / "gone.pdf")


def test_a_hash_is_that_of_the_files_bytes(five: Path) -> None:
    assert sha256_of(five) == hashlib.sha256(five.read_bytes()).hexdigest()


def write_half(target: Path) -> None:
    with atomic_file(target) as unfinished:
        unfinished.write_bytes(b"half")
        raise RuntimeError


def test_a_file_appears_only_when_its_writer_ended_well(tmp_path: Path) -> None:
    target = tmp_path / "whole.pdf"
    with pytest.raises(RuntimeError):
        write_half(target)
    assert list(tmp_path.iterdir()) == []
    with atomic_file(target) as unfinished:
        unfinished.write_bytes(b"all")
        assert not target.exists()
    assert target.read_bytes() == b"all"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_exit_3_and_leaves_no_half_file(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="disk is full") as caught, atomic_file(tmp_path / "whole.pdf"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.exit_status == 3
    assert list(tmp_path.iterdir()) == []


def fresh(path: Path, made: str, mark: str, text: str = "one") -> Path:
    """Return a PDF with a date and identifiers as LibreOffice writes them."""
    draw(path, text, "two")
    with pikepdf.open(path, allow_overwriting_input=True) as book:
        book.docinfo["/CreationDate"] = pikepdf.String(f"D:{made}+08'00'")
        book.docinfo["/Creator"] = pikepdf.String("Writer")
        book.trailer.ID = pikepdf.Array([pikepdf.String(mark * 16)] * 2)
        book.trailer.DocChecksum = pikepdf.Name("/" + mark * 32)
        book.save(path)
    return path


def test_settling_replaces_date_and_identifiers_and_nothing_else(tmp_path: Path) -> None:
    one = fresh(tmp_path / "one.pdf", "20261123140358", "A")
    two = fresh(tmp_path / "two.pdf", "20270101000001", "B")
    for path in (one, two):
        settle(path, date(2026, 11, 23))
    assert one.read_bytes() == two.read_bytes()
    reader = PdfReader(one)
    assert reader.metadata == {"/CreationDate": "D:20261123000000Z", "/Creator": "Writer", "/Producer": "pypdf"}
    assert "/DocChecksum" not in reader.trailer
    assert page_texts(one) == ["one", "two"]


def test_another_content_or_day_gives_another_identifier(tmp_path: Path) -> None:
    def settled(name: str, text: str, dated: date) -> tuple[bytes, ...]:
        path = fresh(tmp_path / name, "20261123140358", "A", text)
        settle(path, dated)
        return tuple(each.original_bytes for each in PdfReader(path).trailer["/ID"])

    known = [
        settled("one.pdf", "one", date(2026, 11, 23)),
        settled("two.pdf", "other", date(2026, 11, 23)),
        settled("three.pdf", "one", date(2026, 11, 24)),
    ]
    assert all(first == second for first, second in known)
    assert len(set(known)) == 3


def test_settling_what_is_no_pdf_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7\nno more")
    with pytest.raises(DamagedPdf, match=r"bad\.pdf"):
        settle(tmp_path / "bad.pdf", date(2026, 11, 23))
