"""Filters, sums and workbooks of show and status, and what a decision on one account rests on."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import openpyxl
from desk import Desk
from neighbours import BOTH_WAYS, ON_PAPER


def accounts(desk: Desk, *words: object, key: str = "decisions", command: str = "show") -> set[str]:
    found = desk(command, "b", *words, "--json").json[key]
    return {each["account"] for each in found}


def test_show_and_status_choose_by_tier_action_building_handler_and_warning(planned: Desk) -> None:
    everything = planned("show", "b", "--json").json["decisions"]
    for option, name in (("--tier", "tier"), ("--action", "action"), ("--handler", "handler")):
        value = next(each[name] for each in everything if each[name])
        expected = {each["account"] for each in everything if each[name] == value}
        assert accounts(planned, option, value) == expected
    assert accounts(planned, "--tier", "律师函") == {BOTH_WAYS.account}
    assert accounts(planned, "--building", "10") == {
        each["account"] for each in everything if each["unit"].startswith("10-")
    }
    warning = next(each["warnings"][0] for each in everything if each["warnings"])
    assert accounts(planned, "--warning", warning) == {
        each["account"] for each in everything if warning in each["warnings"]
    }
    assert accounts(planned, "--tier", "lawyer-letter", key="notices", command="status") == {BOTH_WAYS.account}


def test_an_unknown_action_and_a_filter_without_a_batch_are_mistakes(planned: Desk) -> None:
    assert "issue, wait" in planned("show", "b", "--action", "ship", status=2).errors
    assert "need a batch" in planned("status", "--tier", "reminder", status=2).errors
    assert ".xlsx" in planned("show", "b", "--xlsx", planned.folder / "table.csv", status=2).errors


def test_a_filter_that_fits_nothing_is_told_because_it_may_be_misspelt(planned: Desk) -> None:
    assert "no such account" in planned("show", "b", "--warning", "limitation-son").errors
    assert "no such notice" in planned("status", "b", "--handler", "nobody").errors


def test_the_workbook_has_the_rows_that_were_chosen_with_sums_as_figures(planned: Desk, tmp_path: Path) -> None:
    for command in ("show", "status"):
        target = tmp_path / f"{command}.xlsx"
        planned(command, "b", "--tier", "reminder", "--xlsx", target)
        assert target.stat().st_mode & 0o777 == 0o600
        (sheet,) = openpyxl.load_workbook(target).worksheets
        headings, *rows = sheet.iter_rows(values_only=True)
        owing = {
            each["account"]: each for each in planned("show", "b", "--tier", "reminder", "--json").json["decisions"]
        }
        account, total = headings.index("account"), headings.index("total")
        assert {row[account] for row in rows} == owing.keys()
        assert all(Decimal(str(row[total])) == Decimal(owing[str(row[account])]["total"]) for row in rows)


def test_one_account_is_shown_with_charges_address_and_the_reason_in_words(planned: Desk) -> None:
    (found,) = planned("show", "b", ON_PAPER.account, "--json").json["decisions"]
    (charge,) = found["charges"]
    assert (charge["due"], charge["balance"]) == (ON_PAPER.due, found["principal"])
    assert (found["address"], found["email"], found["building"]) == (ON_PAPER.address, ON_PAPER.email, "2")
    assert found["rows"] == charge["rows"]
    told = planned("show", "b", ON_PAPER.account).output
    assert ON_PAPER.address in told
    assert charge["period"] in told
    assert "telephone" not in planned("show", "b").output


def test_status_sums_the_notices_of_a_batch_and_of_all_batches(planned: Desk) -> None:
    (batch,) = planned("status", "--json").json["batches"]
    issued = [each for each in planned("show", "b", "--json").json["decisions"] if each["state"]]
    assert Decimal(batch["total"]) == sum(Decimal(each["total"]) for each in issued)
    assert f"{batch['total']}" in planned("status", "b").output.replace(",", "")
