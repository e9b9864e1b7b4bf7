"""A print job stays what it was made as, whatever changes before it leaves: sides, owners, the job it replaces."""

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


def test_a_job_made_for_one_side_is_made_again_where_both_are_printed_now(rendered: Desk, hot: Path) -> None:
    """Else the printer would put the next owner's first page on the back of a letter."""
    rendered.set("duplex = true ", "duplex = false")
    assert rendered("print", "b", "--json").json["job"] == "b-P01"
    rendered.set("duplex = false", "duplex = true ")
    assert rendered("print", "b", "--to", hot, "--json").json["job"] == "b-P02"
    assert jobs(rendered) == {"b-P01": "cancelled", "b-P02": "spooled"}


def test_a_supplement_has_the_sides_of_the_job_that_it_prints_again(rendered: Desk, hot: Path) -> None:
    rendered.set("duplex = true ", "duplex = false")
    rendered("print", "b")
    rendered("job", "confirm", "b-P01")
    rendered.set("duplex = false", "duplex = true ")
    document = rendered("print", "b", "--from-sheet", "1", "--json").json
    assert document["sheets"] == sum(each["sheets"] for each in rendered("job", "list", "--json").json["jobs"]) / 2
    said = rendered("print", "b", "--to", hot, status=1).errors
    assert "duplex" in said, "a printer would be told to print its pages on both sides"
    assert not list(hot.iterdir())
    rendered.set("duplex = true ", "duplex = false")
    rendered("print", "b", "--to", hot)
    assert [path.name for path in hot.iterdir()] == ["b-P02"]


def test_a_supplement_of_a_letter_whose_owner_has_paid_since_stays_here(rendered: Desk, hot: Path) -> None:
    rendered("print", "b")
    rendered("job", "confirm", "b-P01")
    rendered("print", "b", "--notice", number(rendered, ON_PAPER.account))
    rendered("payment", "add", ON_PAPER.account, "--amount", "5000.00", "--date", "2026-11-24")
    assert number(rendered, ON_PAPER.account) in rendered("print", "b", "--to", hot, status=1).errors
    assert not list(hot.iterdir())


def test_nothing_is_printed_again_of_a_job_that_was_called_off(rendered: Desk) -> None:
    """Its letters lie in the job after it; printed again from the first they would go twice."""
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


def test_a_job_of_which_sheets_were_spoiled_has_been_printed_and_is_not_handed_over(rendered: Desk, hot: Path) -> None:
    rendered("print", "b")
    own = number(rendered, ON_PAPER.account)
    assert "b-P01" in rendered("print", "b", "--notice", own, "--to", hot, status=1).errors
    assert [path.name for path in hot.iterdir()] == ["b-P02"]
    assert jobs(rendered) == {"b-P01": "spooled", "b-P02": "spooled"}


def test_a_job_whose_letters_the_carrier_has_is_not_handed_over_nor_made_again(rendered: Desk, hot: Path) -> None:
    rendered("print", "b")
    row = (number(rendered, ON_PAPER.account), "1098765432101", "妥投", "2026-11-23")
    rendered("delivery", "import", rendered.table(("内件编号", "邮件号", "投递状态", "投递日期"), [row]))
    assert "b-P01" in rendered("print", "b", "--to", hot, status=1).errors
    assert not list(hot.iterdir())
    assert jobs(rendered) == {"b-P01": "spooled"}


def test_a_supplement_that_could_not_be_handed_over_is_not_made_a_second_time(rendered: Desk, tmp_path: Path) -> None:
    """Whoever connects the share and says the same again gets one letter, not two."""
    rendered("print", "b")
    rendered("job", "confirm", "b-P01")
    own, share = number(rendered, ON_PAPER.account), tmp_path / "share"
    rendered("print", "b", "--notice", own, "--to", share, status=3)
    share.mkdir()
    rendered("print", "b", "--notice", own, "--to", share)
    assert [path.name for path in share.iterdir()] == ["b-P02"]
    assert jobs(rendered) == {"b-P01": "handed-over", "b-P02": "spooled"}
    rendered("print", "b", "--notice", own, "--to", share)
    assert sorted(path.name for path in share.iterdir()) == ["b-P02", "b-P03"], "spoiled once more"


def test_a_supplement_does_not_outlive_the_job_that_it_was_made_for(rendered: Desk, hot: Path) -> None:
    """The job is made again whole, and with both its owner would have the letter twice."""
    rendered("print", "b")
    rendered("print", "b", "--notice", number(rendered, ON_PAPER.account))
    rendered("job", "cancel", "b-P01", "--why", "test", "--pulled")
    assert rendered("print", "b", "--to", hot, "--json").json["job"] == "b-P03"
    assert [path.name for path in hot.iterdir()] == ["b-P03"]
    assert jobs(rendered) == {"b-P01": "cancelled", "b-P02": "cancelled", "b-P03": "spooled"}


def test_a_supplement_that_was_cut_off_at_its_end_is_made_once(rendered: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered("print", "b")
    with monkeypatch.context() as cut_off:
        cut_off.setattr(CommandsBook, "finish", _dies)
        rendered("print", "b", "--notice", number(rendered, ON_PAPER.account), status=130)
    rendered("resume", "b")
    assert jobs(rendered) == {"b-P01": "spooled", "b-P02": "spooled"}


def _dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
