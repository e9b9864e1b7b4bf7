"""The approve command: permissions, numbers, dates, and decisions made again before the release."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from desk import AS_OF, Desk, Owes, Sent
from docx import Document
from frozen_clock import today_is
from neighbours import BOTH_WAYS, BY_MAIL, BY_MAIL_TOO, ON_PAPER, ON_PAPER_TOO

WEEKEND = (5, 6)


def numbers(desk: Desk, batch: str = "b") -> dict[str, str]:
    return {account: entry["notice"] for account, entry in desk.decisions(batch).items() if entry["notice"]}


def test_numbers_run_without_gaps_in_walking_order_each_series_its_own(planned: Desk) -> None:
    planned("approve", "b", "--by", "Releaser")
    assert numbers(planned) == {
        BY_MAIL.account: "SLHY-2026-000001",
        BY_MAIL_TOO.account: "SLHY-2026-000002",
        ON_PAPER.account: "SLHY-2026-000003",
        ON_PAPER_TOO.account: "SLHY-2026-000004",
        BOTH_WAYS.account: "（2026）示律函字第001号",
    }


def test_the_next_batch_goes_on_where_the_last_one_stopped(desk: Desk) -> None:
    for batch, owner in (("a", BY_MAIL), ("b", ON_PAPER)):
        desk.plan(owner, batch=batch)
        desk("approve", batch, "--by", "Releaser")
    assert numbers(desk, "b") == {ON_PAPER.account: "SLHY-2026-000002"}


def test_a_refused_release_uses_up_no_number(planned: Desk) -> None:
    planned("approve", "b", "--by", "Planner", "--tier", "lawyer-letter", status=4)
    planned("approve", "b", "--by", "Releaser", "--tier", "nonsense", status=2)
    planned("approve", "b", "--by", "Releaser")
    assert numbers(planned)[BOTH_WAYS.account] == "（2026）示律函字第001号"


def test_a_number_that_an_imported_notice_bears_is_passed_over(desk: Desk) -> None:
    desk("history", "import", desk.history(Sent(Owes("9-9-901", "旧一"), "2026-10-01", number="SLHY-2026-000001")))
    desk.plan(BY_MAIL)
    desk("approve", "b", "--by", "Releaser")
    assert numbers(desk) == {BY_MAIL.account: "SLHY-2026-000002"}


def test_the_series_follows_the_year_of_the_letter(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    today_is(monkeypatch, "2026-12-28")
    desk.plan(BY_MAIL)
    desk("approve", "b", "--by", "Releaser", "--letter-date", "2027-01-04")
    assert numbers(desk) == {BY_MAIL.account: "SLHY-2027-000001"}


def test_approve_json_gives_the_decisions_with_number_and_state(planned: Desk) -> None:
    document = planned("approve", "b", "--by", "Releaser", "--json").json
    assert (document["batch"], document["attention"]) == ("b", [])
    assert {entry["state"] for entry in document["approved"]} == {"approved"}
    assert {entry["account"]: entry["notice"] for entry in document["approved"]} == numbers(planned)


def test_by_is_required(planned: Desk) -> None:
    planned("approve", "b", status=2)
    planned("approve", "b", "--by", "  ", status=2)
    assert not numbers(planned)


def test_what_needs_a_second_person_waits_and_the_rest_is_released(planned: Desk) -> None:
    said = planned("approve", "b", "--by", "Planner", status=1)
    assert "second person" in said.errors
    assert planned.states()[BOTH_WAYS.account] == {"print": "planned", "email": "planned"}
    assert planned.states()[BY_MAIL.account] == {"email": "approved"}
    planned("approve", "b", "--by", "Releaser")
    assert set(planned.states()[BOTH_WAYS.account].values()) == {"approved"}


@pytest.mark.parametrize("same", ["planner", "PLANNER", " Plan ner ", "Ｐｌａｎｎｅｒ", "Plan　ner"])
def test_one_person_is_one_person_however_the_name_is_written(planned: Desk, same: str) -> None:
    planned("approve", "b", "--by", same, "--tier", "lawyer-letter", status=4)
    assert set(planned.states()[BOTH_WAYS.account].values()) == {"planned"}


def test_with_people_listed_a_stranger_releases_nothing(planned: Desk) -> None:
    planned.set("names = [] ", 'names = ["Planner", "Releaser"] ')
    before = planned.rows()
    assert "Stranger" in planned("approve", "b", "--by", "Stranger", status=4).errors
    assert planned.rows() == before
    planned("approve", "b", "--by", "releaser")


def test_with_people_listed_an_unlisted_planner_cannot_be_the_second_person(planned: Desk) -> None:
    planned.set("names = [] ", 'names = ["Releaser", "Third"] ')
    assert "Planner" in planned("approve", "b", "--by", "Releaser", status=1).errors
    assert set(planned.states()[BOTH_WAYS.account].values()) == {"planned"}
    assert planned.states()[BY_MAIL.account] == {"email": "approved"}


def test_tier_releases_only_that_tier_without_exit_1(planned: Desk) -> None:
    planned("approve", "b", "--by", "Releaser", "--tier", "reminder")
    assert set(planned.states()[BOTH_WAYS.account].values()) == {"planned"}
    assert planned.states()[ON_PAPER.account] == {"print": "approved"}
    planned("approve", "b", "--by", "Releaser", "--tier", "reminder", status=4)


def test_tables_in_chinese_name_a_tier_by_its_title_which_can_be_typed_too(planned: Desk) -> None:
    assert "律师函" in planned("show", "b", "--lang", "zh").output
    assert "lawyer-letter" in planned("show", "b").output
    planned("approve", "b", "--by", "Releaser", "--tier", "律师函")
    states = planned.states()
    assert (states[BOTH_WAYS.account]["print"], states[ON_PAPER.account]["print"]) == ("approved", "planned")


def test_an_unknown_tier_batch_or_account_is_a_usage_mistake(planned: Desk) -> None:
    before = planned.rows()
    mistake = planned("approve", "b", "--by", "Releaser", "--tier", "court-file", "--json", status=2).json["error"]
    assert "reminder" in mistake["remedy"]
    planned("approve", "nowhere", "--by", "Releaser", status=2)
    planned("approve", "b", "--by", "Releaser", "--exclude", "示例花园/1-1-1/无人", "--why", "x", status=2)
    after = planned.rows()
    for told in ("commands", "seals", "events"):  # only that the command was called
        after.pop(told), before.pop(told)
    assert before == after


def test_an_excluded_account_stays_planned_with_its_reason(planned: Desk) -> None:
    planned("approve", "b", "--by", "Releaser", "--exclude", BY_MAIL.account, "--why", "电话中已答应")
    assert planned.states()[BY_MAIL.account] == {"email": "planned"}
    assert planned.decisions()[BY_MAIL.account]["excluded"] == "电话中已答应"
    assert planned.states()[ON_PAPER.account] == {"print": "approved"}
    assert "--include" in planned("approve", "b", "--by", "Releaser", status=4).errors
    planned("approve", "b", "--by", "Releaser", "--include", BY_MAIL.account)
    assert planned.states()[BY_MAIL.account] == {"email": "approved"}


def test_an_account_is_excluded_however_it_is_spelt(planned: Desk) -> None:
    planned("approve", "b", "--by", "Releaser", "--exclude", "示例花园/1栋1单元101室/甲 一", "--why", "x")
    assert planned.states()[BY_MAIL.account] == {"email": "planned"}


def test_several_accounts_are_excluded_each_with_its_own_reason(planned: Desk) -> None:
    pairs = ("--exclude", BY_MAIL.account, "--why", "first", "--exclude", ON_PAPER.account, "--why", "second")
    planned("approve", "b", "--by", "Releaser", *pairs)
    reasons = {account: entry["excluded"] for account, entry in planned.decisions().items() if entry["excluded"]}
    assert reasons == {BY_MAIL.account: "first", ON_PAPER.account: "second"}


@pytest.mark.parametrize("words", [("--exclude", BY_MAIL.account), ("--why", "x"), ("--exclude", "x", "--why", " ")])
def test_an_exclusion_without_its_reason_is_a_usage_mistake(planned: Desk, words: tuple[str, ...]) -> None:
    planned("approve", "b", "--by", "Releaser", *words, status=2)
    assert not numbers(planned)


def test_approving_with_nothing_left_to_release_is_refused(desk: Desk) -> None:
    desk.plan(BY_MAIL)
    desk("approve", "b", "--by", "Releaser", "--exclude", BY_MAIL.account, "--why", "x", status=4)
    desk("approve", "b", "--by", "Releaser")
    desk("approve", "b", "--by", "Releaser", status=4)
    desk.plan(Owes("1-1-150", "付清", "500.00", paid="500.00"), batch="none")
    desk("approve", "none", "--by", "Releaser", status=4)


def test_letters_bear_the_batchs_day_unless_another_is_given(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    today_is(monkeypatch, "2026-12-01")
    for batch, owner, more, day in (
        ("a", BY_MAIL, (), AS_OF),
        ("b", ON_PAPER, ("--letter-date", "2026-12-01"), "2026-12-01"),
    ):
        desk.plan(owner, batch=batch)
        desk("approve", batch, "--by", "Releaser", *more)
        assert desk.decisions(batch)[owner.account]["letter_date"] == day


def test_a_letter_cannot_bear_a_date_before_the_day_it_was_computed_for(desk: Desk) -> None:
    desk.plan(BY_MAIL)
    desk("approve", "b", "--by", "Releaser", "--letter-date", "2026-11-22", status=2)
    assert not numbers(desk)


@pytest.mark.parametrize(
    ("letter_date", "deadline"),
    [
        ("2026-11-23", "2026-12-08"),  # a Tuesday
        ("2026-11-20", "2026-12-07"),  # the 5th is a Saturday
        ("2026-09-16", "2026-10-08"),  # the National Day holidays end on the 7th
        ("2026-12-17", "2027-01-01"),  # 1 January 2027, a Friday: the built-in calendar does not know 2027
        ("2026-12-18", "2027-01-04"),  # but it does know that Saturdays are not working days
    ],
)
def test_the_deadline_is_moved_to_the_next_working_day(
    desk: Desk, letter_date: str, deadline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    today_is(monkeypatch, letter_date)
    desk.plan(BY_MAIL, as_of=min(letter_date, AS_OF))
    desk("approve", "b", "--by", "Releaser", "--letter-date", letter_date)
    decision = desk.decisions()[BY_MAIL.account]
    assert decision["deadline"] == deadline
    assert date.fromisoformat(deadline).weekday() not in WEEKEND
    assert date.fromisoformat(deadline) >= date.fromisoformat(letter_date) + timedelta(days=15)


def test_holidays_and_working_days_of_the_settings_move_a_deadline(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    today_is(monkeypatch, "2026-12-17")
    desk.set("holidays = [] ", "holidays = [2027-01-01, 2027-01-04] ")
    desk.set("workdays = [] ", "workdays = [2027-01-03] ")
    desk.plan(BY_MAIL)
    desk("approve", "b", "--by", "Releaser", "--letter-date", "2026-12-17")
    assert desk.decisions()[BY_MAIL.account]["deadline"] == "2027-01-03"


CHANGES = {
    "paid": ("payment", "add", BY_MAIL.account, "--amount", "1200.00", "--date", "2026-11-30"),
    "paid in part": ("payment", "add", BY_MAIL.account, "--amount", "300.00", "--date", "2026-11-24"),
    "disputed": ("hold", "add", BY_MAIL.account, "--kind", "disputed", "--registered", "2026-12-24"),
    "promised": ("hold", "add", BY_MAIL.account, "--kind", "promise", "--until", "2026-12-24"),
    "another way wished": ("hold", "add", BY_MAIL.account, "--kind", "paper-only", "--registered", "2026-12-24"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_facts_recorded_since_the_plan_withdraw_a_notice_whatever_their_date(
    planned: Desk, change: tuple[str, ...]
) -> None:
    planned(*change)
    said = planned("approve", "b", "--by", "Releaser", status=1)
    assert BY_MAIL.account in said.errors
    assert planned.states()[BY_MAIL.account] == {"email": "withdrawn"}
    assert numbers(planned) == {
        BY_MAIL_TOO.account: "SLHY-2026-000001",
        ON_PAPER.account: "SLHY-2026-000002",
        ON_PAPER_TOO.account: "SLHY-2026-000003",
        BOTH_WAYS.account: "（2026）示律函字第001号",
    }


def test_a_notice_entered_since_the_plan_withdraws_whatever_its_date(planned: Desk) -> None:
    planned("history", "import", planned.history(Sent(BY_MAIL, "2026-11-25", number="OLD-9")))
    assert BY_MAIL.account in planned("approve", "b", "--by", "Releaser", status=1).errors
    assert planned.states()[BY_MAIL.account] == {"email": "withdrawn"}


def test_a_payment_that_the_plan_knew_changes_nothing(desk: Desk) -> None:
    desk("payment", "add", BY_MAIL.account, "--amount", "200.00", "--date", "2026-11-24")
    decided = desk.plan(BY_MAIL)[BY_MAIL.account]
    desk("approve", "b", "--by", "Releaser")
    assert (decided["principal"], desk.states()[BY_MAIL.account]) == ("1000.00", {"email": "approved"})


def test_if_all_is_withdrawn_nothing_is_released_and_it_is_reported(desk: Desk) -> None:
    desk.plan(BY_MAIL)
    desk(*CHANGES["disputed"])
    said = desk("approve", "b", "--by", "Releaser", "--json", status=1).json
    assert said["approved"] == []
    assert BY_MAIL.account in said["attention"][0]
    assert desk.decisions()[BY_MAIL.account]["state"] == "withdrawn"


def test_notices_waiting_for_another_person_are_not_decided_again(planned: Desk) -> None:
    planned("hold", "add", BOTH_WAYS.account, "--kind", "disputed")
    planned("approve", "b", "--by", "Planner", status=1)
    assert set(planned.states()[BOTH_WAYS.account].values()) == {"planned"}


def test_approval_freezes_templates_and_settings(planned: Desk) -> None:
    planned("approve", "b", "--by", "Releaser")
    frozen = planned.folder / "batches" / "b" / "approval-01"
    for name in ("notices.toml", "templates/reminder.docx", "templates/mail/default.subject"):
        assert (frozen / name).read_bytes() == (planned.folder / name).read_bytes()


def test_each_approval_of_a_batch_freezes_its_own(planned: Desk) -> None:
    planned("approve", "b", "--by", "Releaser", "--tier", "reminder")
    planned.set('name = "示例律师事务所"', 'name = "另一律师事务所"')
    planned("approve", "b", "--by", "Releaser")
    settings = [planned.folder / "batches" / "b" / f"approval-{n:02d}" / "notices.toml" for n in (1, 2)]
    assert ["另一律师事务所" in file.read_text(encoding="utf-8") for file in settings] == [False, True]


def misspell(desk: Desk, template: str = "reminder.docx") -> None:
    file = desk.folder / "templates" / template
    document = Document(str(file))
    document.add_paragraph("{{ ownr_name }} {{ totel }}")
    document.save(str(file))


def test_a_misspelt_field_is_named_with_its_template_before_any_number_is_given(planned: Desk) -> None:
    misspell(planned)
    before = planned.files()
    error = planned("approve", "b", "--by", "Releaser", "--json", status=3).json["error"]
    said = " ".join(error["details"])
    assert re.search(r"reminder\.docx.*ownr_name", said)
    assert re.search(r"reminder\.docx.*totel", said)
    assert not numbers(planned)
    assert planned.files() == before


def test_a_template_that_this_release_does_not_need_does_not_stop_it(planned: Desk) -> None:
    misspell(planned, "lawyer-letter.docx")
    planned("approve", "b", "--by", "Releaser", "--tier", "reminder")
    planned("approve", "b", "--by", "Releaser", status=3)
    assert BOTH_WAYS.account not in numbers(planned)


def test_a_misspelt_field_of_an_email_text_is_named_too(planned: Desk) -> None:
    text = planned.folder / "templates" / "mail" / "reminder.txt"
    text.write_text("{{ ownr_name }}", encoding="utf-8")
    error = planned("approve", "b", "--by", "Releaser", "--json", status=3).json["error"]
    assert re.search(r"reminder\.txt.*ownr_name", " ".join(error["details"]))
    assert not numbers(planned)


@pytest.mark.parametrize("content", [None, b"", b"no document"])
def test_a_template_that_is_missing_or_does_not_open_stops_the_release(planned: Desk, content: bytes | None) -> None:
    file = planned.folder / "templates" / "reminder.docx"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    assert "reminder.docx" in planned("approve", "b", "--by", "Releaser", status=3).errors
    assert not numbers(planned)


@pytest.mark.parametrize("key", ['name = "示例花园" ', 'name = "reminder" '])
def test_an_estate_or_tier_that_the_settings_lost_since_the_plan_stops_the_release(planned: Desk, key: str) -> None:
    planned.set(key, 'name = "another" ')
    lost = key.split('"')[1]
    assert lost in planned("approve", "b", "--by", "Releaser", status=2).errors
    assert not numbers(planned)


def test_a_refused_release_leaves_nothing_to_resume(planned: Desk) -> None:
    misspell(planned)
    planned("approve", "b", "--by", "Releaser", status=3)
    planned("approve", "b", "--by", "Planner", "--tier", "lawyer-letter", status=4)
    assert planned("status", "--json").json["batches"][0]["cut_off"] == []


def test_an_approved_batch_keeps_its_decisions_as_they_were_planned(planned: Desk) -> None:
    fixed = ("principal", "late_fee", "total", "reason", "detail", "warnings", "days_overdue")
    before = planned.decisions()
    planned("approve", "b", "--by", "Releaser")
    after = planned.decisions()
    assert {a: [d[key] for key in fixed] for a, d in after.items()} == {
        a: [d[key] for key in fixed] for a, d in before.items()
    }


def test_a_letter_that_threatens_or_fails_another_check_is_not_released(planned: Desk) -> None:
    reminder = planned.folder / "templates" / "reminder.docx"
    document = Document(str(reminder))
    document.add_paragraph("逾期不缴的，将停水停电。")
    document.save(str(reminder))
    refused = planned("approve", "b", "--by", "Releaser", status=1).errors
    assert "reminder.docx" in refused
    assert "逾期不缴的，将停水停电。" in refused
    assert numbers(planned) == {}
    planned("approve", "b", "--by", "Releaser", "--tier", "lawyer-letter")


def test_an_e_mail_that_threatens_is_not_released(planned: Desk) -> None:
    text = planned.folder / "templates" / "mail" / "reminder.txt"
    text.write_text(text.read_text("utf-8") + "\n否则停水。\n", encoding="utf-8")
    assert "停水" in planned("approve", "b", "--by", "Releaser", status=1).errors
    assert numbers(planned) == {}
