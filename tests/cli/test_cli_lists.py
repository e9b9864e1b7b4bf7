"""The check and plan commands: column mappings, fix lists, and changes since the last list."""

from __future__ import annotations

import stat
from typing import Any

import openpyxl
from desk import AS_OF, ESTATE, Desk, Owes

ODD = ("小区", "房号", "户", "到期日", "数额")
ROWS = [(ESTATE, "1-1-101", "林晓禾", "2026-06-30", "1200.00")]
A, B, C = Owes("1-1-101", "林晓禾"), Owes("1-1-102", "周一"), Owes("1-1-103", "吴二")


def noted(document: Any, key: str = "notes") -> dict[str, list[str]]:
    """Return the values of the notes about changes, by code."""
    codes: dict[str, list[str]] = {}
    for note in document.get(key, []):
        if note["code"] in {
            "new-account",
            "now-paid",
            "vanished-account",
            "owner-changed",
            "amount-changed",
            "old-charge-added",
        }:
            codes.setdefault(note["code"], []).append(note["value"])
    return codes


def test_unclear_columns_are_asked_for_and_a_mapping_answers(desk: Desk) -> None:
    file = desk.table(ODD, ROWS)
    asked = desk("check", file, "--json", status=2).json["error"]
    assert "--map" in asked["remedy"]
    assert len(asked["details"]) == 2
    told = desk("check", file, "--map", "户=owner", "--map", "数额=owed", "--json").json
    assert (told["accounts"], told["owed"]) == (1, "1200.00")


def test_a_saved_mapping_serves_check_plan_and_run_from_then_on(desk: Desk) -> None:
    file = desk.table(ODD, ROWS)
    desk("check", file, "--map", "户=owner", "--map", "数额=owed", "--save-mapping", "月报")
    assert stat.S_IMODE((desk.folder / "mappings.json").stat().st_mode) == 0o600
    document = desk("check", desk.table(ODD, ROWS), "--json").json
    assert [note["value"] for note in document["notes"] if note["code"] == "saved-mapping"] == ["月报"]
    planned = desk("plan", file, "--as-of", AS_OF, "--json").json
    assert [decision["account"] for decision in planned["decisions"]] == [f"{ESTATE}/1-1-101/林晓禾"]


def test_plan_and_run_take_a_mapping(desk: Desk) -> None:
    told = ("--map", "户=owner", "--map", "数额=owed", "--as-of", AS_OF, "--by", "Planner", "--json")
    assert desk("plan", desk.table(ODD, ROWS), *told).json["batch"] == AS_OF
    again = desk("run", desk.table(ODD, ROWS), *told, "--name", "r", "--again", answers="n\n").json
    assert [entry["account"] for entry in again["plan"]["decisions"]] == [A.account]


def test_an_invalid_mapping_is_a_usage_mistake(desk: Desk) -> None:
    for wrong in ("欠费", "=owed", "欠费="):
        desk("check", desk.table(ODD, ROWS), "--map", wrong, status=2)


def test_a_damaged_mappings_file_is_reported_with_a_remedy(desk: Desk) -> None:
    (desk.folder / "mappings.json").write_text("{", encoding="utf-8")
    outcome = desk("check", desk.list(A), "--json", status=2).json
    assert "mappings.json" in outcome["error"]["fact"]
    assert outcome["error"]["remedy"]


def test_check_changes_nothing_and_makes_no_ledger(desk: Desk) -> None:
    ledger = desk.folder / "batches" / "ledger.db"
    ledger.unlink()
    desk("check", desk.list(A))
    assert not ledger.exists()


def test_a_fix_list_is_corrected_and_read_again(desk: Desk) -> None:
    spoilt = desk.list(A, Owes("1-1-102", "周一", due="12o.5"))
    target = desk.folder / "fix.xlsx"
    desk("check", spoilt, "--fix-list", target, status=1)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    book = openpyxl.load_workbook(target)
    assert book.active is not None
    book.active["H3"] = "500"
    book.save(target)
    document = desk("check", target, "--json").json
    assert (document["accounts"], document["problems"]) == (2, [])
    assert [column["meaning"] for column in document["columns"]][-2:] == ["ignored", "ignored"]


def test_corrected_rows_join_a_batch_that_is_not_approved(desk: Desk) -> None:
    spoilt, target = desk.list(A, Owes("1-1-102", "周一", due="12o.5")), desk.folder / "fix.xlsx"
    desk("plan", spoilt, "--as-of", AS_OF, "--name", "b", "--accept-partial", status=1)
    desk("check", spoilt, "--fix-list", target, status=1)
    book = openpyxl.load_workbook(target)
    assert book.active is not None
    book.active["H3"] = "500"
    book.save(target)
    added = desk("plan", target, "--into", "b", "--json").json
    assert [decision["account"] for decision in added["decisions"]] == [f"{ESTATE}/1-1-102/周一"]
    assert len(desk.decisions()) == 2


def test_a_fix_list_overwrites_no_file_and_needs_its_suffix(desk: Desk) -> None:
    spoilt = desk.list(Owes("1-1-102", "周一", due="12o.5"))
    taken = desk.folder / "taken.xlsx"
    taken.write_bytes(b"corrected by hand")
    desk("check", spoilt, "--fix-list", taken, status=2)
    desk("check", spoilt, "--fix-list", desk.folder / "fix.csv", status=2)
    assert taken.read_bytes() == b"corrected by hand"


