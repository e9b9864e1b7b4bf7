from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as Docx
from docx.oxml.ns import qn
from letter_builders import TEMPLATES, TIERS, letters, plain_letters, template

from notices.errors import DataNeedsPerson, Unusable
from notices.letters.assemble import assemble
from notices.model import Letter


def made(template: Path, shard: list[Letter], folder: Path) -> Docx:
    assemble(template, shard, folder / "out.docx")
    return Document(str(folder / "out.docx"))


def texts(document: Docx) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


def test_each_letter_begins_a_section_on_a_new_page_numbered_1(tmp_path: Path) -> None:
    document = made(template(tmp_path / "a.docx", "{{ number }}"), plain_letters("A-1", "A-2", "A-3"), tmp_path)
    assert texts(document) == ["A-1", "A-2", "A-3"]
    found = document.element.xpath("//w:sectPr")
    assert [section.find(qn("w:pgNumType")).get(qn("w:start")) for section in found] == ["1", "1", "1"]
    assert [section.find(qn("w:type")).get(qn("w:val")) for section in found] == ["nextPage"] * 3


def test_headers_and_footers_with_fields_are_the_letters_own_and_others_are_shared(tmp_path: Path) -> None:
    path = template(tmp_path / "a.docx", "x", header="青松苑", footer="编号 {{ number }}")
    document = made(path, plain_letters("A-1", "A-2"), tmp_path)
    assert [section.footer.paragraphs[0].text for section in document.sections] == ["编号 A-1", "编号 A-2"]
    parts = {section.header.part.partname for section in document.sections}
    assert len(parts) == 1


def test_values_are_data_whatever_they_contain(tmp_path: Path) -> None:
    value = "Smith & Sons <x>, you owe 1 {{ 7*7 }} {% if %} \"'"
    path = template(tmp_path / "a.docx", "{{ owner }}", header="{{ owner }}")
    document = made(path, plain_letters("A-1", owner=value), tmp_path)
    assert texts(document) == [value]
    assert document.sections[0].header.paragraphs[0].text == value


def test_a_newline_in_a_value_is_a_new_line(tmp_path: Path) -> None:
    document = made(template(tmp_path / "a.docx", "{{ owner }}"), plain_letters("A-1", owner="one\ntwo"), tmp_path)
    assert texts(document) == ["one\ntwo"]


def test_a_value_that_no_document_can_hold_names_the_notice_and_loses_nothing(tmp_path: Path) -> None:
    path = template(tmp_path / "a.docx", "{{ owner }}")
    with pytest.raises(DataNeedsPerson, match="A-7"):
        assemble(path, plain_letters("A-7", owner="a\x00b"), tmp_path / "out.docx")
    assert not (tmp_path / "out.docx").exists()


def test_an_unknown_field_stops_before_anything_is_written(tmp_path: Path) -> None:
    path = template(tmp_path / "a.docx", "{{ number }}", footer="{{ numbr }}")
    with pytest.raises(Unusable, match=r"a\.docx uses the field numbr"):
        assemble(path, plain_letters("A-1"), tmp_path / "out.docx")
    assert [each.name for each in tmp_path.iterdir()] == ["a.docx"]


def test_a_field_that_only_some_letters_have_stops_too(tmp_path: Path) -> None:
    path = template(tmp_path / "a.docx", "{{ owner }}")
    with pytest.raises(Unusable, match="owner"):
        assemble(path, [*plain_letters("A-1", owner="x"), *plain_letters("A-2")], tmp_path / "out.docx")


def test_a_field_inside_a_value_is_missed_with_the_notice_named(tmp_path: Path) -> None:
    path = template(tmp_path / "a.docx", "{% for row in rows %}{{ row.sum }}{% endfor %}")
    with pytest.raises(DataNeedsPerson, match=r"A-1.*sum"):
        assemble(path, plain_letters("A-1", rows=[{"total": 1}]), tmp_path / "out.docx")


@pytest.mark.parametrize("attempt", ["{{ number.__class__ }}", "{{ qr._document.docx }}", "{{ qr.save('x') }}"])
def test_templates_cannot_reach_out_of_the_sandbox(tmp_path: Path, attempt: str) -> None:
    with pytest.raises(DataNeedsPerson):
        assemble(template(tmp_path / "a.docx", attempt), plain_letters("A-1", qr="A-1"), tmp_path / "out.docx")


