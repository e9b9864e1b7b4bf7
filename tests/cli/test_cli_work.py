"""todo, work, answer and letter: what came back is handed out, put right, and told to the owner."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Owes
from letters_without_office import pretend_to_leave, pretend_to_render

from notices.pdf import page_texts

OWNER = Owes("1-1-301", "林一山", email="lin@example.com")
ON_PAPER = Owes("1-1-302", "陈示例")
DAY = "2026-11-24"  # on which slips come back
EVIL = '<b>{{ 7*7 }}</b> {% raw %} & "漏水"'


@pytest.fixture(scope="module")
def gone(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two letters with a slip that have left; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("work") / "workspace")
    desk.import_both_letters(OWNER, ON_PAPER)
    desk.plan(OWNER, ON_PAPER)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    pretend_to_leave(desk)
    return desk


@pytest.fixture
def desk(gone: Desk, tmp_path: Path) -> Desk:
    return gone.copy(tmp_path / "workspace")


def number(desk: Desk, owner: Owes) -> str:
    return str(desk.decisions()[owner.account]["notice"])


def items(desk: Desk, as_of: str = DAY, *more: str) -> list[tuple[str, str, str, str | None]]:
    """Return what there is to do: kind, who, until when, for whom."""
    found = desk("todo", "--as-of", as_of, *more, "--json").json["items"]
    return [(each["kind"], each["handler"], each["due"], each["account"]) for each in found]


def own(desk: Desk, as_of: str) -> list[tuple[str, str, str, str | None]]:
    """Return what there is to do about the owner with an e-mail address."""
    return [each for each in items(desk, as_of) if each[3] == OWNER.account]


def slip(desk: Desk, owner: Owes, *more: str) -> Any:
    return desk("slip", "set", number(desk, owner), *more, "--date", DAY, "--json").json["slips"][0]


def text_of(file: Path) -> str:
    return "".join("".join(page_texts(file)).split())


def test_nothing_is_to_do_while_the_owner_has_time_to_answer(desk: Desk) -> None:
    assert items(desk) == []


def test_a_quality_objection_opens_one_work_order_and_an_answer_waits(desk: Desk) -> None:
    first = slip(desk, OWNER, "--objection", "heating-cold", "--objection", "fee-too-high", "--note", "北卧室14度")
    assert first["work_orders"] == [1]
    again = slip(desk, OWNER, "--objection", "heating-cold", "--note", "更正")
    assert (again["recorded"], again["work_orders"]) == (True, [])
    (order,) = desk("work", "list", "--json").json["orders"]
    assert (order["number"], order["state"], order["objection"]) == (1, "open", "heating-cold")
    assert (order["handler"], order["account"], order["note"]) == ("工程维修人员", OWNER.account, "更正")
    # seven days after 24 November is Tuesday, 1 December
    assert ("work-order", "工程维修人员", "2026-12-01", OWNER.account) in items(desk)
    assert ("answer", "工程维修人员", "2026-12-01", OWNER.account) in items(desk)
    assert items(desk, DAY, "--handler", "谁也不是") == []


def test_a_corrected_slip_withdraws_the_order_that_it_no_longer_asks_for(desk: Desk) -> None:
    both = ("--objection", "heating-cold", "--objection", "out-of-warranty")
    assert slip(desk, OWNER, *both, "--note", "北卧室14度")["work_orders"] == [1, 2]
    assert slip(desk, OWNER, "--objection", "heating-cold", "--note", "南卧室14度")["work_orders"] == []
    orders = desk("work", "list", "--all", "--json").json["orders"]
    assert {it["objection"]: (it["state"], it["note"], it["result"]) for it in orders} == {
        "heating-cold": ("open", "南卧室14度", None),
        "out-of-warranty": ("withdrawn", "北卧室14度", None),
    }
    assert [it[0] for it in items(desk) if it[0] == "work-order"] == ["work-order"]
    (gone,) = (it["number"] for it in orders if it["state"] == "withdrawn")
    desk("work", "close", gone, "--result", "x", status=4)
    assert slip(desk, OWNER, *both)["work_orders"] == [3], "the objection is back"
    slip(desk, OWNER, "--objection", "fee-too-high")
    assert desk("work", "list", "--json").json["orders"] == []
    desk("letter", "make", number(desk, OWNER), "--kind", "resolved", status=4)  # nothing was put right
    assert desk("ledger", "verify", "--json").json["intact"]


def test_a_call_is_due_before_a_promise_and_the_follow_up_on_its_day(desk: Desk) -> None:
    desk("hold", "add", OWNER.account, "--kind", "promise", "--until", "2026-12-10", "--registered", DAY)
    handler = desk.decisions()[OWNER.account]["handler"]
    assert own(desk, "2026-12-07") == []
    for day in ("2026-12-08", "2026-12-09"):  # no telephone is known: a visit
        assert own(desk, day) == [("visit", handler, "2026-12-08", OWNER.account)]
    slip(desk, OWNER, "--promise", "2026-12-10", "--telephone", "13900000000")
    assert ("call", handler, "2026-12-08", OWNER.account) in own(desk, "2026-12-09")
    assert ("promise", handler, "2026-12-10", OWNER.account) in own(desk, "2026-12-10")
    desk("payment", "add", OWNER.account, "--amount", "1200.00", "--date", "2026-11-29")
    assert [it for it in own(desk, "2026-12-10") if it[0] != "answer"] == []


def test_instalments_are_followed_up_one_by_one(desk: Desk) -> None:
    plan = desk.table(("日期", "金额"), [("2026-12-10", "600.00"), ("2027-01-10", "600.00")])
    desk("hold", "add", OWNER.account, "--kind", "instalments", "--plan", plan, "--registered", DAY)
    assert [it[0] for it in own(desk, "2026-12-10")] == ["instalment"]
    desk("payment", "add", OWNER.account, "--amount", "600.00", "--date", "2026-11-29")
    assert own(desk, "2026-12-10") == []
    assert [(it[0], it[2]) for it in own(desk, "2027-01-09")] == [("visit", "2027-01-08")]


def test_what_the_rules_refer_and_what_came_back_is_somebodys_task(desk: Desk) -> None:
    after = "2026-12-20"  # the deadline of the last tier has passed: exhausted
    kinds = {(kind, who) for kind, who, _, account in items(desk, after) if account == ON_PAPER.account}
    assert ("refer", "项目经理") in kinds
    words = ("delivery", "set", number(desk, ON_PAPER), "--channel", "print", "--result", "returned")
    desk(*words, "--date", "2026-11-30")
    assert any(kind == "address" for kind, *_ in items(desk, after))


def test_a_planned_batch_waits_for_its_release(desk: Desk) -> None:
    desk.plan(Owes("9-9-909", "新欠费"), batch="new", as_of="2026-11-25")
    assert [it for it in items(desk, "2026-11-25") if it[0] == "release"] == [
        ("release", "项目经理", "2026-11-25", None)
    ]


@pytest.mark.office
def test_a_closed_order_is_told_to_the_owner_once_and_by_mail(desk: Desk) -> None:
    slip(desk, OWNER, "--objection", "heating-cold", "--note", EVIL)
    done = desk("work", "close", "1", "--result", "已放气，20度 {{ x }}", "--by", "Fitter", "--json").json
    assert (done["order"]["state"], done["order"]["by"]) == ("closed", "Fitter")
    letter = done["letter"]
    assert (letter["kind"], letter["notice"], letter["account"]) == ("resolved", number(desk, OWNER), OWNER.account)
    text = text_of(desk.folder / letter["file"])
    for wanted in ("办结告知函", "暖气不热", "".join(EVIL.split()), "已放气，20度{{x}}", "1,200.00", letter["number"]):
        assert wanted in text, wanted
    assert [it for it in items(desk, "2026-11-30") if it[0] == "work-order"] == []
    desk("work", "close", "1", "--result", "again", status=4)
    again = desk("letter", "make", number(desk, OWNER), "--kind", "resolved", "--json").json["letter"]
    assert again["number"] == letter["number"]  # it has not left
    assert desk("letter", "send", "--json").json == {"states": {letter["number"]: "spooled"}, "attention": []}
    (mail,) = (desk.folder / "output").rglob("*.eml")
    assert b"lin@example.com" in mail.read_bytes()
    assert desk("letter", "send", "--json").json["states"] == {}
    desk("letter", "make", number(desk, OWNER), "--kind", "resolved", status=4)  # told already
    assert desk("letter", "confirm", letter["number"], "--json").json == {"states": {letter["number"]: "sent"}}
    assert desk("ledger", "verify", "--json").json["intact"]


@pytest.mark.office
def test_a_letter_that_is_no_longer_true_stays(desk: Desk) -> None:
    slip(desk, OWNER, "--objection", "heating-cold")
    desk("work", "close", "1", "--result", "已放气", "--by", "Fitter")
    desk("payment", "add", OWNER.account, "--amount", "200.00", "--date", "2026-11-29")
    assert "a payment of 200.00 yuan was recorded" in desk("letter", "send", status=1).errors
    assert list((desk.folder / "output").rglob("*.eml")) == []


@pytest.mark.office
def test_an_offer_alone_is_answered_on_paper_and_the_plan_confirmed(desk: Desk) -> None:
    slip(desk, ON_PAPER, "--instalments", "分两期")
    (sheet,) = desk("answer", "b", "--json").json["answers"]
    assert sheet["notice"] == number(desk, ON_PAPER)
    assert "“分两期”" in text_of(desk.folder / sheet["file"])
    plan = desk.table(("日期", "金额"), [("2027-01-10", "600.00"), ("2026-12-10", "600.00")])
    desk("letter", "make", ON_PAPER.account, "--kind", "instalments", status=4)  # no plan yet
    desk("hold", "add", ON_PAPER.account, "--kind", "instalments", "--plan", plan, "--registered", DAY)
    made = desk("letter", "make", ON_PAPER.account, "--kind", "instalments", "--json").json["letter"]
    text = text_of(desk.folder / made["file"])
    assert text.index("第1期2026年12月10日600.00") < text.index("第2期2027年1月10日600.00")
    assert "壹仟贰佰元整" in text
    job = desk("letter", "print", "--json").json
    assert (job["attention"], sorted(job["letters"])) == ([], sorted([sheet["number"], made["number"]]))
    assert (desk.folder / job["folder"] / "SHA256SUMS").is_file()
    assert desk("letter", "print", "--json").json["job"] is None
    desk("letter", "confirm", *job["letters"])
    assert {way["state"] for it in desk("letter", "list", "--json").json["letters"] for way in it["deliveries"]} == {
        "handed-over"
    }
    assert [it for it in items(desk, "2026-11-30") if it[0] == "answer"] == []


def test_an_order_is_closed_although_there_is_nothing_to_ask_for_any_more(desk: Desk) -> None:
    slip(desk, OWNER, "--objection", "heating-cold")
    desk("payment", "add", OWNER.account, "--amount", OWNER.due, "--date", DAY, "--yes")
    told = desk("work", "close", "1", "--result", "已放气", "--by", "Fitter", "--json", status=1).json
    assert (told["order"]["state"], told["letter"]) == ("closed", None)
    assert OWNER.account in told["attention"][0]
    assert desk("work", "list", "--json").json["orders"] == []


def test_a_handler_is_found_however_the_name_is_typed(desk: Desk) -> None:
    slip(desk, OWNER, "--objection", "heating-cold")
    for command in (("work", "list"), ("todo", "--as-of", DAY)):
        told = desk(*command, "--handler", " 工程 维修人员", "--json").json
        assert told.get("orders") or told.get("items"), command


def test_the_number_that_an_owner_gave_counts_under_the_corrected_name(desk: Desk) -> None:
    slip(desk, OWNER, "--promise", "2026-12-10", "--telephone", "13912345678")
    renamed = replace(OWNER, owner="林一杉")
    desk("account", "rename", OWNER.account, renamed.account, status={0, 1})
    desk.plan(renamed, ON_PAPER, batch="c", as_of="2026-11-26")
    desk("hold", "add", renamed.account, "--kind", "promise", "--until", "2026-12-10", "--registered", DAY)
    told = desk("todo", "--as-of", "2026-12-09", "--json").json["items"]
    (text,) = (it["text"] for it in told if it["kind"] in {"call", "visit"})
    assert "13912345678" in text
