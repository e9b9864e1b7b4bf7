"""Mappings of headings: given by the user, saved, and reused for the same headings."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from intake_rows import HEADINGS, row

from notices.errors import UsageMistake
from notices.intake import ArrearsList

Reader = Callable[..., ArrearsList]
Writer = Callable[..., Path]

ODD = ("小区", "房号", "户", "到期日", "数额", "总额")
ROWS = [ODD, ["阳光花园", "3-2-501", "张三", "2025-12-31", 1200, 1500]]


def test_a_mapping_gives_a_meaning_that_cannot_be_guessed(workbook: Writer, read: Reader) -> None:
    result = read(workbook(ROWS), mapping={"户": "owner", "数额": "owed"})
    assert [account.key for account in result.accounts] == ["阳光花园/3-2-501/张三"]
    assert result.owed == Decimal("1200.00")


def test_a_meaning_may_be_given_as_a_usual_heading(workbook: Writer, read: Reader) -> None:
    assert read(workbook(ROWS), mapping={"户": "业主姓名", "数额": "欠费金额"}).owed == Decimal("1200.00")


def test_everything_unclear_is_reported_at_once_with_options_to_copy(workbook: Writer, read: Reader) -> None:
    with pytest.raises(UsageMistake) as caught:
        read(workbook([["小区", "房号", "户", "欠费", "欠费金额"], ["阳光花园", "3-2-501", "张三", 1, 1]]))
    said = str(caught.value)
    assert len(caught.value.details) == 2
    assert "--map '户=owner'" in said or "--map 户=owner" in said
    assert "--map 欠费=owed | --map 欠费金额=owed" in said.replace("'", "")


def test_one_of_two_columns_is_chosen_and_the_other_left_out(workbook: Writer, read: Reader) -> None:
    path = workbook(
        [["小区", "房号", "业主", "到期日", "欠费", "欠费金额"], ["阳光花园", "3-2-501", "张三", "2025-12-31", 1, 2]]
    )
    result = read(path, mapping={"欠费金额": "owed"})
    assert result.owed == Decimal("2.00")
    assert [column.meaning for column in result.columns][4:] == ["ignored", "owed"]


def test_a_heading_that_the_list_does_not_have_is_named(workbook: Writer, read: Reader) -> None:
    with pytest.raises(UsageMistake, match="金额合计"):
        read(workbook([HEADINGS, row()]), mapping={"金额合计": "owed"})


def test_an_unknown_meaning_is_refused_with_a_list_of_the_known_ones(workbook: Writer, read: Reader) -> None:
    with pytest.raises(UsageMistake, match="owed-with-late-fee"):
        read(workbook(ROWS), mapping={"数额": "money"})


def test_a_saved_mapping_applies_to_the_same_headings_in_any_order(workbook: Writer, read: Reader) -> None:
    saved = read(workbook(ROWS), mapping={"户": "owner", "数额": "owed"}).as_mapping("月报")
    turned = [list(reversed(cells)) for cells in ROWS]
    result = read(workbook(turned, name="next.xlsx"), saved=[saved])
    assert result.owed == Decimal("1200.00")
    assert [note.value for note in result.notes if note.code == "saved-mapping"] == ["月报"]


def test_a_saved_mapping_is_not_used_where_a_heading_is_new_or_missing(workbook: Writer, read: Reader) -> None:
    saved = read(workbook(ROWS), mapping={"户": "owner", "数额": "owed"}).as_mapping("月报")
    for other in ([*cells, "x"] for cells in ROWS), (cells[:-1] for cells in ROWS):
        with pytest.raises(UsageMistake):
            read(workbook(list(other), name="next.xlsx"), saved=[saved])


def test_a_mapping_saved_for_one_estate_is_not_anothers(workbook: Writer, read: Reader) -> None:
    bare = [cells[1:] for cells in ROWS]
    two = ["阳光花园", "月光花园"]
    told = {"户": "owner", "数额": "owed"}
    saved = read(workbook(bare), mapping=told, estate="阳光花园", known_estates=two).as_mapping("月报")
    assert read(workbook(bare), saved=[saved], estate="阳光花园", known_estates=two).owed == Decimal("1200.00")
    with pytest.raises(UsageMistake):
        read(workbook(bare), saved=[saved], estate="月光花园", known_estates=two)


def test_a_given_mapping_takes_precedence_over_a_saved_one(workbook: Writer, read: Reader) -> None:
    saved = read(workbook(ROWS), mapping={"户": "owner", "数额": "owed"}).as_mapping("月报")
    result = read(workbook(ROWS), mapping={"总额": "owed", "数额": "ignored"}, saved=[saved])
    assert result.owed == Decimal("1500.00")
