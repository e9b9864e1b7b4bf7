"""Print jobs: built atomically, in walking order, proved page by page, and without amounts."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from press_builders import a_shard, addressed, an_item, write_pdf

from notices.errors import DataNeedsPerson, Refused, Unusable
from notices.pdf import DocumentInfo, bind, page_texts
from notices.press import job as press_job
from notices.press.blank import A4_BLANK
from notices.press.items import Origin, PrintItem, Replaced, separate_changed
from notices.press.job import JobOrder, JobResult, build_job
from notices.press.layout import lay_out
from notices.press.proof import prove_order
from notices.settings import Print
from notices.workers.pool import WorkerPool

DAY = date(2026, 11, 23)
LETTERS = [("N-1", "10-101", 1), ("N-2", "2-101", 2), ("N-3", "2-1001", 3), ("N-4", "1-101", 1)]
WALK = ["N-4", "N-2", "N-3", "N-1"]
UNSEEN = {"name": "B5", "width": 250, "height": 176, "sheets": 5}  # an envelope without a window
FILES = ["SHA256SUMS", "cover.pdf", "ems.xlsx", "letters-01.pdf", "manifest.csv", "manifest.xlsx"]


def built(items: list[PrintItem], jobs: Path, **how: Any) -> JobResult:
    return build_job(JobOrder("P-001", Print(**how), DAY), items, jobs, WorkerPool)


def rows(folder: Path) -> list[list[str]]:
    text = (folder / "manifest.csv").read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))[1:]


@pytest.fixture
def items(tmp_path: Path) -> list[PrintItem]:
    return a_shard(tmp_path / "shard-1.pdf", LETTERS)


def test_letters_lie_in_walking_order_each_on_a_front_page_in_duplex(items: list[PrintItem], tmp_path: Path) -> None:
    result = built(items, tmp_path / "print")
    assert [letter.item.number for letter in result.placed] == WALK
    assert [letter.first_page for letter in result.placed] == [1, 3, 5, 9]
    assert (result.letters, result.sheets, result.pages, result.blank_backs) == (4, 5, 10, 3)
    texts = [text.strip().splitlines()[-1] if text else "" for text in page_texts(result.folder / "letters-01.pdf")]
    assert texts == [
        "No. N-4 page 1 of 1",
        "",
        "No. N-2 page 1 of 2",
        "No. N-2 page 2 of 2",
        "No. N-3 page 1 of 3",
        "No. N-3 page 2 of 3",
        "No. N-3 page 3 of 3",
        "",
        "No. N-1 page 1 of 1",
        "",
    ]


def test_simplex_uses_one_sheet_per_page_without_blank_pages(items: list[PrintItem], tmp_path: Path) -> None:
    result = built(items, tmp_path / "print", duplex=False)
    assert [letter.first_page for letter in result.placed] == [1, 2, 4, 7]
    assert (result.sheets, result.pages, result.blank_backs) == (7, 7, 0)
    assert len(page_texts(result.folder / "letters-01.pdf")) == 7


def test_letters_of_several_shards_are_merged_in_one_order(tmp_path: Path) -> None:
    units = [f"{building}-{door}" for building in range(1, 4) for door in (101, 201, 1001)]
    random.Random(7).shuffle(units)
    letters = [(f"N-{index:03d}", unit, 1 + index % 3) for index, unit in enumerate(units)]
    items = [*a_shard(tmp_path / "a.pdf", letters[::2]), *a_shard(tmp_path / "b.pdf", letters[1::2])]
    result = built(items, tmp_path / "print")
    assert [row[4] for row in rows(result.folder)] == sorted(units, key=lambda unit: [int(n) for n in unit.split("-")])


def test_the_manifest_has_only_what_the_shop_needs(items: list[PrintItem], tmp_path: Path) -> None:
    folder = built(items, tmp_path / "print").folder
    content = (folder / "manifest.csv").read_bytes()
    assert content.startswith(
        b"\xef\xbb\xbfPosition,Notice,Letter,Estate,Unit,Recipient,Postcode,Address,Pages,Sheets,"
    )
    assert content.count(b"\n") == content.count(b"\r\n") == 5
    address = ["Sample Owner", "100000", "Sample Road 1"]
    file = "letters-01.pdf"
    assert rows(folder) == [
        ["1", "N-4", "催费函", "示例花园", "1-101", *address, "1", "1", "1", file, "1", "0", "DL", "10", ""],
        ["2", "N-2", "催费函", "示例花园", "2-101", *address, "2", "1", "3", file, "2", "0", "DL", "10", ""],
        ["3", "N-3", "催费函", "示例花园", "2-1001", *address, "3", "2", "5", file, "3", "0", "DL", "15", ""],
        ["4", "N-1", "催费函", "示例花园", "10-101", *address, "1", "1", "9", file, "5", "0", "DL", "10", ""],
    ]
    sheet = openpyxl.load_workbook(folder / "manifest.xlsx").active
    assert [["" if cell is None else str(cell) for cell in row] for row in sheet.values][1:] == rows(folder)


def test_the_headings_are_translated(items: list[PrintItem], tmp_path: Path) -> None:
    result = build_job(JobOrder("P-001", Print(), DAY, translate=lambda text: f"<{text}>"), items, tmp_path, WorkerPool)
    assert b"<Position>,<Notice>," in (result.folder / "manifest.csv").read_bytes()


def test_the_carriers_list_names_the_content_by_tier_and_holds_weights_as_numbers(
    items: list[PrintItem], tmp_path: Path
) -> None:
    sent = [
        replace(item, tier="lawyer-letter" if item.number == "N-3" else "reminder", telephone="013") for item in items
    ]
    ems = {
        "contents": {"lawyer-letter": "物业费律师函"},
        "columns": {"品名": "{content}", "电话": "{telephone}", "克": "{grams}"},
    }
    folder = built(sent, tmp_path / "print", ems=ems).folder
    sheet = openpyxl.load_workbook(folder / "ems.xlsx").active
    assert list(sheet.values)[1:] == [
        ("物业费催缴函", "013", 10),
        ("物业费催缴函", "013", 10),
        ("物业费律师函", "013", 15),
        ("物业费催缴函", "013", 10),
    ]


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_list_values_never_become_formulas_in_the_manifest(items: list[PrintItem], tmp_path: Path, value: str) -> None:
    hostile = [replace(item, recipient=value, address=value, postcode=value, telephone=value) for item in items]
    folder = built(hostile, tmp_path / "print", envelopes=[UNSEEN]).folder
    assert {cell for row in rows(folder) for cell in row[5:8]} == {f"'{value}"}
    for name in ("manifest.xlsx", "ems.xlsx"):
        cells = [cell for row in openpyxl.load_workbook(folder / name).active.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells if cell.value == value} <= {"s"}
        assert not any(cell.data_type == "f" for cell in cells)


def cover_of(folder: Path) -> str:
    return " ".join("\n".join(page_texts(folder / "cover.pdf")).split())


def test_the_cover_names_day_customer_sender_and_what_to_stamp(items: list[PrintItem], tmp_path: Path) -> None:
    origin = Origin(("Company",), ("Law Firm",), to_stamp=("Law Firm",))
    order = JobOrder("P-001", Print(contact="Centre 010-1"), DAY, origin=origin)
    told = cover_of(build_job(order, items, tmp_path, WorkerPool).folder)
    for line in ("2026-11-23", "Company", "before folding, with the seal of Law Firm", "Centre 010-1", "Taken over by"):
        assert line in told
    assert "red" not in told.replace("folded", ""), "no letter has a printed seal"


def test_the_cover_speaks_of_red_only_where_a_seal_is_printed(items: list[PrintItem], tmp_path: Path) -> None:
    order = JobOrder("P-001", Print(), DAY, origin=Origin(("Company",), ("Company",), any_seal=True))
    told = cover_of(build_job(order, items, tmp_path, WorkerPool).folder)
    assert "seals are red" in told
    assert "before folding" not in told


def test_the_next_version_keeps_places_and_says_what_is_missing(items: list[PrintItem], tmp_path: Path) -> None:
    first = built(items, tmp_path / "first")
    kept = [
        replace(
            letter.item,
            source=first.folder / "letters-01.pdf",
            source_sha256=first.files["letters-01.pdf"],
            first=letter.first_page,
            count=letter.pages,
            replaces=Replaced("", letter.position, letter.first_sheet, letter.sheets),
        )
        for letter in first.placed
        if letter.item.number != "N-3"
    ]
    order = JobOrder("P-001", Print(), DAY, version=2, without=(("N-3", 3, 2),))
    result = build_job(order, kept, tmp_path / "second", WorkerPool)
    assert [(letter.item.number, letter.position, letter.first_sheet) for letter in result.placed] == [
        ("N-4", 1, 1),
        ("N-2", 2, 2),
        ("N-1", 4, 5),
    ]
    assert {row[-1] for row in rows(result.folder)} == {""}, "it replaces nothing of another job"
    assert "Version 2, replaces version 1 of P-001; without N-3 (sheets 3-4)." in cover_of(result.folder)


def test_columns_are_as_wide_as_what_they_hold(items: list[PrintItem], tmp_path: Path) -> None:
    folder = built([replace(item, telephone="13800000000") for item in items], tmp_path / "print").folder
    for name in ("manifest.xlsx", "ems.xlsx"):
        sheet = openpyxl.load_workbook(folder / name).active
        spans = sheet.column_dimensions.values()
        widths = {column: span.width for span in spans for column in range(span.min, span.max + 1)}
        for number, column in enumerate(sheet.iter_cols(values_only=True), start=1):
            needed = max(len(str(cell or "").encode("gb18030")) for cell in column)
            assert needed <= widths[number] <= needed + 4, (name, column)


def test_the_checksums_are_those_of_the_files(items: list[PrintItem], tmp_path: Path) -> None:
    result = built(items, tmp_path / "print")
    subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=result.folder, capture_output=True, check=True)
    assert result.files == {name: hashlib.sha256((result.folder / name).read_bytes()).hexdigest() for name in FILES[1:]}
    assert sorted(path.name for path in result.folder.iterdir()) == FILES


def test_a_job_is_readable_by_its_owner_only(items: list[PrintItem], tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = built(items, tmp_path / "print").folder
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_same_letters_in_any_order_give_the_same_bytes(items: list[PrintItem], tmp_path: Path) -> None:
    one = built(items, tmp_path / "one")
    other = built(items[::-1], tmp_path / "other")
    assert one.files == other.files


def test_letters_in_a_changed_or_missing_file_are_sifted_out(tmp_path: Path) -> None:
    sound = a_shard(tmp_path / "a.pdf", [("N-1", "1-101", 1)])
    changed = a_shard(tmp_path / "b.pdf", [("N-2", "1-102", 1), ("N-3", "1-103", 1)])
    gone = a_shard(tmp_path / "c.pdf", [("N-4", "1-104", 1)])
    write_pdf(tmp_path / "b.pdf", [addressed("No. N-2 page 1 of 1"), addressed("No. N-3 page 2 of 1")])
    (tmp_path / "c.pdf").unlink()
    kept, failures = separate_changed([*sound, *changed, *gone])
    assert kept == tuple(sound)
    assert [(failure.number, str(failure.reason)) for failure in failures] == [
        ("N-2", "b.pdf has changed since it was rendered."),
        ("N-3", "b.pdf has changed since it was rendered."),
        ("N-4", "c.pdf can no longer be read."),
    ]


def test_a_changed_source_is_never_printed(items: list[PrintItem], tmp_path: Path) -> None:
    source = items[0].source
    source.write_bytes(source.read_bytes() + b"\n")
    with pytest.raises(DataNeedsPerson) as caught:
        built(items, tmp_path / "print")
    assert len(caught.value.details) == len(items)
    assert not (tmp_path / "print").exists()


def test_a_notice_is_printed_once(items: list[PrintItem], tmp_path: Path) -> None:
    with pytest.raises(Refused, match="N-1"):
        built([*items, items[0]], tmp_path / "print")


def test_a_job_without_letters_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no letter"):
        built([], tmp_path / "print")


def swapping(ranges: Iterable[tuple[Path, int, int]], target: Path, said: DocumentInfo, **about: Any) -> None:
    first, second, *rest = ranges
    bind([second, first, *rest], target, said, **about)


def dropping(ranges: Iterable[tuple[Path, int, int]], target: Path, said: DocumentInfo, **about: Any) -> None:
    bind(list(ranges)[:-1], target, said, **about)


@pytest.mark.parametrize("wrong", [swapping, dropping])
def test_a_wrongly_merged_file_is_detected_and_removed(
    items: list[PrintItem], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: Any
) -> None:
    monkeypatch.setattr(press_job, "bind", wrong)
    with pytest.raises(Unusable, match="failed its check"):
        built(items, tmp_path / "print", duplex=False)
    assert list((tmp_path / "print").iterdir()) == []


@pytest.mark.parametrize(
    ("pages", "fact"),
    [
        (["No. N-1", "No. N-1", "No. N-2"], "3 pages"),
        (["No. N-1", "", "", "No. N-2", "", ""], "6 pages"),
        (["No. N-2", "", "No. N-1", ""], "N-1 is not at position 1"),
        (["No. N-1", "", "No. N-22", ""], "N-2 is not at position 2"),
        (["No. AN-1", "", "No. N-2", ""], "N-1 is not at position 1"),
        (["No. N-1", "No. N-1", "No. N-2", ""], "the back of N-1 is not blank"),
    ],
)
def test_each_page_is_checked_against_the_layout(pages: list[str], fact: str) -> None:
    with pytest.raises(Unusable, match=fact):
        prove_order(pages, lay_out([an_item("N-1"), an_item("N-2")], Print()))


@pytest.mark.parametrize("text", ["编号：(2026)示律函字第003号第1页", "编号 （2026）示律函\r\n字第 003 号\n1/3"])
def test_a_chinese_number_is_found_whatever_its_width_and_line_breaks(text: str) -> None:
    prove_order([text], lay_out([an_item("（2026）示律函字第003号")], Print(duplex=False)))


def test_a_job_built_again_takes_the_place_of_the_first(items: list[PrintItem], tmp_path: Path) -> None:
    built(items, tmp_path / "print")
    result = built(items[:2], tmp_path / "print")
    assert len(rows(result.folder)) == 2
    assert [path.name for path in (tmp_path / "print").iterdir()] == ["P-001"]


def test_a_full_disk_is_reported_and_nothing_is_left(items: list[PrintItem], tmp_path: Path) -> None:
    (tmp_path / "print").write_text("a file where the folder should be")
    with pytest.raises(Unusable) as caught:
        built(items, tmp_path / "print")
    assert caught.value.remedy.text


@pytest.mark.slow
def test_killed_at_any_step_it_leaves_a_whole_job_or_none_and_can_be_built_again(
    items: list[PrintItem], tmp_path: Path
) -> None:
    whole = built(items, tmp_path / "whole").files
    for step in range(1, 400, 5):
        jobs = tmp_path / f"killed-{step}"
        if step % 2:
            built(items, jobs)  # every other time, a job of that name already exists
        status = status_of_build_that_dies_at(step, items, jobs)
        assert not (jobs / "P-001").exists() or hashes(jobs / "P-001") == whole
        if os.WIFEXITED(status):
            break
        assert built(items, jobs).files == whole
        assert [path.name for path in jobs.iterdir()] == ["P-001"]
        shutil.rmtree(jobs)
    assert step > 15
    assert os.WIFEXITED(status)
    assert os.WEXITSTATUS(status) == 0


def hashes(folder: Path) -> dict[str, str]:
    assert (folder / "SHA256SUMS").is_file()
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES[1:]}


def status_of_build_that_dies_at(step: int, items: list[PrintItem], jobs: Path) -> int:
    child = os.fork()
    if child == 0:
        try:
            _die_at_file_event(step)
            built(items, jobs)
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1]


def _die_at_file_event(step: int) -> None:
    left = step

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        if event in {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chmod"}:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def test_the_blank_page_is_a_sound_pdf(tmp_path: Path) -> None:
    blank = tmp_path / "blank.pdf"
    blank.write_bytes(A4_BLANK)
    assert [text.strip() for text in page_texts(blank)] == [""]
