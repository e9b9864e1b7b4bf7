"""Spelling: one name is one key, whatever signs it was typed with."""

from __future__ import annotations

import pytest
import regex

from notices.intake import parse_account
from notices.model import CaseKey
from notices.spelling import visible

LIN = CaseKey.of("云杉苑", "3-2-501", ["林玉车"])


@pytest.mark.parametrize(
    "typed",
    [
        "\u2068林玉车\u2069",  # isolates, as chat programs add them
        "林\u200b玉\u2060车\ufe0f",
        "林\u2800玉\ufffc车",
        "林\u3164玉车\U000e0101",  # a filler that is a letter, and a variation selector
        "林\u2f5f车",  # 玉 as a Kangxi radical
        "林玉\u2ecb",  # 车 as a radical of the supplement, which NFKC leaves alone
        "\uf9f4玉车",  # 林 as a compatibility ideograph
        "林 \u2f5f 车",
    ],
)
def test_one_name_is_one_case_in_lists_and_as_typed(typed: str) -> None:
    assert CaseKey.of("云杉苑", "3-2-501", [typed.replace(" ", "")]) == LIN
    assert parse_account(f"云杉苑/3-2-501/{typed}").case == LIN


@pytest.mark.parametrize("typed", ["Ⅲ-2-501", "Ⅲ栋2单元501", "３\u206a-2-501", "③-2-0501", "3-②-501室"])
def test_one_unit_is_one_case(typed: str) -> None:
    roman = typed.startswith("Ⅲ")
    expected = CaseKey.of("云杉苑", "III-2-501" if roman else "3-2-501", ["林玉车"])
    assert parse_account(f"云杉苑/{typed}/林玉车").case == expected
    assert CaseKey("云杉苑", typed, ("林玉车",)) == expected


def test_nothing_that_unicode_calls_ignorable_is_left() -> None:
    ignorable = regex.compile(r"\p{Default_Ignorable_Code_Point}")
    every = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    assert len(ignorable.findall(every)) > 4000
    assert not ignorable.search(visible(every))


def test_usual_names_stay_as_they_are() -> None:
    for name in ("林晓禾", "H&M（样板）商业有限公司", "Bross Trading Co., Ltd.", "阿卜杜拉·买买提", "𠮷田"):
        assert CaseKey.of("云杉苑", "1-1-101", [name]).owners == (name,)


def test_joint_owners_are_each_named_once() -> None:
    assert parse_account("云杉苑/3-2-501/林玉车、林\u2f5f车").owners == ("林玉车",)
