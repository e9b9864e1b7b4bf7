"""slip set of a letter for several units: a correction takes back what was entered for the others."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Owes, Sent
from letters_without_office import pretend_to_render

from notices.flow.workspace import Workspace
from notices.ledger import Ledger, StateChange
from notices.model import Slip, State

HOME, PHONE, DAY = "示例市幸福路1号3-2-501", "13800000003", "2026-11-24"
HEADINGS = ("小区", "房号", "业主姓名", "邮箱", "通讯地址", "费用期间", "应缴日期", "应收金额", "已收金额", "联系电话")
UNITS = tuple(
    Owes(unit, "王三", due=due, address=HOME, due_date="2025-06-30")
    for unit, due in (("3-2-501", "1800.00"), ("S-101", "1300.00"), ("车位12", "1400.00"))
)
FLAT, SHOP, SPACE = UNITS


@pytest.fixture(scope="module")
def gone(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One follow-up for three units that has left; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("units") / "workspace")
    desk.set('combine = "unit"', 'combine = "owner"')
    before = [sent for owner in UNITS for sent in (Sent(owner, "2026-08-03"), Sent(owner, "2026-09-28", "律师函"))]
    desk("history", "import", desk.history(*before))
    rows = [(*owner.cells, PHONE) for owner in UNITS]
    desk("plan", desk.table(HEADINGS, rows), "--name", "b", "--as-of", "2026-11-23", "--by", "Planner")
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    with Ledger.open(Workspace(desk.folder).ledger_url).begin() as books:
        notices = [it.notice for it in books.batches.decisions("b") if it.notice]
        ways = [way for it in notices for way in it.deliveries if way.letter_id in {None, way.id}]
        for state in (State.SPOOLED, State.HANDED_OVER):
            for way in ways:
                books.deliveries.set_states([StateChange(way.id, state)], by="Shop", at=datetime.now(UTC))
    return desk


@pytest.fixture
def desk(gone: Desk, tmp_path: Path) -> Desk:
    return gone.copy(tmp_path / "workspace")


def number(desk: Desk, owner: Owes) -> str:
    return str(desk.decisions()[owner.account]["notice"])


def letter(desk: Desk) -> str:
    return str(desk.decisions()[FLAT.account]["letter"])


def enter(desk: Desk, *words: str, notice: str = "") -> Any:
    """Enter the slip of the letter, or of one notice; return what is said of each account."""
    told = desk("slip", "set", notice or letter(desk), *words, "--date", DAY, "--json").json["slips"]
    return {it["account"]: it for it in told}


def standing(desk: Desk) -> dict[str, list[str]]:
    """Return the objections that count now, by account; none of a slip that was taken back."""
    last = {it["account"]: it for it in desk("slip", "list", "b", "--json").json["slips"]}
    return {account: it["objections"] for account, it in last.items() if it["source"] != "taken-back"}


def todo(desk: Desk, kind: str) -> set[str]:
    items = desk("todo", "--as-of", DAY, "--json").json["items"]
    return {it["account"] for it in items if it["kind"] == kind}


def open_orders(desk: Desk) -> list[tuple[str, str]]:
    return [(it["account"], it["objection"]) for it in desk("work", "list", "--json").json["orders"]]


def state(desk: Desk, owner: Owes) -> str:
    return str(desk.decisions()[owner.account]["state"])


def test_a_correction_for_one_unit_takes_back_what_was_entered_for_the_others(desk: Desk) -> None:
    enter(desk, "--objection", "fee-too-high")
    assert standing(desk) == {owner.account: ["fee-too-high"] for owner in UNITS}
    told = enter(desk, "--objection", "fee-too-high", "--unit", SPACE.unit)
    assert {account: it["source"] for account, it in told.items()} == {
        SPACE.account: "typed",
        FLAT.account: "taken-back",
        SHOP.account: "taken-back",
    }
    assert standing(desk) == {SPACE.account: ["fee-too-high"]}
    assert todo(desk, "answer") == {SPACE.account}
    assert [state(desk, owner) for owner in UNITS] == ["handed-over", "handed-over", "answered"]
    reasons = desk("report", "--json").json["reasons"]
    assert [(it["objection"], it["count"]) for it in reasons] == [("fee-too-high", 1)]
    assert "taken back" in desk("account", "show", FLAT.account).output
    assert desk("ledger", "verify", "--json").json["intact"]


def test_the_unit_that_was_typed_by_mistake_is_taken_back_with_its_work_order(desk: Desk) -> None:
    enter(desk, "--objection", "heating-cold", "--unit", SHOP.unit)
    assert open_orders(desk) == [(SHOP.account, "heating-cold")]
    enter(desk, "--objection", "heating-cold", "--unit", FLAT.unit)
    assert standing(desk) == {FLAT.account: ["heating-cold"]}
    assert open_orders(desk) == [(FLAT.account, "heating-cold")]


def test_the_work_order_of_the_whole_letter_moves_to_the_unit_that_it_is_about(desk: Desk) -> None:
    enter(desk, "--objection", "heating-cold")
    assert open_orders(desk) == [(FLAT.account, "heating-cold")]
    enter(desk, "--objection", "heating-cold", "--unit", SPACE.unit)
    assert open_orders(desk) == [(SPACE.account, "heating-cold")]
    enter(desk, "--objection", "heating-cold", "--unit", SPACE.unit)
    assert len(desk("work", "list", "--all", "--json").json["orders"]) == 2


def test_a_unit_that_was_taken_back_can_be_entered_again_and_the_same_correction_changes_nothing(desk: Desk) -> None:
    both = ("--objection", "fee-too-high", "--unit", FLAT.unit, "--unit", SHOP.unit)
    enter(desk, *both)
    enter(desk, "--objection", "fee-too-high", "--unit", FLAT.unit)
    again = enter(desk, "--objection", "fee-too-high", "--unit", FLAT.unit)
    assert {account: it["recorded"] for account, it in again.items()} == {FLAT.account: False}
    enter(desk, *both)
    assert standing(desk) == {owner.account: ["fee-too-high"] for owner in (FLAT, SHOP)}


def test_the_own_number_of_a_unit_enters_its_slip_beside_those_of_the_others(desk: Desk) -> None:
    enter(desk, "--objection", "fee-too-high", "--unit", FLAT.unit)
    enter(desk, "--objection", "no-money-now", notice=number(desk, SHOP))
    assert standing(desk) == {FLAT.account: ["fee-too-high"], SHOP.account: ["no-money-now"]}


def test_rows_of_a_table_for_two_units_are_two_entries(desk: Desk) -> None:
    rows = [(letter(desk), FLAT.unit, "fee-too-high"), (letter(desk), SHOP.unit, "no-money-now")]
    desk("slip", "import", desk.table(("编号", "房号", "原因"), rows), "--date", DAY)
    enter(desk, "--objection", "where-does-it-go", "--unit", FLAT.unit)
    assert standing(desk) == {FLAT.account: ["where-does-it-go"], SHOP.account: ["no-money-now"]}


def test_one_row_of_a_table_for_the_whole_letter_is_one_entry(desk: Desk) -> None:
    desk("slip", "import", desk.table(("编号", "原因"), [(letter(desk), "fee-too-high")]), "--date", DAY)
    enter(desk, "--objection", "fee-too-high", "--unit", FLAT.unit)
    assert standing(desk) == {FLAT.account: ["fee-too-high"]}


def test_a_slip_entered_for_all_units_has_each_work_order_once(desk: Desk) -> None:
    enter(desk, "--objection", "heating-cold", "--objection", "out-of-warranty", "--unit", SHOP.unit)
    enter(desk, "--objection", "heating-cold", "--note", "14度")
    assert open_orders(desk) == [(SHOP.account, "heating-cold")]  # one complaint, one order; the other is withdrawn
    (order,) = desk("work", "list", "--json").json["orders"]
    assert order["note"] == "14度"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_taken_back_is_said(desk: Desk, language: str) -> None:
    enter(desk, "--objection", "fee-too-high")
    words = ("slip", "set", letter(desk), "--objection", "fee-too-high", "--unit", FLAT.unit, "--date", DAY)
    said = desk(*words, "--lang", language)
    assert number(desk, SHOP) in said.output + said.errors
    assert SHOP.account in said.output + said.errors


def test_a_slip_that_only_a_person_can_read_is_to_be_looked_at_and_not_answered_with_nothing(desk: Desk) -> None:
    notice = number(desk, SHOP)
    with Ledger.open(Workspace(desk.folder).ledger_url).begin() as books:
        found = books.notices.find(notice)
        assert found is not None
        books.slips.add(found.id, Slip((), date(2026, 11, 24)), "scan", by="Clerk", at=datetime.now(UTC))
    (item,) = (it for it in desk("todo", "--as-of", DAY, "--json").json["items"] if it["kind"] == "answer")
    assert "None" not in item["text"]
    assert notice in item["text"]
    told = desk("answer", notice, "--date", DAY, "--json", status=1).json
    assert told["answers"] == []
    assert notice in told["attention"][0]


@pytest.mark.office
@pytest.mark.slow
def test_the_slip_of_a_letter_is_answered_once(desk: Desk) -> None:
    enter(desk, "--objection", "fee-too-high")
    assert len([it for it in desk("todo", "--as-of", DAY, "--json").json["items"] if it["kind"] == "answer"]) == 1
    (sheet,) = desk("answer", "b", "--date", DAY, "--json").json["answers"]
    assert sheet["notice"] == letter(desk)
    again = desk("answer", number(desk, SPACE), "--date", DAY, "--json").json["answers"]
    assert [it["number"] for it in again] == [sheet["number"]]
    # The flat is paid: the sheet about it would not leave, and another unit's takes its place.
    desk("payment", "add", FLAT.account, "--amount", FLAT.due, "--date", DAY)
    (other,) = desk("answer", "b", "--date", DAY, "--json").json["answers"]
    assert other["notice"] == number(desk, SHOP)
    (only,) = desk("letter", "list", "--json").json["letters"]
    assert only["number"] == other["number"]


@pytest.mark.office
@pytest.mark.slow
def test_units_whose_slips_differ_are_answered_each(desk: Desk) -> None:
    enter(desk, "--objection", "fee-too-high", "--unit", FLAT.unit)
    enter(desk, "--objection", "no-money-now", notice=number(desk, SHOP))
    told = desk("answer", "b", "--date", DAY, "--json").json["answers"]
    assert {it["notice"] for it in told} == {number(desk, FLAT), number(desk, SHOP)}


def test_the_slip_of_an_owner_who_owes_nothing_any_more_waits_for_no_answer(desk: Desk) -> None:
    enter(desk, "--objection", "fee-too-high")
    for owner in UNITS:
        assert todo(desk, "answer")
        desk("payment", "add", owner.account, "--amount", owner.due, "--date", DAY, "--yes")
    assert todo(desk, "answer") == set()


def test_what_an_owner_objected_to_by_mistake_does_not_stand_against_going_to_court(desk: Desk, tmp_path: Path) -> None:
    def obstacles(folder: str) -> set[str]:
        told = desk("court", FLAT.account, "--to", tmp_path / folder, "--json", status=4).json
        return {it["code"] for it in told["accounts"][0]["obstacles"]}

    enter(desk, "--objection", "fee-too-high", "--unit", FLAT.unit)
    assert "objected" in obstacles("one")
    enter(desk, "--objection", "fee-too-high", "--unit", SPACE.unit)
    assert "objected" not in obstacles("two")
