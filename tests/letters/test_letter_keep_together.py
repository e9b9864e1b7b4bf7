"""Numbers, accounts, telephones and hours stay on one line, and are read back exactly as in the data."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from letter_builders import ESTATE, TEMPLATES, PagesOf, letter_of, occasion

from notices.letters.keep_together import LONGEST, QUARTER_SPACE, WORD_JOINER, keep_together
from notices.model import Letter
from notices.settings import Bank

UNIT = "1栋1单元1102室"
ACCOUNT, TELEPHONE, HOURS = "1111 2222 3333 4444", "010-00000003", "周一至周五 8:30–17:30"


def test_a_number_is_held_together_by_signs_that_print_nothing() -> None:
    held = keep_together({"number": "A-1", "bank_account": "1 2", "centre_hours": "周一 8:30–9:00", "owner": "A-1 B"})
    assert held["number"] == f"A-{WORD_JOINER}1"
    assert held["bank_account"] == WORD_JOINER.join(f"1{QUARTER_SPACE}2")
    assert held["centre_hours"] == f"周一 8:{WORD_JOINER}30–{WORD_JOINER}9:{WORD_JOINER}00"
    assert held["owner"] == "A-1 B"


def test_only_where_a_line_could_end_is_a_sign_put_for_each_costs_layout() -> None:
    held = keep_together({"number": "QSY-2026-000001", "unit": "3幢2单元501室"})
    assert held["number"] == f"QSY-{WORD_JOINER}2026-{WORD_JOINER}000001"
    assert held["unit"] == WORD_JOINER.join(("3", "幢", "2", "单", "元", "501", "室"))


def test_an_address_keeps_its_last_characters_on_one_line() -> None:
    held = keep_together({"address": "示例市样板路8号示例花园1栋1单元1102室"})
    assert held["address"] == "示例市样板路8号示例花园1栋1单" + WORD_JOINER.join(("元", "1102", "室"))


def test_what_is_longer_than_a_line_may_break_and_what_is_no_text_stays() -> None:
    given = {"unit": "1-" * LONGEST, "charges": [], "days_overdue": 3}
    assert keep_together(given) == given


@pytest.mark.office
def test_no_line_ends_inside_a_number_wherever_it_falls_and_what_is_read_is_the_data(pages_of: PagesOf) -> None:
    def letter(n: int) -> Letter:
        name = f"青松苑{'第' * (n % 12)}服务中心"
        centre = ESTATE.service_centre.model_copy(update={"name": name, "telephone": TELEPHONE, "hours": HOURS})
        bank = ESTATE.bank.model_copy(update={"account": ACCOUNT, "account_name": f"青松{'物' * n}公司"})
        estate = ESTATE.model_copy(update={"service_centre": centre, "bank": bank})
        usual = occasion(tier="follow-up", estate=estate, handler=None)
        account = replace(usual.account, written_unit=UNIT)
        return letter_of(replace(usual, number=f"QSY-2026-{n:06d}", account=account))

    shard = [letter(n) for n in range(1, 13)]
    text = "\n".join(pages_of(TEMPLATES / "follow-up.docx", shard)).replace(QUARTER_SPACE, " ")
    assert text.count(ACCOUNT) == 12
    assert text.replace(" ", "").count(UNIT) == 3 * 12  # address, first paragraph and slip
    # Telephones are printed in letterhead, contact table and slip; hours twice in the table, and in the slip.
    assert text.count(TELEPHONE) == 3 * 12
    assert text.count("8:30–17:30") == 3 * 12
    assert WORD_JOINER not in text
    for made in shard:
        assert text.count(made.number) >= 5


def test_an_account_number_of_the_settings_has_single_spaces() -> None:
    assert Bank(account=" 1111  2222\u30003333\t4444 ").account == ACCOUNT


@pytest.mark.office
@pytest.mark.parametrize("tier", ["reminder", "lawyer-letter", "follow-up"])
def test_no_letter_prints_double_spaces_in_an_account_number(tier: str, pages_of: PagesOf) -> None:
    estate = ESTATE.model_copy(update={"bank": ESTATE.bank.model_copy(update={"account": ACCOUNT})})
    text = "\n".join(pages_of(TEMPLATES / f"{tier}.docx", [letter_of(occasion(tier=tier, estate=estate))]))
    assert text.replace(QUARTER_SPACE, " ").count(ACCOUNT) >= 1
    gaps = re.findall(r"\d{4}(\s+)(?=\d{4}\s+\d{4})", text)
    assert gaps
    assert {len(gap) for gap in gaps} == {1}
