"""Print jobs stay correct whatever changes before the handover: sides, owners, the job being replaced."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import Desk
from neighbours import ON_PAPER

from notices.ledger.commands import CommandsBook

pytestmark = pytest.mark.office


@pytest.fixture
def hot(tmp_path: Path) -> Path:
    folder = tmp_path / "hot"
    folder.mkdir()
    return folder


def number(desk: Desk, account: str) -> str:
    return str(desk.decisions()[account]["notice"])


def jobs(desk: Desk) -> dict[str, str]:
    return {job["job"]: job["state"] for job in desk("job", "list", "--json").json["jobs"]}


def test_a_simplex_job_is_rebuilt_if_duplex_is_set_now(rendered: Desk, hot: Path) -> None:
    """Otherwise the next owner's first page would be printed on the back of a letter."""
    rendered.set("duplex = true ", "duplex = false")
    assert rendered("print", "b", "--json").json["job"] == "b-P01"
    rendered.set("duplex = false", "duplex = true ")
    assert rendered("print", "b", "--to", hot, "--again", "--json").json["job"] == "b-P02"
    assert jobs(rendered) == {"b-P01": "cancelled", "b-P02": "spooled"}


@pytest.mark.slow
def test_a_supplement_has_the_sides_of_the_job_that_it_prints_again(rendered: Desk, hot: Path) -> None:
    rendered.set("duplex = true ", "duplex = false")
    rendered("print", "b")
    rendered("job", "confirm", "b-P01")
    rendered.set("duplex = false", "duplex = true ")
    document = rendered("print", "b", "--from-sheet", "1", "--json").json
    assert document["sheets"] == sum(each["sheets"] for each in rendered("job", "list", "--json").json["jobs"]) / 2
    said = rendered("print", "b", "--to", hot, "--again", status=1).errors
    assert "duplex" in said, "a printer would be told to print its pages on both sides"
    assert not list(hot.iterdir())
    rendered.set("duplex = true ", "duplex = false")
    rendered("print", "b", "--to", hot, "--again")
    assert [path.name for path in hot.iterdir()] == ["b-P02"]


def test_a_supplement_for_an_owner_who_has_paid_is_not_handed_over(rendered: Desk, hot: Path) -> None:
    rendered("print", "b")
    rendered("job", "confirm", "b-P01")
    rendered("print", "b", "--notice", number(rendered, ON_PAPER.account))
    rendered("payment", "add", ON_PAPER.account, "--amount", "5000.00", "--date", "2026-11-24", "--yes")
    assert number(rendered, ON_PAPER.account) in rendered("print", "b", "--to", hot, "--again", status=1).errors
    assert not list(hot.iterdir())


def test_nothing_is_reprinted_from_a_cancelled_job(rendered: Desk) -> None:
    """Its letters are in the next job; reprinting them from this one would send them twice."""
    rendered.set('marks = "none"', 'marks = "code"')
    rendered("print", "b")
    rendered("job", "cancel", "b-P01", "--why", "test", "--pulled")
    rendered("print", "b", "--from-sheet", "1", status=4)
    rendered("print", "b")
    spoiled = rendered.folder / "spoiled.txt"
    spoiled.write_text("b-P01/1/1-1\n", encoding="utf-8")
    assert rendered("print", "b", "--spoiled", spoiled, "--json", status=1).json["job"] is None
    rendered("print", "b", "--from-sheet", "1", "--job", "b-P01", status=2)
    assert jobs(rendered) == {"b-P01": "cancelled", "b-P02": "spooled"}


def test_a_job_with_spoiled_sheets_counts_as_printed_and_is_not_handed_over(rendered: Desk, hot: Path) -> None:
    rendered("print", "b")
    own = number(rendered, ON_PAPER.account)
    assert "b-P01" in rendered("print", "b", "--notice", own, "--to", hot, status=1).errors
    assert [path.name for path in hot.iterdir()] == ["b-P02"]
    assert jobs(rendered) == {"b-P01": "spooled", "b-P02": "spooled"}


def test_a_job_posted_by_the_carrier_is_neither_handed_over_nor_rebuilt(rendered: Desk, hot: Path) -> None:
    rendered("print", "b")
    row = (number(rendered, ON_PAPER.account), "1098765432101", "妥投", "2026-11-23")
    rendered("delivery", "import", rendered.table(("内件编号", "邮件号", "投递状态", "投递日期"), [row]))
    assert "b-P01" in rendered("print", "b", "--to", hot, status=1).errors
    assert not list(hot.iterdir())
    assert jobs(rendered) == {"b-P01": "spooled"}


@pytest.mark.slow
def test_a_supplement_whose_handover_failed_is_not_made_twice(rendered: Desk, tmp_path: Path) -> None:
    """Mounting the share and running the same command again gives one letter, not two."""
    rendered("print", "b")
    rendered("job", "confirm", "b-P01")
    own, share = number(rendered, ON_PAPER.account), tmp_path / "share"
    rendered("print", "b", "--notice", own, "--to", share, status=3)
    share.mkdir()
    rendered("print", "b", "--notice", own, "--to", share)
    assert [path.name for path in share.iterdir()] == ["b-P02"]
    assert jobs(rendered) == {"b-P01": "handed-over", "b-P02": "spooled"}
    rendered("print", "b", "--notice", own, "--to", share, status=4)
    rendered("print", "b", "--notice", own, "--to", share, "--again")
    assert sorted(path.name for path in share.iterdir()) == ["b-P02", "b-P03"], "spoiled once more"


def test_a_supplement_is_dropped_with_the_job_it_was_made_for(rendered: Desk, hot: Path) -> None:
    """The job is rebuilt completely; with the supplement too, the owner would get the letter twice."""
    rendered("print", "b")
    rendered("print", "b", "--notice", number(rendered, ON_PAPER.account))
    rendered("job", "cancel", "b-P01", "--why", "test", "--pulled")
    assert rendered("print", "b", "--to", hot, "--json").json["job"] == "b-P03"
    assert [path.name for path in hot.iterdir()] == ["b-P03"]
    assert jobs(rendered) == {"b-P01": "cancelled", "b-P02": "cancelled", "b-P03": "spooled"}


def test_a_supplement_interrupted_at_its_end_is_made_once(rendered: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered("print", "b")
    with monkeypatch.context() as cut_off:
        cut_off.setattr(CommandsBook, "finish", _dies)
        rendered("print", "b", "--notice", number(rendered, ON_PAPER.account), status=130)
    rendered("resume", "b")
    assert jobs(rendered) == {"b-P01": "spooled", "b-P02": "spooled"}


def _dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
