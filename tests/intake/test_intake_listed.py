"""Every file of lists/ is read as expected.toml says: at least one for each point of the catalogue in docs/lists.md."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from notices.errors import NoticesError
from notices.intake import ArrearsList, read_arrears
from notices.settings import Intake

LISTS = Path(__file__).parent / "lists"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((LISTS / "expected.toml").read_text(encoding="utf-8"))
SMALL = Intake(max_megabytes=1)  # what unpacks to more than 5 MB is refused
PACE = {27}  # not a small file: see test_intake_pace.py


def reading(path: Path) -> ArrearsList:
    return read_arrears(path, SMALL, known_estates=["阳光花园"], as_of=date(2026, 11, 23))


def test_each_point_of_the_catalogue_has_a_file_and_each_file_its_outcome() -> None:
    files = {path.name for path in LISTS.iterdir() if path.suffix != ".toml"}
    assert files == EXPECTED.keys()
    assert {int(name[:2]) for name in files} == set(range(36)) - PACE
    assert len(files) >= 60


def test_the_files_come_from_the_programs_that_people_use() -> None:
    makers = {expected["by"] for expected in EXPECTED.values()}
    assert makers >= {"openpyxl", "XlsxWriter", "xlwt", "odfpy", "LibreOffice Calc", "msoffcrypto-tool", "text"}


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if "exit" not in expected])
def test_a_list_is_read_as_stated(name: str) -> None:
    expected, read = EXPECTED[name], reading(LISTS / name)
    assert [account.key.removeprefix("阳光花园/") for account in read.accounts] == expected["accounts"]
    assert (read.charges, read.owed) == (expected.get("charges"), Decimal(expected["owed"]))
    assert [[problem.row, problem.column] for problem in read.problems] == expected.get("problems", [])
    assert sorted({note.code for note in read.notes} - {"default-item"}) == expected.get("notes", [])
    assert read.source.shape == expected.get("shape", "long")
    assert read.source.encoding == expected.get("encoding")


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if "exit" in expected])
def test_what_cannot_be_read_says_why(name: str) -> None:
    with pytest.raises(NoticesError) as caught:
        reading(LISTS / name)
    assert caught.value.exit_status == EXPECTED[name]["exit"]
    assert EXPECTED[name]["says"] in str(caught.value)
    assert caught.value.remedy.text


def test_a_difference_in_the_totals_is_explained_by_the_rows_that_make_it() -> None:
    notes = reading(LISTS / "02-totals-explained.xlsx").notes
    said = [str(note.detail) for note in notes if note.code == "totals-differ"]
    assert said
    assert all("duplicates, counted once: 3; no owner to write to: 4" in sentence for sentence in said)