def test_equal_letters_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("one.docx", "two.docx"):
        assemble(TEMPLATES / "reminder.docx", letters(3), tmp_path / name)
    assert (tmp_path / "one.docx").read_bytes() == (tmp_path / "two.docx").read_bytes()


def test_the_document_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    made(template(tmp_path / "a.docx", "x"), plain_letters("A-1"), tmp_path)
    assert (tmp_path / "out.docx").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("tier", TIERS)
def test_ids_of_drawings_and_bookmarks_and_bookmark_names_are_unique(tmp_path: Path, tier: str) -> None:
    body = made(TEMPLATES / f"{tier}.docx", letters(3, tier), tmp_path).element
    for path in ("//wp:docPr/@id", "//w:bookmarkStart/@w:id", "//w:bookmarkStart/@w:name"):
        found = body.xpath(path)
        assert found
        assert len(set(found)) == len(found)


def test_page_counts_point_to_the_letters_own_end(tmp_path: Path) -> None:
    document = made(TEMPLATES / "reminder.docx", letters(2), tmp_path)
    names = document.element.xpath("//w:bookmarkStart/@w:name")
    for section, name in zip(document.sections, names, strict=True):
        for footer in (section.footer, section.first_page_footer):
            instructions = footer._element.xpath(".//w:instrText/text()")
            assert [text.split() for text in instructions] == [["PAGE"], ["PAGEREF", name]]


def pictures(document: Docx, name: str) -> list[bytes]:
    drawings = document.element.xpath(f"//wp:docPr[@descr='{name}']/parent::*//a:blip/@r:embed")
    return [document.part.rels[rid].target_part.blob for rid in drawings]


