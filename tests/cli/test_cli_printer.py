"""The print --to ipp:// option: a real printer receives every file once and reports its outcome."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk
from neighbours import ON_PAPER
from printers import PRINTER_PROGRAM, Paper, lacking, letters, on_paper, paper_printer

pytestmark = [
    pytest.mark.office,
    pytest.mark.skipif(bool(lacking(PRINTER_PROGRAM, "dbus-daemon")), reason="needs cups-ipp-utils and dbus-daemon"),
]

STOPS = '#!/bin/sh\necho "STATE: +media-empty" >&2\nsleep 6\n'


@pytest.fixture
def paper(tmp_path: Path, bus_address: str) -> Iterator[Paper]:
    with paper_printer(tmp_path / "printer", bus_address, "-2") as printer:
        yield printer


def test_the_printer_gets_the_job_and_its_report_marks_it_handed_over(rendered: Desk, paper: Paper) -> None:
    document = rendered("print", "b", "--to", paper.uri, "--json").json
    assert document["handed_over"] == [{"job": "b-P01", "to": paper.uri, "state": "printed"}]
    assert paper.received == letters(rendered)
    assert on_paper(rendered) == {"handed-over"}
    assert rendered("print", "b", "--to", paper.uri, "--json").json["handed_over"] == []
    assert len(paper.received) == 1


def test_a_printer_that_cannot_print_on_both_sides_gets_nothing(
    rendered: Desk, tmp_path: Path, bus_address: str
) -> None:
    with paper_printer(tmp_path / "printer", bus_address) as paper:
        assert "both sides" in rendered("print", "b", "--to", paper.uri, status=3).errors
        assert (paper.received, on_paper(rendered)) == ([], {"rendered"})
        rendered.set("duplex = true ", "duplex = false")
        rendered("resume", "b")
        assert paper.received == letters(rendered)


def test_a_printer_that_takes_no_pdf_gets_nothing(rendered: Desk, tmp_path: Path, bus_address: str) -> None:
    with paper_printer(tmp_path / "printer", bus_address, "-2", formats="image/urf") as paper:
        assert "PDF" in rendered("print", "b", "--to", paper.uri, status=3).errors
    assert on_paper(rendered) == {"rendered"}


def test_an_unreachable_printer_changes_nothing_and_resume_continues(
    rendered: Desk, tmp_path: Path, bus_address: str
) -> None:
    with paper_printer(tmp_path / "first", bus_address, "-2") as paper:
        pass
    rendered("print", "b", "--to", paper.uri, status=3)
    assert on_paper(rendered) == {"rendered"}
    with paper_printer(tmp_path / "printer", bus_address, "-2", port=paper.port) as paper:
        rendered("resume", "b")
        assert paper.received == letters(rendered)


@pytest.mark.slow
def test_a_payment_while_the_first_file_prints_stops_the_file_with_that_letter(rendered: Desk, paper: Paper) -> None:
    """The payment is recorded by another process, as it would be at the counter."""
    rendered.set("sheets_per_file = 2000", "sheets_per_file = 1")
    add = (*program("payment", "add", ON_PAPER.account), "--amount", "5000.00", "--date", "2026-11-24", "--yes")
    once = f'[ -e "{paper.spool}/paid" ] || {{ touch "{paper.spool}/paid"; {shlex.join(add)}; }}'
    paper.does(f'#!/bin/sh\nexport NOTICES_WORKSPACE="{rendered.folder}"\n{once} >&2\n')
    outcome = rendered("print", "b", "--to", paper.uri, "--json", status=1)
    own = number(rendered, ON_PAPER.account)
    assert paper.received == letters(rendered)[:1], "the letters are one to a file, in walking order"
    states = {account: ways["print"] for account, ways in rendered.states().items() if "print" in ways}
    assert states[ON_PAPER.account] == "withdrawn"
    assert sorted(states.values()) == ["handed-over", "rendered", "withdrawn"]
    assert ON_PAPER.account in "".join(outcome.json["attention"])
    rendered("print", "b", "--to", paper.uri)
    assert own not in (rendered.folder / "output/b/print/b-P02/manifest.csv").read_text("utf-8-sig")
    assert len(paper.received) == 2


def program(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "notices", *words)


def number(desk: Desk, account: str) -> str:
    return str(desk.decisions()[account]["notice"])


@pytest.mark.slow
def test_a_printer_out_of_paper_is_reported_and_followed_once_it_prints(rendered: Desk, paper: Paper) -> None:
    rendered.set("stopped_seconds = 60", "stopped_seconds = 0")
    paper.does(STOPS)
    said = rendered("print", "b", "--to", paper.uri, status=3).errors
    assert "out of paper" in said
    assert on_paper(rendered) == {"spooled"}
    assert paper.uri in rendered("print", "b", "--to", rendered.folder, status=4).errors
    rendered.set("stopped_seconds = 0", "stopped_seconds = 60")
    assert rendered("resume", "b", "--json").json["printed"]["handed_over"][0]["state"] == "printed"
    assert paper.received == letters(rendered)
    assert on_paper(rendered) == {"handed-over"}


@pytest.mark.slow
def test_a_letter_withdrawn_while_its_job_prints_is_to_be_taken_out_of_the_sheets(rendered: Desk, paper: Paper) -> None:
    rendered.set("stopped_seconds = 60", "stopped_seconds = 0")
    paper.does('#!/bin/sh\necho "STATE: +media-empty" >&2\nsleep 4\necho "STATE: -media-empty" >&2\n')
    rendered("print", "b", "--to", paper.uri, status=3)
    number = rendered.decisions()[ON_PAPER.account]["notice"]
    rendered("withdraw", number, "--by", "Releaser", "--why", "paid", "--pulled")
    rendered.set("stopped_seconds = 0", "stopped_seconds = 60")
    assert number in rendered("resume", "b", status=1).errors
    assert on_paper(rendered) == {"handed-over", "withdrawn"}
    assert len(paper.received) == 1
