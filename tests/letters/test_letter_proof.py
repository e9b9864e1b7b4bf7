from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from notices.letters.proof import Failure, Page, PageRange, prove
from notices.model import Letter

NAMES = ("张甲", "王乙", "李丙")


def page(number: str, index: int, count: int, body: str = "") -> str:
    return f"催费函\n{body}\n编号：{number}  第 {index} 页 共 {count} 页"


def letter(n: int, foreign: tuple[str, ...] = (), number: str = "") -> Letter:
    own = number or f"QSY-2026-{n:04d}"
    return Letter(own, "", {}, (own, NAMES[n % 3], f"3-2-{n}", f"{n},234.56"), foreign)


def pages(n: int, count: int = 2, number: str = "") -> list[str]:
    own = number or f"QSY-2026-{n:04d}"
    first = page(own, 1, count, f"{NAMES[n % 3]} 3-2-{n} 合计 {n},234.56 元")
    return [first, *(page(own, index, count) for index in range(2, count + 1))]


def reasons(found: tuple[PageRange | Failure, ...]) -> list[str | None]:
    return [str(each.reason) if isinstance(each, Failure) else None for each in found]


def test_each_letter_gets_its_own_pages_in_order() -> None:
    found = prove([*pages(1), *pages(2, 1), *pages(3, 3)], [letter(1), letter(2), letter(3)])
    assert found == (
        PageRange("QSY-2026-0001", 0, 2),
        PageRange("QSY-2026-0002", 2, 1),
        PageRange("QSY-2026-0003", 3, 3),
    )


def test_a_missing_page_fails_its_letter_and_no_other() -> None:
    found = prove([pages(1)[0], *pages(2)], [letter(1), letter(2)])
    assert [type(each) for each in found] == [Failure, PageRange]


def test_a_missing_letter_fails_and_the_others_are_found_by_their_numbers() -> None:
    found = prove([*pages(1), *pages(3)], [letter(1), letter(2), letter(3)])
    assert [type(each) for each in found] == [PageRange, Failure, PageRange]
    assert found[2] == PageRange("QSY-2026-0003", 2, 2)


def test_swapped_second_pages_fail_both_letters() -> None:
    one, two = pages(1), pages(2)
    found = prove([one[0], two[1], two[0], one[1]], [letter(1), letter(2)])
    assert [type(each) for each in found] == [Failure, Failure]


def test_letters_in_another_order_fail() -> None:
    assert all(isinstance(each, Failure) for each in prove([*pages(2), *pages(1)], [letter(1), letter(2)]))


def test_pages_in_another_order_fail() -> None:
    assert isinstance(prove(pages(1)[::-1], [letter(1)])[0], Failure)


def test_a_page_too_many_fails() -> None:
    assert isinstance(prove([*pages(1), page("QSY-2026-0001", 3, 2)], [letter(1)])[0], Failure)


def test_a_page_without_the_number_fails() -> None:
    bare = pages(1)[1].replace("编号：QSY-2026-0001", "")
    assert reasons(prove([pages(1)[0], bare], [letter(1)])) == ["page 2 does not bear its number"]


def test_a_wrong_amount_fails() -> None:
    wrong = [text.replace("1,234.56", "1,234.65") for text in pages(1)]
    assert isinstance(prove(wrong, [letter(1)])[0], Failure)


def test_an_amount_that_only_ends_like_the_total_fails() -> None:
    larger = [text.replace("1,234.56", "21,234.56") for text in pages(1)]
    assert isinstance(prove(larger, [letter(1)])[0], Failure)


def test_another_owner_fails() -> None:
    assert isinstance(prove([text.replace("王乙", "王己") for text in pages(1)], [letter(1)])[0], Failure)


def test_another_unit_fails_even_where_it_begins_alike() -> None:
    assert isinstance(prove([text.replace("3-2-1 ", "3-2-10 ") for text in pages(1)], [letter(1)])[0], Failure)


