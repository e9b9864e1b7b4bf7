"""Layout of whole pages: no total or signature alone on a page, and the page count by number of charges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from letter_builders import TEMPLATES, TIERS, Sheets, charge, earlier, letter_of, occasion

from notices.letters.proof import PageRange, prove
from notices.model import Letter

pytestmark = pytest.mark.office
ROWS = (1, 2, 3, 10, *range(12, 18), 60)  # covers every position of the table's end on a page
CLOSING = {"reminder": "请不必理会本函", "lawyer-letter": "特此函告", "follow-up": "期待您的回复"}


def squeezed(text: str) -> str:
    return "".join(text.split())


def with_rows(tier: str, rows: int) -> Letter:
    previous = None if tier == "reminder" else earlier()
    made = occasion([charge(80 - n) for n in range(rows)], tier, previous=previous)
    return letter_of(replace(made, number=f"QSY-2026-{rows:06d}"))


@pytest.fixture(scope="module", params=TIERS)
def tier(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def by_rows(tier: str, sheets: Sheets, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Sequence[str]]:
    """Make one document of letters of a tier; return each letter's pages by its number of charges."""
    shard = [with_rows(tier, rows) for rows in ROWS]
    pages = sheets(TEMPLATES / f"{tier}.docx", shard, tmp_path_factory.mktemp("layout"))
    proved = prove(pages, shard)
    ranges = [each for each in proved if isinstance(each, PageRange)]
    assert len(ranges) == len(ROWS), proved
    return {
        rows: [squeezed(page) for page in pages[found.first : found.first + found.count]]
        for rows, found in zip(ROWS, ranges, strict=True)
    }


def test_the_total_never_stands_on_a_page_without_a_charge(by_rows: dict[int, Sequence[str]]) -> None:
    for rows, pages in by_rows.items():
        (page,) = [page for page in pages if "合计220.00" in page or f"合计{220 * rows:,}.00" in page]
        table = page[page.index("应缴日期") : page.index("合计")]
        assert "220.00" in table, f"{rows} charges"


def test_the_signature_never_stands_on_a_page_without_the_closing_words(
    tier: str, by_rows: dict[int, Sequence[str]]
) -> None:
    for rows, pages in by_rows.items():
        (page,) = [page for page in pages if CLOSING[tier] in page]
        assert "2026年11月23日" in page[page.index(CLOSING[tier]) :], f"{rows} charges"


def test_a_letter_is_as_short_as_its_table_allows(tier: str, by_rows: dict[int, Sequence[str]]) -> None:
    expected = {"reminder": (1, 1, 1), "lawyer-letter": (2, 2, 2), "follow-up": (2, 2, 3)}
    assert tuple(len(by_rows[rows]) for rows in (1, 2, 3)) == expected[tier]


def test_no_charge_is_lost_or_printed_twice_however_long_the_table(by_rows: dict[int, Sequence[str]]) -> None:
    for rows, pages in by_rows.items():
        dates = [f"{2020 + month // 12}-{month % 12 + 1:02d}-28" for month in range(81 - rows, 81)]
        text = "".join(pages)
        assert [text.count(date) for date in dates] == [1] * rows, f"{rows} charges"
