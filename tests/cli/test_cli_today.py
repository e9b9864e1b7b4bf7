"""Today is the office's day, whatever the machine's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from desk import Desk, Owes

import notices.cli.door
from notices.ledger import Ledger

LIN = Owes("1-1-101", "林一")


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
