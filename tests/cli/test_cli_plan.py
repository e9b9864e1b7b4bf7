"""The plan command: what is recorded, and the exit status."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import openpyxl
import pytest
from desk import AS_OF, ESTATE, HEADINGS, Desk, Owes, by_account
from neighbours import BY_MAIL, ON_PAPER

BAD = Owes("1-1-199", "坏一", "12o.5")
DECISION_KEYS = {
    "account", "estate", "unit", "owner", "action", "tier", "reason", "detail", "principal", "late_fee", "total",
    "oldest_due", "days_overdue", "scope", "channels", "warnings", "handler", "limitation_date", "notice", "state",
    "deliveries",
}  # fmt: skip
RECORDS = ("batches", "lists", "accounts", "notices", "deliveries", "events", "commands")


def nothing_recorded(desk: Desk) -> bool:
    rows = desk.rows()
    return not any(rows[table] for table in RECORDS) and not desk.files()


def test_a_plan_gives_every_promised_key_money_as_strings_and_days_as_iso(desk: Desk) -> None:
    file = desk.list(BY_MAIL)
    document = desk("plan", file, "--as-of", AS_OF, "--json").json
    assert document.keys() >= {"batch", "as_of", "list", "decisions"}
    assert document["as_of"] == AS_OF
    digest = sha256(file.read_bytes()).hexdigest()
    assert document["list"] == {"file": file.name, "sha256": digest, "rows": 1, "rejected": []}
    decision = document["decisions"][0]
    assert decision.keys() >= DECISION_KEYS
    assert (decision["principal"], decision["late_fee"], decision["total"]) == ("1200.00", "52.56", "1200.00")
    assert (decision["oldest_due"], decision["limitation_date"]) == ("2026-06-30", "2029-06-30")
    assert (decision["action"], decision["tier"], decision["reason"]) == ("issue", "reminder", "first-notice")
    assert (decision["notice"], decision["state"]) == (None, "planned")
    delivery = decision["deliveries"][0]
    assert {**delivery, "at": ""} == {"channel": "email", "to": "jia@example.com", "state": "planned", "at": ""}


def test_show_gives_the_same_output_as_plan(desk: Desk) -> None:
    document = desk("plan", desk.list(BY_MAIL, ON_PAPER), "--as-of", AS_OF, "--name", "b", "--json").json
    shown = desk("show", "b", "--json").json
    assert shown == {key: document[key] for key in ("batch", "as_of", "list", "decisions")}


def test_an_account_that_gets_nothing_has_no_notice_state_or_deliveries(desk: Desk) -> None:
    paid = Owes("1-1-150", "付清", "500.00", paid="500.00")
    decision = desk.plan(paid, BY_MAIL)[paid.account]
    assert (decision["action"], decision["reason"], decision["tier"]) == ("skip", "paid", None)
    assert (decision["notice"], decision["state"], decision["deliveries"]) == (None, None, [])
    assert (decision["principal"], decision["oldest_due"], decision["channels"]) == ("0.00", None, [])


def test_a_list_with_bad_rows_makes_no_batch(desk: Desk) -> None:
    document = desk("plan", desk.list(BY_MAIL, BAD), "--as-of", AS_OF, "--json", status=1).json
    assert (document["batch"], document["decisions"]) == (None, [])
    assert nothing_recorded(desk)


def test_bad_rows_are_listed_with_row_column_value_and_remedy(desk: Desk) -> None:
    document = desk("plan", desk.list(BY_MAIL, BAD), "--as-of", AS_OF, "--json", status=1).json
    (rejected,) = document["list"]["rejected"]
    (problem,) = rejected["problems"]
    assert (rejected["account"], rejected["rows"]) == (BAD.account, [3])
    assert (problem["row"], problem["column"], problem["value"]) == (3, "应收金额", "12o.5")
    assert problem["problem"]
    assert problem["remedy"]


def test_accept_partial_plans_the_good_accounts_and_keeps_the_rejected_in_the_batch(desk: Desk) -> None:
    file = desk.list(BY_MAIL, BAD)
    document = desk("plan", file, "--as-of", AS_OF, "--name", "b", "--accept-partial", "--json", status=1).json
    assert by_account(document).keys() == {BY_MAIL.account}
    shown = desk("show", "b", "--json").json
    assert [rejected["account"] for rejected in shown["list"]["rejected"]] == [BAD.account]
    assert by_account(shown).keys() == {BY_MAIL.account}


def test_accept_partial_with_no_good_account_records_nothing(desk: Desk) -> None:
    desk("plan", desk.list(BAD), "--accept-partial", status=1)
    assert nothing_recorded(desk)


def test_an_unknown_estate_is_named_and_nothing_recorded(desk: Desk) -> None:
    stranger = Owes("1-1-101", "甲一", estate="无名苑")
    refused = desk("plan", desk.list(BY_MAIL, stranger), "--as-of", AS_OF, status=1)
    assert "无名苑" in refused.errors
    assert "[[estates]]" in refused.errors
    assert nothing_recorded(desk)


def test_accept_partial_leaves_out_an_unknown_estate_and_lists_its_accounts(desk: Desk) -> None:
    stranger = Owes("1-1-101", "甲一", estate="无名苑")
    words = ("plan", desk.list(BY_MAIL, stranger), "--as-of", AS_OF, "--name", "b", "--accept-partial", "--json")
    document = desk(*words, status=1).json
    assert by_account(document).keys() == {BY_MAIL.account}
    assert [rejected["account"] for rejected in document["list"]["rejected"]] == [stranger.account]
    assert desk("show", "b", "--json").json["list"] == document["list"]


def test_the_same_list_for_the_same_day_is_refused_whatever_its_file_name(desk: Desk) -> None:
    first = desk.list(BY_MAIL, name="one.csv")
    desk("plan", first, "--as-of", AS_OF)
    before = desk.rows()
    copy = first.with_name("two.csv")
    copy.write_bytes(first.read_bytes())
    for file in (first, copy):
        assert AS_OF in desk("plan", file, "--as-of", AS_OF, status=4).errors
    assert desk.rows() == before


def test_the_same_list_is_planned_again_on_another_day_or_with_again(desk: Desk) -> None:
    file = desk.list(BY_MAIL)
    names = [
        desk("plan", file, "--as-of", day, *again, "--json").json["batch"]
        for day, again in ((AS_OF, []), ("2026-11-24", []), (AS_OF, ["--again"]))
    ]
    assert len(set(names)) == 3
    assert len(desk("status", "--json").json["batches"]) == 3


@pytest.mark.parametrize("name", ["../b", "a/b", ".b", "", " b", "a\nb", "-b", "b" * 81])
def test_a_batch_name_that_could_be_a_path_or_an_option_is_a_usage_mistake(desk: Desk, name: str) -> None:
    desk("plan", desk.list(BY_MAIL), f"--name={name}", status=2)
    assert nothing_recorded(desk)


def test_a_batch_name_is_taken_once(desk: Desk) -> None:
    desk.plan(BY_MAIL, batch="十一月催费")
    before = desk.rows()
    desk("plan", desk.list(ON_PAPER), "--name", "十一月催费", status=2)
    assert desk.rows() == before


def test_into_adds_corrected_rows_and_leaves_the_rest_as_it_is(desk: Desk) -> None:
    words = ("--as-of", AS_OF, "--name", "b", "--accept-partial", "--json")
    first = desk("plan", desk.list(BY_MAIL, BAD), *words, status=1).json["decisions"][0]
    corrected = Owes(BAD.unit, BAD.owner, "120.50")
    added = desk("plan", desk.list(BY_MAIL, corrected), "--into", "b", "--json").json
    assert by_account(added).keys() == {corrected.account}
    now = desk.decisions()
    assert now.keys() == {BY_MAIL.account, corrected.account}
    assert now[BY_MAIL.account] == first


def test_into_decides_for_the_day_of_the_batch_and_says_that_day(desk: Desk) -> None:
    desk.plan(BY_MAIL, as_of="2026-11-16")
    added = desk("plan", desk.list(ON_PAPER), "--into", "b", "--json").json
    assert added["as_of"] == "2026-11-16"
    assert by_account(added)[ON_PAPER.account]["days_overdue"] == 139


def test_into_an_unknown_batch_is_a_usage_mistake(desk: Desk) -> None:
    desk("plan", desk.list(BY_MAIL), "--into", "nowhere", status=2)
    assert nothing_recorded(desk)


def test_into_and_name_exclude_each_other(desk: Desk) -> None:
    desk("plan", desk.list(BY_MAIL), "--into", "b", "--name", "c", status=2)


def test_a_batch_of_which_anything_is_approved_takes_no_more_accounts(desk: Desk) -> None:
    desk.plan(BY_MAIL)
    desk("approve", "b", "--by", "Releaser")
    before = desk.rows(), desk.files()
    desk("plan", desk.list(ON_PAPER), "--into", "b", status=4)
    assert (desk.rows(), desk.files()) == before


def test_a_header_without_rows_checks_well_and_plans_nothing(desk: Desk) -> None:
    empty = desk.list()
    assert desk("check", empty, "--json").json["notes"]
    desk("plan", empty, status=1)
    assert nothing_recorded(desk)


def test_a_list_that_is_not_there_empty_or_damaged_cannot_be_used(desk: Desk, tmp_path: Path) -> None:
    empty, damaged = tmp_path / "empty.csv", tmp_path / "damaged.xlsx"
    empty.write_bytes(b"")
    damaged.write_bytes(desk.list(BY_MAIL, name="whole.xlsx").read_bytes()[:900])
    for file in (tmp_path / "missing.xlsx", empty, damaged, tmp_path):
        for command in ("check", "plan", "run"):
            assert desk(command, file, "--json", status=3).json["error"]["status"] == 3
    assert nothing_recorded(desk)


def test_a_missing_column_is_a_choice_that_a_person_must_make(desk: Desk) -> None:
    file = desk.table([*HEADINGS[:2], *HEADINGS[3:]], [BY_MAIL.cells[:2] + BY_MAIL.cells[3:]])
    for command in ("check", "plan", "run"):
        desk(command, file, status=2)
    assert nothing_recorded(desk)


def test_an_estate_that_the_settings_do_not_know_cannot_be_chosen(desk: Desk) -> None:
    file = desk.table(HEADINGS[1:], [BY_MAIL.cells[1:]])
    mistake = desk("plan", file, "--estate", "无名苑", "--json", status=2).json["error"]
    assert "无名苑" in mistake["fact"]
    assert ESTATE in mistake["remedy"]
    assert nothing_recorded(desk)


def test_a_list_without_an_estate_column_belongs_to_the_only_estate(desk: Desk) -> None:
    file = desk.table(HEADINGS[1:], [BY_MAIL.cells[1:]])
    assert by_account(desk("plan", file, "--as-of", AS_OF, "--json").json).keys() == {BY_MAIL.account}


def test_of_several_estates_one_must_be_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "two")
    desk("init", desk.folder, "--estate", "东苑", "--estate", "西苑")
    file = desk.table(HEADINGS[1:], [BY_MAIL.cells[1:]])
    desk("plan", file, "--as-of", AS_OF, status=2)
    planned = desk("plan", file, "--as-of", AS_OF, "--estate", "西苑", "--json").json
    assert by_account(planned).keys() == {"西苑/1-1-101/甲一"}


def test_of_several_sheets_one_must_be_named(desk: Desk) -> None:
    file = desk.list(BY_MAIL, name="two-sheets.xlsx")
    book = openpyxl.load_workbook(file)
    book.copy_worksheet(book.worksheets[0]).title = "第二页"
    book.save(file)
    assert "第二页" in desk("plan", file, "--as-of", AS_OF, status=2).errors
    desk("plan", file, "--as-of", AS_OF, "--sheet", "第二页")


def test_the_list_as_received_is_kept_with_its_batch(desk: Desk) -> None:
    file = desk.list(BY_MAIL)
    received = file.read_bytes()
    desk("plan", file, "--as-of", AS_OF, "--name", "b")
    file.unlink()
    assert desk.files() == {f"batches/b/list/{file.name}": received}


def test_check_changes_nothing_and_says_what_was_understood(desk: Desk) -> None:
    before = desk.rows()
    document = desk("check", desk.list(BY_MAIL, ON_PAPER, BAD), "--json", status=1).json
    assert (document["accounts"], document["charges"], document["owed"]) == (2, 2, "2500.00")
    assert document.keys() == {"list", "columns", "accounts", "charges", "owed", "problems", "notes"}
    assert document["list"].keys() == {"file", "sha256", "sheet", "encoding", "shape"}
    assert {column["heading"]: column["meaning"] for column in document["columns"]}["应收金额"] == "due"
    assert [problem["row"] for problem in document["problems"]] == [4]
    assert (desk.rows(), desk.files()) == (before, {})


def test_check_notes_an_unknown_estate_and_goes_on(desk: Desk) -> None:
    document = desk("check", desk.list(Owes("1-1-101", "甲一", estate="无名苑")), "--json").json
    assert "unknown-estate" in {note["code"] for note in document["notes"]}
    assert document["accounts"] == 1


@pytest.mark.parametrize("day", ["23.11.2026", "2026-02-30", "today", ""])
def test_an_invalid_date_is_a_usage_mistake(desk: Desk, day: str) -> None:
    desk("plan", desk.list(BY_MAIL), f"--as-of={day}", status=2)
    assert nothing_recorded(desk)


def test_an_unknown_batch_or_account_cannot_be_shown(desk: Desk) -> None:
    desk.plan(BY_MAIL)
    desk("show", "nowhere", status=2)
    desk("show", "b", ON_PAPER.account, status=2)
    assert by_account(desk("show", "b", BY_MAIL.account, "--json").json).keys() == {BY_MAIL.account}


def test_a_decision_is_for_its_day_not_for_today(desk: Desk) -> None:
    assert desk.plan(BY_MAIL, as_of="2026-07-15")[BY_MAIL.account]["reason"] == "in-grace"
    assert desk.plan(BY_MAIL, as_of="2026-07-16", batch="c")[BY_MAIL.account]["reason"] == "first-notice"


def test_a_payment_counts_only_against_a_list_that_is_older(desk: Desk) -> None:
    desk("payment", "add", BY_MAIL.account, "--amount", "200.00", "--date", "2026-11-10")
    desk("payment", "add", ON_PAPER.account, "--amount", "200.00", "--date", "2026-11-10")
    newer = desk.plan(BY_MAIL, batch="newer", list_date="2026-11-10")
    older = desk.plan(ON_PAPER, batch="older", list_date="2026-11-09")
    assert (newer[BY_MAIL.account]["principal"], older[ON_PAPER.account]["principal"]) == ("1200.00", "1100.00")


def test_an_owner_without_an_address_is_written_to_at_the_unit_only_where_the_settings_say_so(desk: Desk) -> None:
    nowhere = replace(ON_PAPER, address="")
    assert desk.plan(nowhere, batch="a")[ON_PAPER.account]["reason"] == "unreachable"
    desk.set('missing_address = "none"', 'missing_address = "unit"')
    decision = desk.plan(nowhere, as_of="2026-11-24")[ON_PAPER.account]
    assert (decision["channels"], decision["warnings"]) == (["print"], ["no-email"])
    assert decision["deliveries"][0]["to"] == "示例市样板路8号示例花园2-1-101"
