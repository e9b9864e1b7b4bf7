"""The sample estate: its workbooks match the script, and its decisions match those worked out by hand."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import openpyxl
import pytest
from postgres import Postgres, needs_postgres
from support import ROOT, SAMPLE, Cli, call

from notices.flow.templates.bundled import SAMPLE_ESTATE, sample_settings
from notices.settings import Section, Settings

EXPECTED = json.loads((SAMPLE / "expected.json").read_text(encoding="utf-8"))


def cells(path: Path) -> list[tuple[object, ...]]:
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    return list(sheet.iter_rows(values_only=True))


@pytest.mark.parametrize("name", ["arrears.xlsx", "history.xlsx", "holds.xlsx", "statement.xlsx"])
def test_the_workbooks_are_what_the_script_writes(name: str, tmp_path: Path) -> None:
    runpy.run_path(str(ROOT / "examples" / "make_sample.py"))["make"](tmp_path)
    assert cells(tmp_path / name) == cells(SAMPLE / name)


def test_expected_decisions_cover_every_account_once() -> None:
    rows = cells(SAMPLE / "arrears.xlsx")[2:]
    listed = {f"{row[0]}/{str(row[1])[:-1]}-{str(row[2])[:-2]}-{row[3]}/{row[4]}" for row in rows}
    assert sorted(entry["account"] for entry in EXPECTED["decisions"]) == sorted(listed)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[needs_postgres, pytest.mark.slow])])
def on_either_database(workspace: Path, request: pytest.FixtureRequest) -> None:
    """Keep the ledger of the workspace in a file, or on a server."""
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("server")
        settings = workspace / "notices.toml"
        text = settings.read_text("utf-8")
        settings.write_text(text.replace('[ledger]\nurl = ""', f'[ledger]\nurl = "{server.ledger()}"'), "utf-8")


def combine_letters(workspace: Path, word: str) -> None:
    settings = workspace / "notices.toml"
    text, count = re.subn(r'^combine = "\w+"', f'combine = "{word}"', settings.read_text("utf-8"), flags=re.MULTILINE)
    assert count == 1
    settings.write_text(text, "utf-8")


@pytest.mark.usefixtures("on_either_database")
@pytest.mark.parametrize("combine", ["unit", "owner"])
def test_every_account_is_decided_as_worked_out_by_hand(cli: Cli, workspace: Path, combine: str) -> None:
    combine_letters(workspace, combine)
    cli("history", "import", SAMPLE / "history.xlsx")
    cli("hold", "import", SAMPLE / "holds.xlsx")
    for payment in EXPECTED["payments"]:
        cli("payment", "add", payment["account"], "--amount", payment["amount"], "--date", payment["date"])
    planned = cli("plan", SAMPLE / "arrears.xlsx", "--as-of", EXPECTED["as_of"], "--json").json
    by_account = {decision["account"]: decision for decision in planned["decisions"]}
    for expected in EXPECTED["decisions"]:
        account = expected["account"]
        keys = expected.keys() - {"why"}
        decided = {key: by_account[account][key] for key in keys}
        assert decided == {key: expected[key] for key in keys}, f"{account}: {expected['why']}"
    assert len(by_account) == len(EXPECTED["decisions"])


@pytest.mark.parametrize("released", [False, True])
def test_letters_for_several_units_change_no_decision(
    cli: Cli, workspace: Path, tmp_path: Path, released: bool
) -> None:
    book = openpyxl.load_workbook(SAMPLE / "arrears.xlsx")
    sheet = book.active
    assert sheet is not None
    for row in list(sheet.iter_rows(min_row=3, values_only=True)):  # each owner has a second unit, and the same charges
        sheet.append([*row[:3], f"9{row[3]}", *row[4:]])
    book.save(tmp_path / "two units each.xlsx")
    decided = {}
    for combine in ("unit", "owner"):
        combine_letters(workspace, combine)
        words = ("--as-of", EXPECTED["as_of"], "--name", combine, "--by", "Planner", "--again", "--json")
        planned = cli("plan", tmp_path / "two units each.xlsx", *words).json
        assert ("saved" in planned) is (combine == "owner")
        found = planned["decisions"]
        if released:
            assert call("approve", combine, "--by", "Releaser").status in {0, 1}
            found = cli("show", combine, "--json").json["decisions"]
            assert any("letter" in each for each in found) is (combine == "owner")
            assert call("withdraw", "--batch", combine, "--by", "B", "--why", "next", "--yes").status == 0
        later = {"notice", "letter", "letter_accounts", "deliveries"}  # numbers go on, and so does the clock
        decided[combine] = [{key: value for key, value in each.items() if key not in later} for each in found]
    assert decided["unit"] == decided["owner"]
    assert len(decided["unit"]) == 2 * len(EXPECTED["decisions"])


def test_the_checkouts_settings_are_the_explained_ones_for_the_sample_estate() -> None:
    assert (ROOT / "notices.toml").read_text(encoding="utf-8") == sample_settings((SAMPLE_ESTATE,))
    assert EXPECTED["estate"] == SAMPLE_ESTATE


def test_the_settings_file_explains_every_key() -> None:
    text = sample_settings((SAMPLE_ESTATE,))
    for section in sections(Settings):
        for name in section.model_fields:
            explained = rf"^(#? *|\[+|.*[.{{ ]){name}(\]+|\.| =)"
            assert re.search(explained, text, re.MULTILINE), f"{section.__name__}.{name}"


def sections(section: type[Section]) -> Iterator[type[Section]]:
    yield section
    for field in section.model_fields.values():
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, Section):
                yield from sections(inner)