def test_the_seal_is_that_of_the_letters_sender_and_gone_without_one(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for name in ("centre-seal.png", "law-firm-seal.png"):
        (images / name).write_bytes((TEMPLATES / "images" / name).read_bytes())
    path = tmp_path / "reminder.docx"
    path.write_bytes((TEMPLATES / "reminder.docx").read_bytes())
    shard = letters(3)
    for letter, seal in zip(shard, ("images/centre-seal.png", "", "images/law-firm-seal.png"), strict=True):
        letter.fields["centre_seal"] = seal
    found = pictures(made(path, shard, tmp_path), "centre_seal")
    assert found == [(images / name).read_bytes() for name in ("centre-seal.png", "law-firm-seal.png")]


@pytest.mark.parametrize("seal", ["../secret.png", "/etc/passwd", "images/none.png"])
def test_a_seal_outside_the_templates_folder_is_refused(tmp_path: Path, seal: str) -> None:
    shard = letters(1)
    shard[0].fields["centre_seal"] = seal
    with pytest.raises(Unusable, match="not in the templates folder"):
        assemble(TEMPLATES / "reminder.docx", shard, tmp_path / "out.docx")


def test_a_seal_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reminder.docx"
    path.write_bytes((TEMPLATES / "reminder.docx").read_bytes())
    (tmp_path / "seal.png").write_bytes(b"no picture")
    shard = letters(1)
    shard[0].fields["centre_seal"] = "seal.png"
    with pytest.raises(Unusable, match="not a picture"):
        assemble(path, shard, tmp_path / "out.docx")


def test_each_letter_shows_the_code_of_its_own_number(tmp_path: Path) -> None:
    document = made(
        template(tmp_path / "a.docx", "{{ qr }}"),
        [*plain_letters("A-1", qr="A-1"), *plain_letters("A-2", qr="A-2")],
        tmp_path,
    )
    codes = [document.part.rels[rid].target_part.blob for rid in document.element.xpath("//a:blip/@r:embed")]
    assert len(codes) == 2
    assert codes[0] != codes[1]


def test_a_code_in_a_footer_belongs_to_that_letters_footer(tmp_path: Path) -> None:
    path = template(tmp_path / "a.docx", "x", footer="{{ qr }}")
    document = made(path, [*plain_letters("A-1", qr="A-1"), *plain_letters("A-2", qr="A-2")], tmp_path)
    codes = set()
    for section in document.sections:
        part = section.footer.part
        (rid,) = section.footer._element.xpath(".//a:blip/@r:embed")
        codes.add(part.rels[rid].target_part.blob)
    assert len(codes) == 2


def test_a_letter_that_ends_in_a_table_is_closed_all_the_same(tmp_path: Path) -> None:
    document = Document()
    document.add_table(1, 1).cell(0, 0).text = "{{ number }}"
    document.save(str(tmp_path / "a.docx"))
    result = made(tmp_path / "a.docx", plain_letters("A-1", "A-2"), tmp_path)
    assert [table.cell(0, 0).text for table in result.tables] == ["A-1", "A-2"]
    assert len(result.sections) == 2


def test_a_header_that_only_a_later_section_has_does_not_reach_the_next_letter(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("first")
    later = document.add_section()
    later.header.is_linked_to_previous = False
    later.header.paragraphs[0].text = "later {{ number }}"
    document.save(str(tmp_path / "a.docx"))
    result = made(tmp_path / "a.docx", plain_letters("A-1", "A-2"), tmp_path)
    headers = [section.header.paragraphs[0].text for section in result.sections]
    assert headers == ["", "later A-1", "", "later A-2"]


def test_numbered_lists_of_later_letters_are_lists_of_their_own(tmp_path: Path) -> None:
    document = Document()
    for text in ("one", "two"):
        document.add_paragraph(text, style="List Number")
    document.save(str(tmp_path / "a.docx"))
    result = made(tmp_path / "a.docx", plain_letters("A-1", "A-2", "A-3"), tmp_path)
    lists = [
        "".join(paragraph._p.xpath("./w:pPr/w:numPr/w:numId/@w:val")) or "of the style"
        for paragraph in result.paragraphs
    ]
    assert lists[0] == lists[1] == "of the style"
    assert lists[2] == lists[3] != lists[4] == lists[5]
    starts = result.part.numbering_part.element.xpath(f"./w:num[@w:numId='{lists[2]}']//w:startOverride/@w:val")
    assert starts[0] == "1"


def test_bookmarks_and_what_refers_to_them_stay_together(tmp_path: Path) -> None:
    document = Document()
    paragraph = document.add_paragraph("place")
    for tag in ("w:bookmarkStart", "w:bookmarkEnd"):
        mark = paragraph._p.makeelement(qn(tag), {qn("w:id"): "0", qn("w:name"): "place"})
        paragraph._p.append(mark)
    reference = document.add_paragraph()._p
    simple = reference.makeelement(qn("w:fldSimple"), {qn("w:instr"): " REF place \\h "})
    reference.append(simple)
    document.save(str(tmp_path / "a.docx"))
    result = made(tmp_path / "a.docx", plain_letters("A-1", "A-2"), tmp_path).element
    referred = [text.split()[1] for text in result.xpath("//w:fldSimple/@w:instr")]
    assert len(set(referred)) == 2
    assert set(referred) <= set(result.xpath("//w:bookmarkStart/@w:name"))


def with_footnote(path: Path) -> Path:
    """Write a template with a footnote reference in its text."""
    template(path, "MARK {{ number }}")
    plain = path.with_name("plain.docx")
    path.rename(plain)
    with zipfile.ZipFile(plain) as before, zipfile.ZipFile(path, "w") as after:
        for entry in before.infolist():
            content = before.read(entry)
            if entry.filename == "word/document.xml":
                content = content.replace(b"<w:t>MARK", b'<w:footnoteReference w:id="1"/><w:t>MARK')
            after.writestr(entry, content)
    return path


def test_letters_with_footnotes_are_made_one_by_one(tmp_path: Path) -> None:
    path = with_footnote(tmp_path / "a.docx")
    with pytest.raises(DataNeedsPerson, match="footnotes"):
        assemble(path, plain_letters("A-1", "A-2"), tmp_path / "out.docx")
    assert "MARK A-1" in texts(made(path, plain_letters("A-1"), tmp_path))[0]


def test_a_letter_that_begins_with_a_table_begins_its_page_numbers_with_a_paragraph(tmp_path: Path) -> None:
    # LibreOffice 25.2 does not restart page numbers at a table, which would fail every letter's proof.
    assemble(TEMPLATES / "reminder.docx", letters(2), tmp_path / "two.docx")
    body = Document(str(tmp_path / "two.docx")).element.body
    firsts = [body[0], *(each.getnext() for each in body if each.xpath("./w:pPr/w:sectPr"))]
    assert [each.tag for each in firsts] == [qn("w:p")] * 2
    assert [each.getnext().tag for each in firsts] == [qn("w:tbl")] * 2
