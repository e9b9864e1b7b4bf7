"""Today is the office's day, whatever the machine's time zone."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest
from desk import ESTATE, Desk, Owes
from returned_mail import delivery_status

import notices.cli.door
from notices.errors import Refused
from notices.flow import workspace as workspaces
from notices.flow.batch.departed import DepartedJob
from notices.flow.ledger.evidence import Evidence
from notices.flow.ledger.found_notices import _on_paper
from notices.flow.register.payments import undo
from notices.flow.replies.bounces import _day
from notices.ledger import Head, HeadEntry, Ledger, Movement
from notices.model import CaseKey, Channel, Payment, State
from notices.post.bounces import read_report
from notices.press import ManifestRow

LIN = Owes("1-1-101", "林一")
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Frozen(datetime):
    """The moment at which it is half past seven in Shanghai and still yesterday in Greenwich."""

    @classmethod
    def now(cls, tz: object = None) -> datetime:
        return datetime(2026, 11, 30, 23, 30, tzinfo=UTC).astimezone(tz)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices.cli.door, "datetime", Frozen)


def test_before_eight_in_shanghai_yesterdays_payment_is_not_counted_twice(desk: Desk) -> None:
    """The list of this morning has the payment of yesterday; a plan for yesterday would subtract it again."""
    desk("payment", "add", LIN.account, "--amount", "200", "--date", "2026-11-30")
    shown = Owes("1-1-101", "林一", paid="200.00")
    document = desk("plan", desk.list(shown), "--name", "b", "--by", "Planner", "--json").json
    assert document["as_of"] == "2026-12-01"
    assert document["decisions"][0]["principal"] == "1000.00"
    desk("payment", "add", LIN.account, "--amount", "300")
    assert [each["date"] for each in desk("payment", "list", "--json").json["payments"]] == ["2026-11-30", "2026-12-01"]


def test_what_is_recorded_bears_the_offices_day(desk: Desk) -> None:
    desk.plan(LIN)
    desk("hold", "add", LIN.account, "--kind", "disputed")
    desk("payment", "add", LIN.account, "--amount", "200")
    desk("hold", "lift", "1")
    desk("payment", "undo", "1", "--why", "mistaken")
    (hold,) = desk("hold", "list", "--all", "--json").json["holds"]
    assert (hold["registered"], hold["lifted"]) == ("2026-12-01", "2026-12-01")
    (payment,) = desk("payment", "list", "--all", "--json").json["payments"]
    assert (payment["date"], payment["taken_back"]) == ("2026-12-01", "2026-12-01")
    assert "2026-12-01" in desk("payment", "undo", "1", "--why", "again", status=4).errors
    assert "2026-12-01" in desk("payment", "list", "--all").output
    ledger = Ledger.open(f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}", ZoneInfo("Asia/Shanghai"))
    with ledger.read() as books:
        assert books.batches.get("b").planned_at.date() == date(2026, 12, 1)
    ledger.close()


def test_a_payment_taken_back_at_half_past_one_in_shanghai_bears_the_day_of_shanghai(tmp_path: Path) -> None:
    half_past_one = datetime(2026, 11, 30, 17, 30, tzinfo=UTC)
    with closing(Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", SHANGHAI)) as ledger:
        with ledger.begin() as books:
            case = CaseKey("e", "u", "o")
            paid = books.payments.add(case, Payment(date(2026, 11, 23), Decimal(1)), by="x", at=half_past_one)
        undo(ledger, paid, why="mistaken", by="x", at=half_past_one)
        with pytest.raises(Refused) as refused:
            undo(ledger, paid, why="again", by="x", at=half_past_one)
        assert "2026-12-01" in str(refused.value.fact)


def test_a_bounce_bears_the_offices_day_whatever_the_zone_of_the_server_that_wrote_it() -> None:
    """20:00 in Greenwich is four in the morning of the next day in Shanghai."""
    told = delivery_status().replace(b"Mon, 23 Nov 2026 09:30:01 +0800", b"Mon, 23 Nov 2026 20:00:00 +0000")
    report = read_report(told)
    assert report.date == datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    assert _day(report, datetime(2026, 11, 25, 9, 0, tzinfo=SHANGHAI)) == date(2026, 11, 24)


def test_a_notice_that_only_a_print_job_proves_bears_the_offices_day(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's zone does not count."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    workspace = workspaces.at(desk.folder)
    title = workspace.policy(ESTATE).tiers[0].title
    row = Mock(spec=ManifestRow, number="N-1", tier_title=title, estate=ESTATE, unit="1-1-101", recipient="林一")
    moved = Movement("N-1", Channel.PRINT, State.HANDED_OVER)
    lost = HeadEntry(Head(1, ""), datetime(2026, 11, 30, 17, 30, tzinfo=UTC), (moved,))
    job = DepartedJob("b", "b-P01", desk.folder)
    job.__dict__["rows"] = (row,)
    (desk.folder / "manifest.csv").touch()
    evidence = Evidence((lost,), whole=True, mails=(), jobs=(job,), movements=(moved,))
    with closing(Ledger.open(f"sqlite:///{desk.folder / 'new.db'}", SHANGHAI)) as ledger, ledger.read() as books:
        (imported,) = _on_paper(workspace, books, evidence, moved)
    monkeypatch.undo()
    time.tzset()
    assert imported.date == date(2026, 12, 1)


def test_another_zone_has_another_day(desk: Desk) -> None:
    desk.set('time_zone = "Asia/Shanghai"', 'time_zone = "Europe/London"')
    desk("hold", "add", LIN.account, "--kind", "disputed")
    assert desk("hold", "list", "--json").json["holds"][0]["registered"] == "2026-11-30"


def test_a_zone_that_does_not_exist_is_named(desk: Desk) -> None:
    desk.set('time_zone = "Asia/Shanghai"', 'time_zone = "Asia/Peking"')
    said = desk("status", status=2).errors
    assert "calendar.time_zone" in said


def test_a_plan_too_far_ahead_is_refused(desk: Desk) -> None:
    said = desk("plan", desk.list(LIN), "--as-of", "2027-01-02", status=2).errors
    assert "plan_ahead_days" in said
    desk("plan", desk.list(LIN), "--as-of", "2027-01-01")
