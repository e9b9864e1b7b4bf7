"""The reason slip: form fields only in the e-mailed copy, placed over the printed boxes, and read back as filled in."""

from __future__ import annotations

import itertools
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pypdfium2
import pypdfium2.raw
import pytest
from desk import Desk, Owes, Sent
from pypdf import PdfReader, PdfWriter

from notices.letters.answers import read_objections
from notices.pdf import field_values, find_places, fonts_embedded, page_texts

pytestmark = [pytest.mark.office, pytest.mark.slow]
OWNER = Owes("1-1-301", "林一山", email="owner@example.com", due_date="2025-06-30")
BEFORE = (
    Sent(OWNER, "2026-03-02", "催费函", "SLHY-2026-000001", "EMS", "已签收", "2026-03-05"),
    Sent(OWNER, "2026-06-01", "律师函", "（2026）示律函字第001号", "EMS", "已签收", "2026-06-04"),
)
ROOMS = {
    "telephone", "problems-1", "problems-2", "problems-3", "problems-4", "proposal-1", "proposal-2",
    "signature", "date-1", "date-2", "date-3",
}  # fmt: skip
TYPED = "客厅暖气不热，漏水 12"


@pytest.fixture(scope="module")
def sent(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, str, Path]:
    """Send a follow-up by e-mail and print it; return the desk, the notice's number and the e-mailed PDF."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("slip") / "workspace")
    desk("history", "import", desk.history(*BEFORE))
    decisions = desk.plan(OWNER)
    assert decisions[OWNER.account]["tier"] == "follow-up"
    desk("approve", "b", "--by", "Releaser")
    desk("render", "b")
    desk("send", "b")
    desk("print", "b")
    (mail,) = (desk.folder / "output" / "b" / "outbox").glob("*.eml")
    (attachment,) = BytesParser(policy=default).parsebytes(mail.read_bytes()).iter_attachments()
    pdf = desk.folder / "attached.pdf"
    content = attachment.get_content()
    assert isinstance(content, bytes)
    pdf.write_bytes(content)
    return desk, desk.decisions()[OWNER.account]["notice"], pdf


def codes(desk: Desk) -> set[str]:
    return {each.code for each in read_objections(desk.folder / "templates" / "answers.toml")}


def test_the_e_mailed_slip_has_a_field_for_every_box_and_line_named_by_number_and_code(
    sent: tuple[Desk, str, Path],
) -> None:
    desk, number, pdf = sent
    assert len(codes(desk)) == 14
    assert field_values(pdf).keys() == {f"{number}/{name}" for name in codes(desk) | ROOMS}
    assert set(field_values(pdf).values()) == {False, ""}


def test_the_printed_slip_is_flat(sent: tuple[Desk, str, Path]) -> None:
    desk, number, _ = sent
    printed = list((desk.folder / "output" / "b").glob("**/*.pdf"))
    assert any(number in "".join(page_texts(pdf)) for pdf in printed)
    assert all("/AcroForm" not in PdfReader(pdf).trailer["/Root"] for pdf in printed)


def test_each_field_lies_over_its_printed_box_or_line(sent: tuple[Desk, str, Path]) -> None:
    desk, number, pdf = sent
    labels = {each.code: each.label for each in read_objections(desk.folder / "templates" / "answers.toml")}
    page = PdfReader(pdf).pages[-1]
    rects = {str(each["/T"]): [float(side) for side in each["/Rect"]] for each in page["/Annots"] if "/T" in each}
    for place in find_places(pdf.read_bytes(), labels, {}):
        assert rects[f"{number}/{place.name}"] == pytest.approx(place.rect, abs=0.01)
    boxes = [rects[f"{number}/{code}"] for code in labels]
    assert all(5 < right - left < 12 and 5 < top - bottom < 12 for left, bottom, right, top in boxes)
    lines = [rects[f"{number}/problems-{n}"] for n in range(1, 5)]
    assert [round(upper[1] - lower[1]) for upper, lower in itertools.pairwise(lines)] == [22, 22, 22]


def test_the_text_and_the_pages_stay_as_printed(sent: tuple[Desk, str, Path]) -> None:
    desk, _number, pdf = sent
    (shard,) = (desk.folder / "output" / "b" / "letters").glob("*.pdf")
    assert page_texts(pdf) == page_texts(shard)


def test_the_font_to_type_with_is_embedded_and_knows_what_is_typed(sent: tuple[Desk, str, Path]) -> None:
    _, _, pdf = sent
    font = PdfReader(pdf).trailer["/Root"]["/AcroForm"]["/DR"]["/Font"]["/Typed"]
    descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
    assert "/FontFile3" in descriptor or "/FontFile2" in descriptor
    meanings = font["/ToUnicode"].get_data()
    assert all(f"<{ord(character):04X}>".encode() in meanings for character in TYPED)
    assert all(fonts_embedded(pdf).values())
    assert pdf.stat().st_size < 1_500_000


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_form_filled_in_by_pypdf_is_read_back(sent: tuple[Desk, str, Path], tmp_path: Path) -> None:
    _, number, pdf = sent
    writer = PdfWriter(clone_from=PdfReader(pdf))
    wanted = {f"{number}/heating-cold": "/Yes", f"{number}/problems-1": TYPED}
    writer.update_page_form_field_values(writer.pages[-1], wanted, auto_regenerate=False)
    writer.write(tmp_path / "filled.pdf")
    filled = {name: value for name, value in field_values(tmp_path / "filled.pdf").items() if value}
    assert filled == {f"{number}/heating-cold": True, f"{number}/problems-1": TYPED}


def test_a_form_filled_in_with_chromiums_reader_is_read_back_and_drawn(
    sent: tuple[Desk, str, Path], tmp_path: Path
) -> None:
    """PDFium is Chromium's PDF reader; here it is used directly."""
    _, number, pdf = sent
    places = {str(each["/T"]): each["/Rect"] for each in PdfReader(pdf).pages[-1]["/Annots"] if "/T" in each}
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    form = document.formenv
    page = document[len(document) - 1]
    before = bytes(page.render(scale=1).buffer)

    def click(name: str) -> None:
        left, bottom, right, top = map(float, places[f"{number}/{name}"])
        for act in (pypdfium2.raw.FORM_OnMouseMove, pypdfium2.raw.FORM_OnLButtonDown, pypdfium2.raw.FORM_OnLButtonUp):
            act(form, page, 0, (left + right) / 2, (bottom + top) / 2)

    click("noise-outside")
    click("problems-2")
    for character in TYPED:
        pypdfium2.raw.FORM_OnChar(form, page, ord(character), 0)
    pypdfium2.raw.FORM_ForceToKillFocus(form)
    drawn = page.render(scale=1)
    document.save(tmp_path / "filled.pdf")
    filled = {name: value for name, value in field_values(tmp_path / "filled.pdf").items() if value}
    assert filled == {f"{number}/noise-outside": True, f"{number}/problems-2": TYPED}
    assert bytes(drawn.buffer) != before
    page.close()
    document.close()
