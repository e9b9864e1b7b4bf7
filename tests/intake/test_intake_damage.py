"""Damaged lists and random cells give a clean error or a correct result: no traceback, no hang, no lost row."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from damage import damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_intake_listed import EXPECTED, LISTS, reading

from notices.errors import NoticesError
from notices.intake import ArrearsList

PATIENCE = 10  # seconds for one small file on a busy machine
QUICK, LONG = 5, 25  # damaged copies of each file and kind


def outcome(read: ArrearsList) -> tuple[object, ...]:
    accounts = {(account.key, tuple(charge.owed for charge in account.charges)) for account in read.accounts}
    return accounts, {(problem.row, problem.column) for problem in read.problems}, read.rows


def read_damaged(path: Path, folder: Path, *, seed: int, copies: int) -> None:
    sound = outcome(reading(path)) if "exit" not in EXPECTED[path.name] else None
    for number, (what, data) in enumerate(damaged(path, seed, copies)):
        target = folder / f"{number}-{path.name}"
        target.write_bytes(data)
        began = time.monotonic()
        try:
            read = outcome(reading(target))
        except NoticesError:
            read = None
        if read is not None and sound is not None and what != "flipped inside" and zipfile.is_zipfile(path):
            assert read == sound, (what, number)  # these formats reveal damage by checksums and the ends of their parts
        assert time.monotonic() - began < PATIENCE, (what, number)
        target.unlink()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_damaged_list_is_refused_or_read_rightly(name: str, tmp_path: Path) -> None:
    read_damaged(LISTS / name, tmp_path, seed=1, copies=QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_a_list_damaged_in_many_ways_is_refused_or_read_rightly(name: str, tmp_path: Path) -> None:
    read_damaged(LISTS / name, tmp_path, seed=2, copies=LONG)


def test_a_panic_of_the_reader_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    read_damaged(LISTS / "07-telephones.xls", tmp_path, seed=2, copies=25)
    assert capfd.readouterr() == ("", "")


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
AMOUNT = st.one_of(st.decimals(0, 99999, places=2).map(str), TEXT, st.sampled_from(["", "-", "1,200.00", "12o", "1e3"]))
CELLS = st.tuples(
    st.one_of(TEXT, st.sampled_from(["3-2-501", "4栋1单元101室", "合计", "2026-01-02"])),
    st.one_of(TEXT, st.sampled_from(["张三", "李四、王五", "/", "空置", "制表人："])),
    st.one_of(TEXT, st.sampled_from(["2025年度", "2025-12-31", "20251231"])),
    AMOUNT,
    TEXT,
)


@given(st.lists(CELLS, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_of_random_cells_is_lost_silently(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    anchor = ("9-9-999", "周某某", "2025-12-31", "1.00", "")
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("房号", "业主", "应缴日期", "欠费", "备注"), anchor, *rows])
    path = tmp_path / "random.csv"
    path.write_bytes(text.getvalue().encode("utf-8"))
    try:
        read = reading(path)
    except NoticesError:
        return
    spoken_of = {row for account in read.accounts for row in account.rows}
    spoken_of |= {row for rejected in read.rejected for row in rejected.rows}
    spoken_of |= {said.row for said in (*read.notes, *read.problems) if said.row}
    for number, cells in enumerate(rows, start=3):
        if any(cell.strip() for cell in cells):
            assert number in spoken_of, (number, cells)


@given(st.decimals(Decimal("-99999.99"), Decimal("9999999.99"), places=2))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_amount_that_is_written_is_the_amount_that_is_read(tmp_path: Path, amount: Decimal) -> None:
    path = tmp_path / "amount.csv"
    path.write_text(f"房号,业主,应缴日期,欠费\n3-2-501,张三,2025-12-31,{amount}\n", encoding="utf-8")
    assert reading(path).owed == amount
