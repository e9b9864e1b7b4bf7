"""Statements: amounts, days and rows are read as they are meant, or named; nothing is lost and nothing crashes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from statement_files import FORMATS, Money, rows_of

from notices.intake.problems import Unreadable
from notices.intake.statements import Fate, Statement, StatementChoices
from notices.intake.statements.cells import read_clock, read_day, read_yuan
from notices.intake.statements.reading import _read
from notices.tables import Cell
from notices.tables.cells import Marks, Sheet, Workbook

TODAY = date(2026, 11, 30)
FEN = st.integers(min_value=-(10**11), max_value=10**11).map(lambda fen: Decimal(fen) / 100)
DAYS = st.dates(date(2000, 1, 1), date(2035, 12, 31))
WRITTEN: dict[str, Callable[[Decimal], str]] = {
    "plain": lambda it: f"{it:.2f}",
    "thousands": lambda it: f"{it:,.2f}",
    "signed": lambda it: f"{it:+.2f}",
    "padded": lambda it: f" {it:.2f}\t ",
    "quoted": lambda it: f"`{it:.2f}",
    "yuan": lambda it: f"{it:.2f}元",
    "wide": lambda it: f"{it:.2f}".translate({ord(each): ord(each) + 0xFEE0 for each in "0123456789"}),
}
DATED = ["{0}", "{0:%Y%m%d}", "{0:%Y/%m/%d}", "{0:%Y.%m.%d}", "{0:%Y年%m月%d日}", "`{0}", "{0}\t "]
TEXT = st.text(alphabet="0123456789.,-+/`¥￥元万 \t年月日:()（）张三abcE％%一二十〇", max_size=14)


def read(name: str, rows: list[list[str]], *, text_file: bool = True) -> Statement:
    """Read rows as the only sheet of a file."""
    table: list[tuple[int, tuple[Cell, ...]]] = [(n, tuple(row)) for n, row in enumerate(rows, start=1) if any(row)]
    page = Sheet("明细", lambda: (lambda: iter(table), Marks()))
    return _read(f"{name}.csv", Workbook("csv" if text_file else "xlsx", "", (page,)), TODAY, StatementChoices())


@settings(max_examples=200, deadline=None)
@given(FEN, st.sampled_from(sorted(WRITTEN)))
def test_an_amount_is_read_to_the_fen_however_it_is_written(amount: Decimal, way: str) -> None:
    assert read_yuan(WRITTEN[way](amount)) == amount


@settings(max_examples=200, deadline=None)
@given(TEXT | st.text(max_size=8))
def test_what_is_no_amount_is_nothing_or_named_and_never_rounded(text: str) -> None:
    with suppress(Unreadable):
        found = read_yuan(text)
        assert found is None or found == found.quantize(Decimal("0.01"))


@settings(max_examples=200, deadline=None)
@given(
    DAYS, st.sampled_from(["{0}", "{0:%Y%m%d}", "{0:%Y/%m/%d}", "{0:%Y.%m.%d}", "{0:%Y年%m月%d日}", "`{0}", "{0}\t "])
)
def test_a_day_is_read_with_or_without_a_time(day: date, way: str) -> None:
    written = way.format(day)
    assert read_day(written) == day
    assert read_day(f"{written.strip()} 23:59:59") == day
    assert read_clock(f"{written.strip()} 23:59:59") == "235959"


@settings(max_examples=200, deadline=None)
@given(TEXT | st.text(max_size=8))
@example("#VALUE!")
def test_what_is_no_day_is_nothing_or_named(text: str) -> None:
    with suppress(Unreadable):
        assert isinstance(read_day(text), date | None)
    assert isinstance(read_clock(text), str)


MONEY: Any = st.builds(
    Money,
    day=st.dates(date(2026, 1, 1), TODAY),
    clock=st.times().map(lambda it: f"{it:%H:%M:%S}"),
    amount=st.integers(min_value=1, max_value=10**8).map(lambda fen: f"{Decimal(fen) / 100:.2f}"),
    payer=st.sampled_from(["张三", "李四", "某某有限公司"]),
    remark=st.sampled_from(["3-2-501", "物业费2026年", "缴费"]),
    serial=st.integers(min_value=10**9, max_value=10**12).map(lambda it: f"S{it}"),
    kind=st.sampled_from(["in", "in", "out"]),
)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=15, deadline=None)
@given(st.lists(MONEY, min_size=1, max_size=8, unique_by=lambda it: it.serial))
def test_every_line_of_every_format_is_read_once_with_its_day_and_amount(name: str, lines: list[Money]) -> None:
    whole = [it for it in lines if it.kind == "in" or name not in {"wechat-merchant", "table"}]
    if not whole:
        return
    found = read(name, rows_of(name, whole))
    assert (found.format, found.problems) == (name, ())
    told = [(it.date, it.amount, it.fate is Fate.MONEY_OUT) for it in found.lines]
    assert told == [(it.day, Decimal(it.amount), it.kind == "out") for it in whole]
    assert len({it.key for it in found.lines}) == len(whole)
    assert [it.key for it in read(name, rows_of(name, whole)).lines] == [it.key for it in found.lines]


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=25, deadline=None)
@given(st.lists(MONEY, min_size=1, max_size=4), st.data())
def test_a_row_with_any_cell_spoilt_is_a_line_a_problem_or_a_note_and_the_others_are_read(
    name: str, lines: list[Money], data: st.DataObject
) -> None:
    money_in = [Money(it.day, it.clock, it.amount, it.payer, it.remark, it.serial) for it in lines]
    rows = rows_of(name, money_in)
    sound = read(name, rows, text_file=False)
    row = data.draw(st.sampled_from([it.row for it in sound.lines])) - 1
    column = data.draw(st.integers(min_value=0, max_value=len(rows[row]) - 1))
    rows[row] = [*rows[row][:column], data.draw(TEXT), *rows[row][column + 1 :]]
    spoilt = read(name, rows, text_file=False)
    assert all(it.amount > 0 and it.date <= TODAY for it in spoilt.lines)
    named = {it.row for it in spoilt.problems}
    assert {it.row for it in sound.lines} - {row + 1} <= {it.row for it in spoilt.lines}
    assert not named & {it.row for it in spoilt.lines}
    assert named <= {row + 1, None}
