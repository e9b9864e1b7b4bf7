from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from docx import Document
from letter_builders import TEMPLATES, TIERS, PagesOf, charge, earlier, letter_of, letters, occasion, plain_letters

from notices.letters.proof import PageRange, prove

pytestmark = pytest.mark.office


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.slow
def test_letters_that_share_a_document_are_each_proved_on_their_own_pages(tier: str, pages_of: PagesOf) -> None:
    long = replace(occasion([charge(20 + n) for n in range(60)], tier), number="QSY-2026-009000")
    shard = [*letters(6, tier, rows=1), letter_of(long)]
    proved = prove(pages_of(TEMPLATES / f"{tier}.docx", shard), shard)
    assert [type(each) for each in proved] == [PageRange] * 7
    assert proved[-1].count > 2


def test_a_reminder_with_a_short_table_is_one_page(pages_of: PagesOf) -> None:
    assert len(pages_of(TEMPLATES / "reminder.docx", [letter_of(occasion([charge(70), charge(71), charge(72)]))])) == 1


def test_the_slip_has_a_page_of_its_own_with_all_objections(pages_of: PagesOf) -> None:
    made = letter_of(occasion(tier="follow-up", previous=earlier()))
    pages = pages_of(TEMPLATES / "follow-up.docx", [made])
    slip = squeezed(pages[-1])
    assert "回执" in slip
    assert slip.count("□") == 15  # fourteen objections, and the hint that names the box
    assert "特此" not in slip
    assert "应缴日期" not in slip
    assert "（2026）正律函字第012号" in squeezed(pages[0])


def test_the_header_of_a_long_table_is_repeated(pages_of: PagesOf) -> None:
    pages = pages_of(
        TEMPLATES / "lawyer-letter.docx", [letter_of(occasion([charge(n) for n in range(60)], "lawyer-letter"))]
    )
    with_rows = [page for page in map(squeezed, pages) if page.count("220.00") > 4]
    assert len(with_rows) > 1
    assert all("应缴日期" in page for page in with_rows)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("rows", [1, 3, 12, 60])
def test_the_signature_never_stands_alone(tier: str, rows: int, pages_of: PagesOf) -> None:
    closing = {"reminder": "请不必理会本函", "lawyer-letter": "特此函告", "follow-up": "期待您的回复"}[tier]
    pages = pages_of(TEMPLATES / f"{tier}.docx", [letter_of(occasion([charge(80 - n) for n in range(rows)], tier))])
    signed = next(page for page in map(squeezed, pages) if closing in page)
    assert signed.index("2026年11月23日", signed.index(closing)) > signed.index(closing)


def test_eight_figures_stand_on_one_line(pages_of: PagesOf) -> None:
    made = letter_of(occasion([charge(due=Decimal("99999999.99"))], "lawyer-letter"))
    page = pages_of(TEMPLATES / "lawyer-letter.docx", [made])[0]
    assert page.count("99,999,999.99") >= 3


def test_the_late_fee_is_said_with_base_rate_days_and_cap(pages_of: PagesOf) -> None:
    made = occasion(tier="lawyer-letter")
    text = squeezed("".join(pages_of(TEMPLATES / "lawyer-letter.docx", [letter_of(made)])))
    days = made.decision.standings[0].days_late
    assert "以每笔欠费为基数" in text
    assert "每日万分之三" in text
    assert "逾期天数" in text
    assert f"2025-11-28{days}" in text
    assert "以该笔欠费的30%为限" in text


def test_numbered_lists_start_at_one_in_every_letter(tmp_path: Path, pages_of: PagesOf) -> None:
    document = Document()
    for text in ("first {{ number }}", "second"):
        document.add_paragraph(text, style="List Number")
    document.save(str(tmp_path / "a.docx"))
    pages = pages_of(tmp_path / "a.docx", plain_letters("A-1", "A-2", "A-3"))
    assert [squeezed(page) for page in pages] == [f"1.first{number}2.second" for number in ("A-1", "A-2", "A-3")]


def test_sections_within_a_letter_keep_their_orientation_and_the_count_goes_on(
    tmp_path: Path, pages_of: PagesOf
) -> None:
    document = Document()
    document.add_paragraph("upright {{ number }}")
    section = document.add_section()
    section.page_width, section.page_height = section.page_height, section.page_width
    document.add_paragraph("wide {{ number }}")
    document.sections[0].footer.paragraphs[0].text = "{{ number }}"
    document.save(str(tmp_path / "a.docx"))
    pages = pages_of(tmp_path / "a.docx", plain_letters("A-1", "A-2"))
    assert [squeezed(page) for page in pages] == ["uprightA-1A-1", "wideA-1A-1", "uprightA-2A-2", "wideA-2A-2"]
