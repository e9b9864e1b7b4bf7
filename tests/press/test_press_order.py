"""Walking order: numbers by value, every kind of name in its documented place, no two letters tied."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from press_builders import an_item

from notices.press.items import PrintItem
from notices.press.order import pieces, walking_key


def units(items: list[PrintItem]) -> list[str]:
    return [item.unit for item in items]


@pytest.mark.parametrize(
    "in_order",
    [
        ["2-101", "10-101"],
        ["1-1-101", "1-1-102", "1-1-201", "1-1-1001", "1-2-101", "2-1-101", "10-1-101"],
        ["1-1-12", "1-1-12A", "1-1-13"],
        ["3--2", "3--1", "3-1"],
        ["1-1-负二层", "1-1-负一层", "1-1-负一层2", "1-1-101", "1-1-商铺3", "1-1-商铺12"],
        ["1-1-地下一层", "1-1-101"],
        ["2栋", "十二栋", "A座", "B座", "甲座", "乙座", "西区"],
        ["1-1-5", "1-1-５０", "1-1-501"],
    ],
)
def test_units_stand_as_the_caretaker_walks(in_order: list[str]) -> None:
    items = [an_item(f"N-{index}", unit=unit) for index, unit in enumerate(in_order)]
    for seed in range(5):
        shuffled = random.Random(seed).sample(items, len(items))
        assert units(sorted(shuffled, key=walking_key)) == in_order


@pytest.mark.parametrize(
    "in_order",
    [
        ["负三层", "负2层", "-1", "负一层", "1层", "一0层"],
        ["一单元", "2单元", "三单元", "十单元", "11单元", "二十单元", "一百零二单元"],
        ["9", "A", "a1", "b", "甲", "癸", "东"],
        ["甲单元", "乙单元", "丙单元", "丁单元"],
        ["阳光花园一期", "阳光花园2期", "阳光花园十期"],
        ["第二栋", "三栋", "第10栋"],
    ],
)
def test_each_kind_of_name_has_its_place(in_order: list[str]) -> None:
    keys = [pieces(name) for name in in_order]
    assert keys == sorted(keys)


def test_counters_and_character_widths_do_not_affect_the_order() -> None:
    assert len({pieces(name) for name in ["3", "3栋", "３幢", "三号楼", "3#", "第三栋", " 3 "]}) == 1
    assert pieces("A座") == pieces("ａ 座") == pieces("a")


def test_a_numeral_inside_a_name_is_not_a_number() -> None:
    assert len(pieces("三味书屋")) == len(pieces("千百商铺")) == 1


def test_a_number_of_any_length_is_taken() -> None:
    assert pieces("9" * 10_000) > pieces("8" * 10_000)


def test_estates_and_then_buildings_come_first() -> None:
    items = [
        an_item("N-1", estate="乙园", unit="1-1-101"),
        an_item("N-2", estate="甲园", unit="2-1-101"),
        an_item("N-3", estate="甲园", unit="1-9-901"),
    ]
    assert [item.number for item in sorted(items, key=walking_key)] == ["N-3", "N-2", "N-1"]


def test_separate_columns_and_a_joined_unit_give_the_same_order() -> None:
    joined = an_item("N-1", unit="3-2-501")
    apart = an_item("N-1", unit="3-2-501", building="3栋", entrance="二单元", room="501室")
    assert walking_key(joined) == walking_key(apart)


def test_units_of_two_and_four_parts_are_split_correctly() -> None:
    assert walking_key(an_item(unit="2-101"))[1:4] == (pieces("2"), (), pieces("101"))
    assert walking_key(an_item(unit="1期-3-2-501"))[1:4] == (pieces("1 3"), pieces("2"), pieces("501"))


def test_letters_to_one_door_stand_in_the_order_of_their_numbers() -> None:
    items = [an_item("N-2"), an_item("N-1"), an_item("N-3")]
    assert [item.number for item in sorted(items, key=walking_key)] == ["N-1", "N-2", "N-3"]


NAMES = st.text(st.sampled_from("0129-A乙座栋单元负一层十地下商铺号第 　B#/.") | st.characters(), max_size=8)
ITEMS = st.lists(
    st.builds(
        an_item,
        number=st.text(max_size=6),
        unit=NAMES,
        estate=NAMES,
        building=NAMES,
        entrance=NAMES,
        room=NAMES,
    ),
    max_size=12,
    unique_by=lambda item: item.number,
)


@given(ITEMS, st.randoms())
def test_the_order_is_total_and_independent_of_the_input_order(items: list[PrintItem], chance: random.Random) -> None:
    in_order = sorted(items, key=walking_key)
    shuffled = list(items)
    chance.shuffle(shuffled)
    assert sorted(shuffled, key=walking_key) == in_order
    assert all(walking_key(one) < walking_key(next_one) for one, next_one in pairwise(in_order))


@given(st.integers(0, 10**18 - 1), st.integers(0, 10**18 - 1), st.sampled_from(["{}", "{}栋", "A{}", "商铺{}", "{}A"]))
def test_numbers_compare_by_value_in_every_kind_of_name(one: int, other: int, shape: str) -> None:
    assert (pieces(shape.format(one)) < pieces(shape.format(other))) == (one < other)


@given(st.integers(1, 199), st.integers(1, 199))
def test_chinese_numerals_compare_by_value(one: int, other: int) -> None:
    assert (pieces(f"{in_chinese(one)}单元") < pieces(f"{other}单元")) == (one < other)


def in_chinese(value: int) -> str:
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    text = f"{'一百' if hundreds else ''}"
    if tens:
        text += f"{'' if tens == 1 and not hundreds else '一二三四五六七八九'[tens - 1]}十"
    elif hundreds and ones:
        text += "零"
    return text + ("一二三四五六七八九"[ones - 1] if ones else "")
