"""Print jobs out of which letters were withdrawn: made again as the next version, and what a person is told."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from desk import Desk
from neighbours import BOTH_WAYS, ON_PAPER, ON_PAPER_TOO

from notices.flow.printing import make_job

pytestmark = pytest.mark.office

PAID = ("payment", "add", ON_PAPER.account, "--amount", "5000.00", "--date", "2026-11-24", "--yes")
WAYBILL = ("内件编号", "邮件号", "投递状态", "投递日期")


def number(desk: Desk, account: str) -> str:
    return str(desk.decisions()[account]["notice"])


def folder(desk: Desk, job: str = "b-P01") -> Path:
    return desk.folder / "output" / "b" / "print" / job


def manifest(desk: Desk, job: str = "b-P01") -> list[dict[str, str]]:
    text = (folder(desk, job) / "manifest.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def cover(desk: Desk, job: str = "b-P01") -> str:
    with pypdfium2.PdfDocument(folder(desk, job) / "cover.pdf") as document:
        return "".join("".join(page.get_textpage().get_text_range() for page in document).split())


def listed(desk: Desk) -> dict[str, tuple[int, str, bool]]:
    jobs = desk("job", "list", "--json").json["jobs"]
    return {each["job"]: (each["version"], each["state"], each["stale"]) for each in jobs}


def paper(desk: Desk) -> dict[str, str]:
    return {account: ways["print"] for account, ways in desk.states().items() if "print" in ways}


def withdraw(desk: Desk, account: str) -> Any:
    words = ("--by", "Releaser", "--why", "paid", "--pulled", "--json")
    return desk("withdraw", number(desk, account), *words).json


@pytest.fixture
def printed(rendered: Desk) -> Desk:
    """Job b-P01 with three letters: BOTH_WAYS, ON_PAPER, ON_PAPER_TOO at positions 1 to 3."""
    rendered("print", "b")
    return rendered


@pytest.mark.slow
def test_a_withdrawn_letter_leaves_the_files_and_all_others_keep_their_places(printed: Desk) -> None:
    own, before = number(printed, ON_PAPER.account), manifest(printed)
    assert withdraw(printed, ON_PAPER.account)["jobs"] == [
        {"job": "b-P01", "version": 2, "position": 2, "first_sheet": 2, "sheets": 1}
    ]
    assert listed(printed) == {"b-P01": (2, "spooled", False)}
    places = [(row["Position"], row["Notice"], row["First sheet in the job"]) for row in before]
    after = [(row["Position"], row["Notice"], row["First sheet in the job"]) for row in manifest(printed)]
    assert after == [place for place in places if place[1] != own]
    pages = "".join(_texts(folder(printed) / "letters-01.pdf"))
    assert own not in pages
    assert number(printed, BOTH_WAYS.account) in pages
    told = cover(printed)
    assert "第2版" in told or "version2" in told.lower()
    assert own in told, "the cover says which letter is missing"
    kept = printed.folder / "batches" / "b" / "sent"
    assert sorted(path.name for path in kept.glob("b-P01*")) == ["b-P01", "b-P01.v2"], "what was printed is evidence"
    printed("job", "confirm", "b-P01")
    assert sorted(paper(printed).values()) == ["handed-over", "handed-over", "withdrawn"]
    assert printed("print", "b", "--notice", number(printed, ON_PAPER_TOO.account), "--json").json["letters"] == 1
    printed("job", "purge", "b-P01")
    assert {path.name for path in (kept / "b-P01.v2").iterdir()} == {"letters-01.pdf"}


def _texts(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as document:
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]


def test_a_second_letter_makes_a_third_version_and_the_last_cancels_the_job(printed: Desk) -> None:
    withdraw(printed, ON_PAPER.account)
    withdraw(printed, BOTH_WAYS.account)
    assert listed(printed) == {"b-P01": (3, "spooled", False)}
    assert [row["Position"] for row in manifest(printed)] == ["3"]
    withdraw(printed, ON_PAPER_TOO.account)
    assert listed(printed) == {"b-P01": (3, "cancelled", False)}
    assert not folder(printed).exists()


def test_an_open_supplement_is_made_again_too(printed: Desk) -> None:
    printed("print", "b", "--from-sheet", "2")
    own = number(printed, ON_PAPER.account)
    told = withdraw(printed, ON_PAPER.account)["jobs"]
    assert [(each["job"], each["version"]) for each in told] == [("b-P01", 2), ("b-P02", 2)]
    (row,) = manifest(printed, "b-P02")
    assert (row["Notice"], row["Replaces"]) == (number(printed, ON_PAPER_TOO.account), "b-P01/3")
    told = cover(printed, "b-P02")
    assert own in told
    assert "联系人" in told, "a supplement names the contact too"


def test_a_job_at_the_shop_stays_and_the_sheets_to_pull_are_named(rendered: Desk, tmp_path: Path) -> None:
    hot = tmp_path / "hot"
    hot.mkdir()
    rendered("print", "b", "--to", hot)
    own = number(rendered, ON_PAPER.account)
    words = ("--by", "Releaser", "--why", "paid", "--pulled")
    said = rendered("withdraw", own, *words).errors
    assert "sheet 2 (position 2)" in said
    assert str(hot) in said
    assert listed(rendered) == {"b-P01": (1, "spooled", True)}
    assert "stale" in rendered("job", "list").output
    said = rendered("job", "confirm", "b-P01", status=1).errors
    assert own in said
    assert "sheet 2" in said
    assert paper(rendered)[ON_PAPER.account] == "withdrawn"
    assert listed(rendered) == {"b-P01": (1, "handed-over", False)}
    rendered("job", "confirm", "b-P01")


def test_a_job_is_stale_while_a_letter_in_it_was_asked_back(printed: Desk) -> None:
    printed(*PAID)
    assert "only then is its print job made again without it" in printed("print", "b", status=1).errors
    assert listed(printed) == {"b-P01": (1, "spooled", True)}
    withdraw(printed, ON_PAPER.account)
    assert listed(printed) == {"b-P01": (2, "spooled", False)}


def test_an_interrupted_remake_is_done_by_the_next_print(printed: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    own = number(printed, ON_PAPER.account)
    with monkeypatch.context() as cut_off:
        cut_off.setattr("notices.flow.printing.remake.build_job", _dies)
        printed("withdraw", own, "--by", "Releaser", "--why", "paid", "--pulled", status=130)
    assert listed(printed) == {"b-P01": (1, "spooled", True)}
    assert own in printed("print", "b", status=1).errors
    assert listed(printed) == {"b-P01": (2, "spooled", False)}
    printed("print", "b")


def _dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_withdrawn_letter_that_the_carrier_has_is_recorded_and_shown(printed: Desk) -> None:
    own = number(printed, ON_PAPER.account)
    withdraw(printed, ON_PAPER.account)
    report = printed.table(WAYBILL, [(own, "1098765432101", "妥投", "2026-11-23")])
    assert own in printed("delivery", "import", report, status=1).errors
    assert paper(printed)[ON_PAPER.account] == "delivered"
    assert printed("delivery", "import", report, "--json").json["same"] == 1


def test_a_withdrawn_letter_on_its_way_at_the_carrier_has_gone(printed: Desk) -> None:
    own = number(printed, ON_PAPER.account)
    withdraw(printed, ON_PAPER.account)
    printed("delivery", "import", printed.table(WAYBILL, [(own, "1098765432101", "在途", "")]), status=1)
    assert paper(printed)[ON_PAPER.account] == "handed-over"


def test_a_withdrawn_letter_that_was_never_printed_is_no_letter_of_the_carrier(rendered: Desk) -> None:
    own = number(rendered, ON_PAPER.account)
    rendered("withdraw", own, "--by", "Releaser", "--why", "paid")
    rendered("delivery", "import", rendered.table(WAYBILL, [(own, "1098765432101", "妥投", "2026-11-23")]), status=1)
    assert paper(rendered)[ON_PAPER.account] == "withdrawn"


def test_confirming_a_job_decides_again_and_leaves_out_who_has_paid_unless_named(printed: Desk) -> None:
    printed(*PAID)
    own = number(printed, ON_PAPER.account)
    said = printed("job", "confirm", "b-P01", status=1).errors
    assert own in said
    assert "sheet 2 (position 2)" in said
    assert paper(printed)[ON_PAPER.account] == "spooled"
    assert sorted(paper(printed).values()) == ["handed-over", "handed-over", "spooled"]
    printed("job", "confirm", "b-P01", "--notice", number(printed, BOTH_WAYS.account), status=2)
    printed("job", "confirm", "b-P01", "--notice", own)
    assert set(paper(printed).values()) == {"handed-over"}


def test_confirming_a_job_leaves_out_a_dispute_entered_since(printed: Desk) -> None:
    printed("hold", "add", ON_PAPER.account, "--kind", "dispute", "--note", "test", "--by", "Clerk")
    assert number(printed, ON_PAPER.account) in printed("job", "confirm", "b-P01", status=1).errors
    assert paper(printed)[ON_PAPER.account] == "spooled"


def test_confirming_a_supplement_names_who_has_paid_since_and_who_disputes(printed: Desk) -> None:
    printed("job", "confirm", "b-P01")
    printed("print", "b", "--from-sheet", "2")
    printed(*PAID)
    printed("hold", "add", ON_PAPER_TOO.account, "--kind", "dispute", "--note", "test", "--by", "Clerk")
    said = printed("job", "confirm", "b-P02", status=1).errors
    assert f"{number(printed, ON_PAPER.account)} (sheet 2 (position 2)): printed again with b-P02" in said
    assert number(printed, ON_PAPER_TOO.account) in said
    assert listed(printed)["b-P02"] == (1, "handed-over", False)
    printed("job", "confirm", "b-P02")


def test_a_payment_while_the_job_is_being_made_takes_the_letter_out(
    rendered: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = make_job.build_job

    def slowly(*arguments: Any) -> Any:
        monkeypatch.undo()
        rendered(*PAID)
        return build(*arguments)

    monkeypatch.setattr(make_job, "build_job", slowly)
    outcome = rendered("print", "b", "--json", status=1)
    assert (outcome.json["job"], outcome.json["letters"]) == ("b-P01", 2)
    own = number(rendered, ON_PAPER.account)
    assert own not in {row["Notice"] for row in manifest(rendered)}
    assert paper(rendered)[ON_PAPER.account] == "withdrawn"
    kept = rendered.folder / "batches" / "b" / "sent" / "b-P01" / "manifest.csv"
    assert own not in kept.read_text(encoding="utf-8-sig")


def test_the_machine_that_the_shared_ledger_refuses_keeps_no_files(
    rendered: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two machines print the same batch at once; the second would find files to carry to the shop."""
    other = rendered.copy(tmp_path / "other")
    other.use_ledger(f"sqlite:///{rendered.folder}/batches/ledger.db")
    build = make_job.build_job

    def slowly(*arguments: Any) -> Any:
        monkeypatch.undo()
        rendered("print", "b")
        return build(*arguments)

    monkeypatch.setattr(make_job, "build_job", slowly)
    other("print", "b", "--zip", status=4)
    assert list((other.folder / "output" / "b" / "print").iterdir()) == []
    assert list((other.folder / "batches" / "b" / "sent").glob("b-P*")) == []
    assert folder(rendered).is_dir()
