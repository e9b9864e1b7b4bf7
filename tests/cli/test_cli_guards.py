"""Ways to send a wrong letter that reviewers found, each now blocked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from desk import Desk, Owes, Sent

ZHANG = Owes("1-1-101", "张三")
LI = Owes("1-1-102", "李四")


def _next_is_a_lawyers_letter(desk: Desk, *owners: Owes) -> None:
    letters = [Sent(owner, "2026-09-01", number=f"H-{owner.unit}", result="已送达") for owner in owners]
    desk("history", "import", desk.history(*letters))


@pytest.mark.parametrize(
    ("before", "after"),
    [('daily_rate = "0.0003"', 'daily_rate = "0.0001"'), ("claims_late_fee = true", "claims_late_fee = false")],
)
def test_a_letter_is_not_released_with_figures_that_its_policy_no_longer_gives(
    desk: Desk, before: str, after: str
) -> None:
    _next_is_a_lawyers_letter(desk, ZHANG)
    desk.plan(ZHANG)
    settings = desk.folder / "notices.toml"
    settings.write_text(settings.read_text("utf-8").replace(before, after), "utf-8")
    outcome = desk("approve", "b", "--by", "Releaser", status=1)
    assert "have changed since the plan" in outcome.errors
    assert desk("status", "b", "--json").json["notices"][0]["state"] == "withdrawn"


def test_who_added_an_account_to_a_batch_cannot_release_its_lawyers_letter(desk: Desk) -> None:
    _next_is_a_lawyers_letter(desk, ZHANG, LI)
    desk("plan", desk.list(ZHANG), "--name", "b", "--as-of", "2026-11-23", "--by", "王一")
    desk("plan", desk.list(LI), "--into", "b", "--by", "李二")
    desk("approve", "b", "--by", "李二", status=4)
    desk("approve", "b", "--by", "赵三")


def test_an_account_left_out_stays_out_of_later_releases_until_it_is_included(desk: Desk) -> None:
    _next_is_a_lawyers_letter(desk, ZHANG)
    desk("plan", desk.list(ZHANG, LI, Owes("1-1-103", "王五")), "--name", "b", "--as-of", "2026-11-23", "--by", "王一")
    desk("approve", "b", "--by", "王一", "--exclude", LI.account, "--why", "heirs", status=1)
    second = desk("approve", "b", "--by", "李二")
    assert LI.account in second.errors
    states = {each["account"]: each["state"] for each in desk("status", "b", "--json").json["notices"]}
    assert states[LI.account] == "excluded"
    desk("approve", "b", "--by", "李二", "--include", LI.account)


def test_a_payment_after_the_plan_counts_even_if_the_batch_is_dated_ahead(desk: Desk) -> None:
    today = desk("payment", "add", LI.account, "--amount", "1", "--json")  # dated by the command line's clock
    assert today.json["new"] == 1
    ahead = datetime.now(UTC).date() + timedelta(days=30)
    desk("plan", desk.list(ZHANG), "--name", "b", "--as-of", ahead, "--by", "王一")
    desk("payment", "add", ZHANG.account, "--amount", ZHANG.due)
    assert "paid" in desk("approve", "b", "--by", "李二", status=1).errors


def test_a_list_dated_in_the_future_is_refused(desk: Desk) -> None:
    desk("plan", desk.list(ZHANG), "--as-of", "2026-03-01", "--list-date", "2099-12-31", status=2)


def test_a_batch_takes_no_list_of_another_day(desk: Desk) -> None:
    desk("plan", desk.list(ZHANG), "--name", "b", "--as-of", "2026-11-23", "--list-date", "2026-11-20", "--by", "王一")
    desk("plan", desk.list(LI), "--into", "b", "--list-date", "2026-11-22", status=2)
    desk("plan", desk.list(LI), "--into", "b", "--list-date", "2026-11-20")


def test_the_very_same_payment_is_recorded_once_unless_it_came_again(desk: Desk) -> None:
    words = ("payment", "add", ZHANG.account, "--amount", "300", "--date", "2026-11-01", "--note", "receipt 77")
    desk(*words)
    desk(*words, status=4)
    desk(*words, "--again")


def test_only_listed_people_can_withdraw_a_notice(desk: Desk) -> None:
    desk.plan(ZHANG)
    number = desk("approve", "b", "--by", "Releaser", "--json").json["approved"][0]["notice"]
    settings = desk.folder / "notices.toml"
    settings.write_text(settings.read_text("utf-8").replace("names = []", 'names = ["王一", "李二"]'), "utf-8")
    desk("withdraw", number, "--by", "Stranger", "--why", "because", status=4)
    desk("withdraw", number, "--by", "王一", "--why", "because")


def test_two_overlapping_series_give_unique_numbers(desk: Desk) -> None:
    _next_is_a_lawyers_letter(desk, ZHANG)
    settings = desk.folder / "notices.toml"
    text = settings.read_text("utf-8").replace("（{year}）示律函字第{seq:03d}号", "{code}-{year}-{seq:06}")
    settings.write_text(text, "utf-8")
    desk.plan(ZHANG, LI)
    approved = desk("approve", "b", "--by", "Releaser", "--json").json["approved"]
    assert len({each["notice"] for each in approved}) == 2


@pytest.mark.parametrize("room", ["-101", "3-1--101"])
def test_a_minus_before_a_door_is_asked_about_and_never_dropped(desk: Desk, room: str) -> None:
    problems = desk("check", desk.list(Owes(room, "李四")), "--json", status=1).json["problems"]
    assert "负" in problems[0]["remedy"]


def test_the_entrance_is_never_lost_between_the_columns(desk: Desk) -> None:
    headings = ("小区", "楼栋", "单元", "房号", "业主姓名", "通讯地址", "应缴日期", "应收金额")
    rows = [("示例花园", "2", entrance, "2-501", "赵六", "示例路1号", "2026-06-30", "700") for entrance in "12"]
    accounts = desk("plan", desk.table(headings, rows), "--as-of", "2026-11-23", "--json").json["decisions"]
    assert len({each["unit"] for each in accounts}) == 2


@pytest.mark.office
def test_an_e_mailed_letter_carries_no_character_of_another_owner(rendered: Desk) -> None:
    listed = desk_files(rendered)
    mailed = [each for each in listed if "email" in [d["channel"] for d in each["deliveries"]]]
    assert mailed
    assert all(sum(other["file"] == each["file"] for other in listed) == 1 for each in mailed)


def desk_files(desk: Desk) -> list[dict[str, object]]:
    """Return the notices of batch `b` that have a letter, as in `status`."""
    return [each for each in desk("status", "b", "--json").json["notices"] if each["file"]]


def test_an_old_list_planned_for_a_later_day_is_pointed_out(desk: Desk) -> None:
    file = desk.list(ZHANG)
    desk("plan", file, "--as-of", "2026-11-23", "--by", "王一")
    assert "--list-date 2026-11-23" in desk("plan", file, "--as-of", "2026-12-24", "--by", "王一").errors


def test_warnings_and_the_reason_of_an_exclusion_are_seen_in_the_table(desk: Desk) -> None:
    desk.plan(ZHANG, LI)
    desk("approve", "b", "--by", "X", "--exclude", LI.account, "--why", "heirs")
    shown = desk("show", "b").output
    assert "heirs" in shown
    assert "no-email" in shown
