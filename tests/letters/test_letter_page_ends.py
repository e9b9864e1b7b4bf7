"""Where pages end: for each number of charges, no page holds the box and the signature alone, nor the total alone."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from letter_builders import TEMPLATES, TIERS, PagesOf, charge, earlier, letter_of, occasion

pytestmark = [pytest.mark.office, pytest.mark.slow]

MOST = 60
ROW = re.compile(r"20\d\d-\d\d-28")  # the due date, which each row of the table has once
TOTAL = re.compile(r"合计[\d,]+\.\d\d")  # the last row of the table
CLOSING = {"reminder": "请不必理会本函", "lawyer-letter": "特此函告", "follow-up": "期待您的回复"}
ENOUGH = 60  # characters of the letter's text that stand before the closing words on the page of the signature


@pytest.mark.parametrize("tier", TIERS)
def test_no_page_holds_the_signature_or_the_last_row_of_the_table_alone(tier: str, pages_of: PagesOf) -> None:
    made = [
        letter_of(
            replace(
                occasion(
                    [charge(80 - n) for n in range(rows)], tier, previous=earlier() if tier == "follow-up" else None
                ),
                number=f"QSY-2026-{rows:06d}",
            )
        )
        for rows in range(1, MOST + 1)
    ]
    pages = ["".join(page.split()) for page in pages_of(TEMPLATES / f"{tier}.docx", made)]
    wrong = []
    for rows in range(1, MOST + 1):
        own = [page for page in pages if f"QSY-2026-{rows:06d}" in page]
        if any(TOTAL.search(page) and not ROW.search(page) for page in own):
            wrong.append(f"{rows} charges: a page begins with the last row of the table")
        signed = next(page for page in own if CLOSING[tier] in page)
        if not ROW.search(signed) and signed.index(CLOSING[tier]) < ENOUGH:
            wrong.append(f"{rows} charges: the signature stands alone")
    assert wrong == []