def test_the_number_of_another_letter_fails() -> None:
    mixed = [pages(1)[0] + " QSY-2026-0002", pages(1)[1]]
    found = prove([*mixed, *pages(2)], [letter(1), letter(2)])
    assert reasons(found) == ["page 1 bears the number of QSY-2026-0002", None]


def test_the_number_of_another_letter_that_its_own_data_name_may_stand_there() -> None:
    naming = [pages(1)[0] + " QSY-2026-0002", pages(1)[1]]
    found = prove([*naming, *pages(2)], [letter(1, ("QSY-2026-0002",)), letter(2)])
    assert reasons(found) == [None, None]


def test_a_number_is_not_the_longer_one_that_begins_alike() -> None:
    found = prove(pages(1, number="QSY-2026-00012"), [letter(1)])
    assert isinstance(found[0], Failure)


def test_letters_whose_numbers_begin_alike_are_told_apart() -> None:
    short, long = letter(1, number="QSY-2026-1"), letter(2, number="QSY-2026-12")
    found = prove([*pages(1, number=short.number), *pages(2, number=long.number)], [short, long])
    assert reasons(found) == [None, None]
    assert all(isinstance(each, Failure) for each in prove([*pages(1, number=long.number), *pages(2)], [short, long]))


def test_a_longer_number_broken_over_a_line_is_not_the_shorter_one() -> None:
    short, long = letter(1, number="QSY-2026-1"), letter(2, number="QSY-2026-12")
    broken = [text.replace("QSY-2026-1", "QSY-2026-1\n2") for text in pages(1, number=short.number)]
    found = prove([*broken, *pages(2, number=long.number)], [short, long])
    assert isinstance(found[0], Failure)


def test_line_breaks_width_and_compatibility_forms_do_not_matter() -> None:
    folded = [
        text.replace("王乙", "王\n乙").replace("1,234.56", "１,２３４.５６").replace("页", "⻚") for text in pages(1)
    ]
    assert reasons(prove([text.replace("⻚", "页") for text in folded], [letter(1)])) == [None]


@given(st.text(st.sampled_from("aé张⻚①㎡ﬁｶﾞ한\u0301\u0327\u3099각１，．。-\u00ad\u2011 \u3000\n")), st.text())
def test_characters_that_combine_are_folded_together(text: str, other: str) -> None:
    for each in (text, other):
        hyphens = re.sub("[\x02\ufffe\u2010\u2011\u00ad]", "-", each)
        spaced = re.sub("([，。．：；、～])", r"\1 ", hyphens)
        assert Page(each).text == "".join(unicodedata.normalize("NFKC", spaced).split())


def test_a_hyphen_that_ended_a_line_is_still_one() -> None:
    assert Page("单元 3-2\x02\n501").holds("3-2-501")


def test_full_width_punctuation_after_a_figure_does_not_prolong_it() -> None:
    assert Page("共计1,234.56，2026年付清").holds("1,234.56")
    assert Page("3笔，1,234.56元").holds("1,234.56")


def test_no_pages_fail_every_letter() -> None:
    assert all(isinstance(each, Failure) for each in prove([], [letter(1), letter(2)]))


def test_pages_of_an_english_letter_count_too() -> None:
    english = [text.replace("第 ", "Page ").replace(" 页 共 ", " of ").replace(" 页", "") for text in pages(1)]
    assert reasons(prove(english, [letter(1)])) == [None]


@given(st.permutations(range(6)))
def test_of_shuffled_pages_only_what_stands_in_order_is_proved(order: list[int]) -> None:
    whole = [*pages(1), *pages(2), *pages(3)]
    found = prove([whole[index] for index in order], [letter(1), letter(2), letter(3)])
    for place, each in enumerate(found):
        if isinstance(each, PageRange):
            assert order[each.first : each.first + each.count] == [2 * place, 2 * place + 1]