def test_the_first_list_of_an_estate_is_compared_with_nothing(desk: Desk) -> None:
    assert noted(desk("check", desk.list(A, B), "--json").json) == {}


def test_the_next_list_says_who_is_new_paid_gone_or_sold(desk: Desk) -> None:
    sold = Owes("1-1-104", "郑三")
    desk.plan(A, B, C, sold, as_of="2026-10-23")
    then = desk.list(A, Owes("1-1-102", "周一", paid="1200.00"), Owes("1-1-104", "王四"), Owes("1-1-105", "冯五"))
    document = desk("check", then, "--as-of", AS_OF, "--json").json
    assert noted(document) == {
        "new-account": [f"{ESTATE}/1-1-105/冯五"],
        "owner-changed": [f"{ESTATE}/1-1-104/王四"],
        "now-paid": [f"{ESTATE}/1-1-102/周一"],
        "vanished-account": [f"{ESTATE}/1-1-103/吴二"],
    }
    planned = desk("plan", then, "--as-of", AS_OF, "--name", "n", "--json").json
    assert noted(planned, "changes") == noted(document)


def test_an_old_amount_that_was_edited_is_flagged_and_a_payment_is_not(desk: Desk) -> None:
    desk.plan(A, B, C, as_of="2026-10-23")
    then = desk.list(Owes("1-1-101", "林晓禾", due="1300.00"), Owes("1-1-102", "周一", paid="200.00"), C)
    document = desk("check", then, "--as-of", AS_OF, "--json").json
    assert noted(document) == {"amount-changed": [A.account]}


def test_an_old_charge_that_nobody_listed_before_is_flagged(desk: Desk) -> None:
    desk.plan(A, as_of="2026-10-23")
    document = desk(
        "check", desk.list(A, Owes("1-1-101", "林晓禾", due_date="2026-03-31")), "--as-of", AS_OF, "--json"
    ).json
    assert noted(document) == {"old-charge-added": [A.account]}


def test_an_account_with_a_bad_row_has_not_vanished(desk: Desk) -> None:
    desk.plan(A, B, as_of="2026-10-23")
    document = desk("check", desk.list(A, Owes("1-1-102", "周一", due="?")), "--as-of", AS_OF, "--json", status=1).json
    assert noted(document) == {}


def test_rows_added_to_a_batch_are_not_taken_for_a_whole_list(desk: Desk) -> None:
    desk.plan(A, B, as_of="2026-10-23")
    desk("plan", desk.list(C), "--into", "b")
    assert desk.rows()["payments"] == []


def test_a_vanished_account_counts_as_paid_only_where_the_settings_say_so(desk: Desk) -> None:
    desk.plan(A, B, as_of="2026-10-23", batch="before")
    desk("plan", desk.list(A), "--as-of", AS_OF, "--name", "unknown")
    assert desk.rows()["payments"] == []
    desk.set('vanished = "unknown"', 'vanished = "paid"')
    desk("payment", "add", B.account, "--amount", "200", "--date", "2026-11-01")
    desk.plan(A, B, as_of="2026-11-24", batch="both")
    desk("plan", desk.list(A), "--as-of", "2026-11-30", "--name", "paid")
    document = desk.plan(A, B, as_of="2026-12-23", batch="after")
    assert len(desk.rows()["payments"]) == 2
    assert document[B.account]["reason"] == "first-notice"


def test_payments_that_a_discarded_list_made_believe_are_taken_back_and_no_others(desk: Desk) -> None:
    desk.plan(A, B, C, as_of="2026-10-23", batch="before")
    desk.set('vanished = "unknown"', 'vanished = "paid"')
    desk("plan", desk.list(A, C), "--as-of", AS_OF, "--name", "right")
    desk("payment", "add", A.account, "--amount", "200", "--date", "2026-11-01")
    desk("plan", desk.list(A), "--as-of", "2026-11-24", "--name", "wrong")
    assert len(desk("payment", "list", "--json").json["payments"]) == 3
    said = desk("batch", "discard", "wrong", "--yes").errors
    assert "1 payment(s)" in said
    left = desk("payment", "list", "--json").json["payments"]
    assert {each["account"] for each in left} == {A.account, B.account}


def test_check_plan_and_run_name_what_was_not_understood(desk: Desk) -> None:
    table = desk.table(
        ("小区", "房号", "业主", "到期日", "欠费", "管家"),
        [(ESTATE, "1-1-101", "林晓禾", "2026-06-30", "1200.00", "王管家")],
    )
    columns = [{"heading": "管家", "samples": ["王管家"]}]
    assert desk("check", table, "--json").json["not_understood"] == columns
    assert "管家" in desk("check", table).errors
    planned = desk("plan", table, "--as-of", AS_OF, "--name", "a", "--json")
    assert planned.json["not_understood"] == columns
    assert "王管家" in desk("plan", table, "--as-of", AS_OF, "--name", "b", "--again").errors


def test_a_column_that_may_matter_is_asked_about_before_anything_is_planned(desk: Desk) -> None:
    rows = [(ESTATE, "1-1-101", "林晓禾", "2026-06-30", "1200.00", "350.50")]
    table = desk.table(("小区", "房号", "业主", "到期日", "欠费", "另计"), rows)
    asked = desk("plan", table, "--as-of", AS_OF, "--json", status=2).json["error"]
    assert "--map '另计=ignored'" in asked["remedy"]
    assert not desk.files()
    desk("plan", table, "--as-of", AS_OF, "--map", "另计=ignored")
