"""Pages of letters for 1, 2, 4 and 60 units: header repeated, rows of a unit together, no line alone, one page of slip.

That is also what was looked at, on 2026-12-01, in both languages and all three letters (docs/letters.md).
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from letter_builders import TEMPLATES, PagesOf, charge, earlier, letter_of, occasion

from notices.flow.planning.letters_saved import pages_of_several
from notices.letters.context import LetterInput, combined
from notices.model import PastNotice
from notices.rules.money import format_grouped

pytestmark = pytest.mark.office
COUNTS = (1, 2, 4, 60)
HEADINGS = {"": "应缴日期", "en": "Duedate"}
LEAST_LINES = 4  # of a page, besides its header and footer


def unit(number: int, name: str, tier: str, rows: int, language: str) -> LetterInput:
    usual = occasion([charge(80 - rows + k, due=Decimal(1000 + 10 * number + k)) for k in range(rows)], tier)
    before: PastNotice | None = earlier(f"（2026）正律函字第{number:03d}号") if tier == "follow-up" else None
    return replace(
        usual,
        account=replace(usual.account, unit=name),
        estate=usual.estate.model_copy(update={"language": language or "zh"}),
        number=f"QSY-2026-{number:06d}",
        previous=before,
    )


def letter_for(count: int, first: int, tier: str, language: str, name: str = "车位{}") -> LetterInput:
    """Build a letter for so many units, of one, two or three charges each, the second of twelve where they are many."""
    each = [
        unit(number, name.format(number), tier, 12 if count > 4 and number == first + 1 else 1 + number % 3, language)
        for number in range(first, first + count)
    ]
    return combined(each[0], each[1:])


def plain(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("language", ["", "en"])
@pytest.mark.parametrize("tier", ["reminder", "lawyer-letter", "follow-up"])
def test_pages_of_letters_for_several_units(pages_of: PagesOf, language: str, tier: str) -> None:
    made = [letter_for(count, 100 * place, tier, language) for place, count in enumerate(COUNTS, start=1)]
    pages = pages_of(TEMPLATES / language / f"{tier}.docx", [letter_of(each) for each in made])
    lengths = []
    for letter in made:
        own = [page for page in pages if letter.number in plain(page)]
        lengths.append(len(own))
        texts = [plain(page) for page in own]
        for part in letter.units:
            owed = format_grouped(part.decision.principal)
            heading = re.escape(part.account.unit) + r"(（[^（）]*）|\([^()]*\))?(编号：|notice)" + part.number
            (heads,) = (at for at, text in enumerate(texts) if re.search(heading, text))
            first = format_grouped(part.claimed[0].balance)
            assert first in texts[heads], "a heading is parted from its first row"
            if len(part.claimed) <= 8:
                assert owed in texts[heads], "a unit's rows are parted"
            closes = next(at for at, text in enumerate(texts) if at >= heads and owed in text)
            assert format_grouped(part.claimed[-1].balance) in texts[closes], "a subtotal is parted from its last row"
            assert all(HEADINGS[language] in text for text in texts[heads : closes + 1]), "a page lacks the headings"
        for page in own:
            assert len(page.strip().splitlines()) >= LEAST_LINES + 2, page
    single = lengths[0]
    for letter, pages_made in zip(made[1:], lengths[1:], strict=True):
        estimated = pages_of_several(single, [len(part.claimed) for part in letter.units])
        assert abs(estimated - pages_made) <= 1 + pages_made // 10, (estimated, pages_made)


@pytest.mark.parametrize("language", ["", "en"])
def test_the_slip_stays_on_one_page_and_each_box_beside_its_unit(pages_of: PagesOf, language: str) -> None:
    long = letter_for(12, 101, "follow-up", language, "12栋2单元{}室")
    many = letter_for(13, 201, "follow-up", language)
    pages = pages_of(TEMPLATES / language / "follow-up.docx", [letter_of(long), letter_of(many)])
    slip, other = [page for page in pages if page.count("□") > 5]
    assert {"于" if not language else "return"} <= {word for word in ("于", "return") if word in slip}
    assert "010-00000003" in slip  # the last line
    lines = [plain(line) for line in slip.splitlines()]
    for part in long.units:
        assert any(f"□{part.account.unit}" in line for line in lines), part.account.unit
    assert not any(f"□{part.account.unit}" in plain(other) for part in many.units)  # they are written down
