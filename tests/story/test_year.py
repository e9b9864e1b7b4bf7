"""One estate through a year: after every step, what the rules (docs/rules.md) say must be so, worked out by hand.

Seven owners owe 1,200 yuan each (李四: 400) for the second half of 2025, due on 31 December 2025. Rounds are planned
on days of 2026; between them people answer, pay, move and are written wrong. Statements of banks, WeChat's bill and a
slip that was scanned come in between; only the letters of that slip's round are made by LibreOffice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from desk import ESTATE, HEADINGS, Desk
from letters_without_office import pretend_to_render
from paper import scanned
from pens import CLEAR, Pen, draw
from PIL import Image
from printed_slips import blank_of
from statement_files import Money, statement

from notices.flow.replies.scan_reading import PrintedSlip
from notices.flow.workspace import Workspace
from notices.ledger import Ledger, StateChange
from notices.letters.answers import read_objections, read_text_fields
from notices.letters.unit_boxes import unit_boxes
from notices.model import State

pytestmark = [pytest.mark.office, pytest.mark.slow]

LIN, CHEN, ZHANG, LI, WANG = "1-1-101/林一", "1-1-102/陈二", "1-1-103/张三", "1-1-104/李四", "1-1-105/王五"
SUN, SUN_MISSPELT, ZHOU, ZHAO = "1-1-106/孙小测", "1-1-106/孙小侧", "1-1-107/周七", "1-1-105/赵六"
MAIL = {LIN: "lin@example.com", ZHANG: "zhang@example.com"}
SECOND_HALF, FIRST_HALF = ("2025年7月至12月", "2025-12-31"), ("2026年1月至6月", "2026-06-30")
# action, reason, tier, principal, channels
Expected = tuple[str, str, str | None, str, tuple[str, ...]]
FIRST = ("issue", "first-notice", "reminder", "1200.00")


@dataclass(frozen=True)
class Row:
    """Row of the list: who owes what for which half of a year, and what the list shows as paid."""

    who: str
    due: str = "1200.00"
    paid: str = "0"
    half: tuple[str, str] = SECOND_HALF
    email: str = ""
    address: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        unit, owner = self.who.split("/")
        email = self.email or MAIL.get(self.who, "")
        return (ESTATE, unit, owner, email, self.address or f"示例路{unit}", *self.half, self.due, self.paid)


@dataclass(frozen=True)
class Year:
    """The estate's desk, and what a clerk does there."""

    desk: Desk

    def plan(self, batch: str, on: str, rows: list[Row], expected: Mapping[str, Expected]) -> None:
        """Plan a list, and compare every decision with what the rules say."""
        table = self.desk.table(HEADINGS, [row.cells for row in rows])
        self.desk("plan", table, "--name", batch, "--as-of", on, "--by", "Planner")
        found = {
            account.removeprefix(f"{ESTATE}/"): (
                it["action"],
                it["reason"],
                it["tier"],
                it["principal"],
                tuple(it["channels"]),
            )
            for account, it in self.desk.decisions(batch).items()
        }
        assert found == dict(expected)

    def leave(self, batch: str, *, status: int = 0, rendered: bool = False) -> None:
        """Approve a batch and let its letters go: e-mails sent, paper posted."""
        self.desk("approve", batch, "--by", "Releaser", status=status)
        if rendered:
            self.desk("render", batch)
        else:
            pretend_to_render(self.desk, batch)
        with closing(Ledger.open(Workspace(self.desk.folder).ledger_url)) as ledger, ledger.begin() as books:
            notices = [entry.notice for entry in books.batches.decisions(batch) if entry.notice]
            ways = [way for notice in notices for way in notice.deliveries if way.state is State.RENDERED]
            for state in (State.SPOOLED, None):
                gone = [
                    StateChange(way.id, state or (State.SENT if way.channel == "email" else State.HANDED_OVER))
                    for way in ways
                ]
                books.deliveries.set_states(gone, by="Shop", at=datetime.now(UTC))

    def number(self, batch: str, who: str) -> str:
        return str(self.desk.decisions(batch)[f"{ESTATE}/{who}"]["notice"])

    def states(self, batch: str) -> dict[str, dict[str, str]]:
        return {key.removeprefix(f"{ESTATE}/"): ways for key, ways in self.desk.states(batch).items()}

    def result(self, batch: str, who: str, channel: str, result: str, on: str) -> None:
        words = ("delivery", "set", self.number(batch, who), "--channel", channel, "--result", result)
        self.desk(*words, "--date", on, "--by", "Clerk")

    def pays(self, who: str, amount: str, on: str) -> None:
        self.desk("payment", "add", f"{ESTATE}/{who}", "--amount", amount, "--date", on, "--by", "Cashier")

    def statement(self, name: str, *lines: Money, status: int = 0) -> dict[str, list[tuple[str, str]]]:
        """Import a statement; return who is booked what, what waits, and what is nobody's."""
        file = statement(self.desk.folder, name, lines)
        told = self.desk("payment", "import", file, "--by", "Cashier", "--json", status=status).json
        return {
            "booked": [(it["account"].removeprefix(f"{ESTATE}/"), it["amount"]) for it in told["booked"]],
            "proposed": [(str(it["proposal"]), it["amount"]) for it in told["proposed"]],
            "ignored": [(it["why"], it["amount"]) for it in told["ignored"]],
        }

    def scan(self, batch: str, who: str, *ticked: str, on: str, units: Mapping[str, str] | None = None) -> Any:
        """Import the scan of a slip with these boxes ticked and signed; return how it was taken.

        `units` are those of a letter for several, by the numbers of their notices.
        """
        entry = self.desk.decisions(batch)[f"{ESTATE}/{who}"]
        notices = {it["notice"]: it for it in self.desk("status", batch, "--json").json["notices"]}
        place = notices[entry["notice"]]
        answers = self.desk.folder / "templates" / "answers.toml"
        boxes = tuple((each.code, each.label) for each in read_objections(answers))
        boxes += tuple(unit_boxes(units or {}).items())
        rooms = tuple(read_text_fields(answers).items())
        blank = blank_of(
            PrintedSlip(self.desk.folder / place["file"], place["first_page"], place["pages"], boxes, rooms)
        )
        random, page = np.random.default_rng(2026), blank.images[200].copy()
        for name in ticked:
            draw(page, CLEAR["tick"](np.array(blank.boxes[name]) * 200 / 72, random), Pen(20, 0.5), 200 / 25.4, random)
        file = self.desk.folder / "slip.png"
        Image.fromarray(scanned(page, 200, random, "flatbed").image).save(file)
        (taken,) = self.desk("slip", "import", file, "--date", on, "--by", "Clerk", "--json").json["slips"]
        return taken

    def promises(self, who: str, until: str, *, registered: str) -> None:
        words = ("hold", "add", f"{ESTATE}/{who}", "--kind", "promise", "--until", until)
        self.desk(*words, "--registered", registered, "--by", "Clerk")

    def todo(self, on: str) -> set[tuple[str, str, str]]:
        """Return kind, who and account of what there is to do."""
        items: list[dict[str, Any]] = self.desk("todo", "--as-of", on, "--json").json["items"]
        return {(it["kind"], it["handler"], (it["account"] or "").removeprefix(f"{ESTATE}/")) for it in items}


def money(day: str, amount: str, payer: str, remark: str, serial: str, kind: str = "in") -> Money:
    return Money(date.fromisoformat(day), "10:11:12", amount, payer, remark, serial, kind, order=f"O{serial}")


def goes_there_and_back(desk: Desk, other_database: Callable[[Desk], str]) -> None:
    """Move the whole ledger to the other kind of database and back: everything that can be asked is answered alike."""
    asked = (
        ("status",),
        ("log",),
        ("report",),
        ("todo",),
        ("ledger", "verify"),
        *(("show", batch["batch"]) for batch in desk("status", "--json").json["batches"]),
    )

    def answers() -> list[object]:
        return [desk(*words, "--json", status={0, 1}).json for words in asked]

    known = answers()
    for _ in range(2):
        url = other_database(desk)
        desk("ledger", "move", url, "--by", "Keeper")
        settings = desk.folder / "notices.toml"
        before = re.search(r'\[ledger\]\nurl = "[^"]*"', settings.read_text("utf-8"))
        assert before is not None
        desk.set(before[0], f'[ledger]\nurl = "{url}"')
        assert answers() == known


def test_a_year_of_one_estate(desk: Desk, other_database: Callable[[Desk], str]) -> None:
    year = Year(desk)

    # 20 January: twenty days late, more than the grace of fifteen. E-mail where there is an address, else paper.
    everybody = [Row(who) for who in (LIN, CHEN, ZHANG, WANG, SUN_MISSPELT, ZHOU)] + [Row(LI, "400.00")]
    by_mail, on_paper = (*FIRST, ("email",)), (*FIRST, ("print",))
    year.plan(
        "r1",
        "2026-01-20",
        everybody,
        {
            **dict.fromkeys((LIN, ZHANG), by_mail),
            **dict.fromkeys((CHEN, WANG, SUN_MISSPELT, ZHOU), on_paper),
            LI: ("issue", "first-notice", "reminder", "400.00", ("print",)),
        },
    )
    assert year.todo("2026-01-20") == {("release", "项目经理", "")}
    year.leave("r1")
    assert year.states("r1")[LIN] == {"email": "sent"}
    assert year.states("r1")[CHEN] == {"print": "handed-over"}
    year.result("r1", ZHANG, "email", "bounced", "2026-01-21")
    year.result("r1", ZHOU, "print", "refused-by-addressee", "2026-01-23")
    year.promises(LIN, "2026-02-20", registered="2026-01-25")
    manager = "示例经理"  # earlier years are owed: the estate's second handler takes them
    assert year.todo("2026-02-18") >= {("visit", manager, LIN), ("address", manager, ZHANG), ("address", manager, ZHOU)}
    assert ("promise", manager, LIN) in year.todo("2026-02-20")

    # 10 February: 41 days late; the lawyer's letter needs 60. The bounced reminder goes again, on paper.
    below = ("wait", "below-tier", None, "1200.00", ())
    year.plan(
        "r2",
        "2026-02-10",
        everybody,
        {
            LIN: ("wait", "promised", None, "1200.00", ()),
            ZHANG: ("issue", "undelivered", "reminder", "1200.00", ("print",)),
            **dict.fromkeys((CHEN, WANG, SUN_MISSPELT), below),
            LI: ("wait", "below-tier", None, "400.00", ()),
            ZHOU: ("refer", "unreachable", None, "1200.00", ()),
        },
    )
    assert ("refer", manager, ZHOU) in year.todo("2026-02-10")
    year.leave("r2")
    # The promise is kept: unit and name agree. Electricity and a lump sum of WeChat's are nobody's payment.
    february = [
        money("2026-02-18", "1200.00", "林一", "1-1-101物业费", "B1"),
        money("2026-02-18", "350.00", "", "", "B2", "out"),
        money("2026-02-19", "880.00", "", "", "B3", "lump"),
    ]
    assert year.statement("icbc", *february) == {
        "booked": [(LIN, "1200.00")],
        "proposed": [],
        "ignored": [("money-out", "350.00"), ("lump-sum", "880.00")],
    }
    year.promises(ZHANG, "2026-03-01", registered="2026-02-12")  # this one is not
    assert LIN not in {who for _, _, who in year.todo("2026-02-20")}

    # 10 March: 69 days late. 王五 has sold to 赵六, who is a new case; 孙小侧 was always 孙小测.
    desk("account", "rename", f"{ESTATE}/{SUN_MISSPELT}", f"{ESTATE}/{SUN}", "--by", "Clerk")
    march = [Row(LIN, paid="1200.00"), *(Row(who) for who in (CHEN, ZHANG, ZHAO, SUN, ZHOU)), Row(LI, "400.00")]
    lawyer = ("issue", "deadline-passed", "lawyer-letter", "1200.00", ("print",))
    year.plan(
        "r3",
        "2026-03-10",
        march,
        {
            LIN: ("skip", "paid", None, "0.00", ()),
            CHEN: lawyer,
            ZHANG: ("issue", "promise-broken", "lawyer-letter", "1200.00", ("print",)),  # not the mailbox that bounced
            SUN: lawyer,
            ZHAO: on_paper,
            LI: ("wait", "below-tier", None, "400.00", ()),
            ZHOU: ("refer", "unreachable", None, "1200.00", ()),
        },
    )
    assert "owner-changed" in desk.decisions("r3")[f"{ESTATE}/{ZHAO}"]["warnings"]
    year.leave("r3", status=1)  # the new owner is asked about
    assert year.states("r3")[ZHAO] == {"print": "planned"}
    desk("account", "claim", f"{ESTATE}/{ZHAO}", "--from", "2026-01-01", "--by", "Clerk")
    year.result("r3", CHEN, "print", "delivered", "2026-03-12")
    # WeChat's bill: the whole number of the notice is certain, under any name; a name alone is a proposal.
    march_bill = [
        money("2026-03-20", "800.00", "外人", f"物业费{year.number('r3', SUN)}", "W1"),
        money("2026-03-22", "1200.00", "张三", "物业费2025年", "W2"),
    ]
    assert year.statement("wechat-personal", *march_bill, status=1) == {
        "booked": [(SUN, "800.00")],
        "proposed": [("5", "1200.00")],
        "ignored": [],
    }
    assert ("payment", "客户主管", "") in year.todo("2026-03-23")
    desk("payment", "match", "5", f"{ESTATE}/{ZHANG}", "--by", "Clerk")

    # 10 April: the follow-up has no minimum of its own. An e-mail address of 周七 was found.
    april = [
        *(Row(who, paid="1200.00") for who in (LIN, ZHANG)),
        Row(CHEN), Row(ZHAO), Row(SUN, paid="800.00"), Row(LI, "400.00"), Row(ZHOU, email="zhou@example.com"),
    ]  # fmt: skip
    year.plan(
        "r4",
        "2026-04-10",
        april,
        {
            **dict.fromkeys((LIN, ZHANG), ("skip", "paid", None, "0.00", ())),
            CHEN: ("issue", "deadline-passed", "follow-up", "1200.00", ("print",)),
            SUN: ("issue", "deadline-passed", "follow-up", "400.00", ("print",)),
            ZHAO: ("skip", "former-owner", None, "0.00", ()),
            LI: ("wait", "below-tier", None, "400.00", ()),
            ZHOU: ("issue", "undelivered", "reminder", "1200.00", ("email",)),
        },
    )
    # Due 31 December 2025, three years; the lawyer's letter, delivered on 12 March 2026, moved it.
    assert desk.decisions("r4")[f"{ESTATE}/{CHEN}"]["limitation_date"] == "2029-03-12"
    assert desk.decisions("r4")[f"{ESTATE}/{LI}"]["limitation_date"] == "2028-12-31"
    year.leave("r4", rendered=True)

    # Slips come back: a quality objection opens a work order, an offer alone is answered too. The first is a scan: its
    # ticks are read, and what is written by hand is typed in after it.
    taken = year.scan("r4", CHEN, "heating-cold", on="2026-04-15")
    assert (taken["notice"], [it["code"] for it in taken["objections"]], taken["work_orders"]) == (
        year.number("r4", CHEN),
        ["heating-cold"],
        [1],
    )
    words = ("--objection", "heating-cold", "--note", "北卧室14度", "--date", "2026-04-15", "--by", "Clerk")
    assert desk("slip", "set", year.number("r4", CHEN), *words, "--json").json["slips"][0]["work_orders"] == []
    desk("slip", "set", year.number("r4", SUN), "--instalments", "两个月", "--date", "2026-04-16", "--by", "Clerk")
    plan = desk.table(("日期", "金额"), [("2026-05-10", "200.00"), ("2026-06-10", "200.00")])
    words = ("hold", "add", f"{ESTATE}/{SUN}", "--kind", "instalments", "--plan", plan)
    desk(*words, "--registered", "2026-04-16", "--by", "Clerk")
    waiting = {("work-order", "工程维修人员", CHEN), ("answer", "工程维修人员", CHEN), ("answer", manager, SUN)}
    assert year.todo("2026-04-16") == waiting  # the notice to 赵六, never released, is of an older list
    answered = desk("answer", "r4", "--date", "2026-04-17", "--by", "Clerk", "--json").json
    assert [len(answered["answers"]), answered["attention"]] == [2, []]
    closed = desk("work", "close", "1", "--result", "已放气，复测20度", "--date", "2026-04-18", "--json").json
    assert closed["letter"]["kind"] == "resolved"
    printed = desk("letter", "print", "--by", "Clerk", "--json").json
    assert len(printed["letters"]) == 3
    desk("letter", "confirm", *printed["letters"], "--by", "Clerk")
    assert year.todo("2026-04-18") == set()
    # The first instalment comes in parts, on the day before it is due and on that day; a later file has both again.
    parts = [
        money("2026-05-09", "150.00", "孙小测", "1栋1单元106分期", "C1"),
        money("2026-05-10", "50.00", "孙小测", "1-1-106", "C2"),
    ]
    assert year.statement("ccb", parts[0])["booked"] == [(SUN, "150.00")]
    assert year.statement("ccb", *parts) == {
        "booked": [(SUN, "50.00")],
        "proposed": [],
        "ignored": [("seen", "150.00")],
    }

    # 20 May: all letters to 陈二 are sent; the plan of 孙小测 is on track; 周七 has not answered by 27 April.
    may = [
        *(Row(who, paid="1200.00") for who in (LIN, ZHANG)),
        Row(CHEN), Row(ZHAO), Row(SUN, paid="1000.00"), Row(LI, "400.00"), Row(ZHOU, email="zhou@example.com"),
    ]  # fmt: skip
    year.plan(
        "r5",
        "2026-05-20",
        may,
        {
            **dict.fromkeys((LIN, ZHANG), ("skip", "paid", None, "0.00", ())),
            CHEN: ("refer", "exhausted", None, "1200.00", ()),
            SUN: ("wait", "instalments-on-track", None, "200.00", ()),
            ZHAO: ("skip", "former-owner", None, "0.00", ()),
            LI: ("wait", "below-tier", None, "400.00", ()),
            ZHOU: ("issue", "deadline-passed", "lawyer-letter", "1200.00", ("email",)),
        },
    )
    assert ("refer", "项目经理", CHEN) in year.todo("2026-05-20")  # three letters: a hard case
    year.leave("r5")
    # After the work order 陈二 pays too much. 152 days late at 0.03 % a day are 54.72 of late fee, so 45.28 are credit.
    paid = money("2026-06-01", "1300.00", "陈二", f"{year.number('r4', CHEN)} 物业费", "A1")
    told = desk("payment", "import", statement(desk.folder, "boc", [paid]), "--by", "Cashier", "--json", status=1).json
    assert [(it["account"], it["amount"]) for it in told["booked"]] == [(f"{ESTATE}/{CHEN}", "1300.00")]
    assert "45.28 yuan are credit" in told["attention"][0]

    # 1 July: a second instalment is missing; a second half-year lifts 李四 over the minimum of the lawyer's letter.
    july = [
        *(Row(who, paid="1200.00") for who in (LIN, ZHANG, CHEN)),
        Row(ZHAO), Row(SUN, paid="1000.00"), Row(LI, "400.00"), Row(LI, "400.00", half=FIRST_HALF),
        Row(ZHOU, email="zhou@example.com"),
    ]  # fmt: skip
    year.plan(
        "r6",
        "2026-07-01",
        july,
        {
            **dict.fromkeys((LIN, ZHANG, CHEN), ("skip", "paid", None, "0.00", ())),
            SUN: ("refer", "exhausted", None, "200.00", ()),
            ZHAO: ("skip", "former-owner", None, "0.00", ()),
            LI: ("issue", "deadline-passed", "lawyer-letter", "800.00", ("print",)),
            ZHOU: ("issue", "deadline-passed", "follow-up", "1200.00", ("email",)),
        },
    )
    assert desk("ledger", "verify", "--json").json["intact"]
    goes_there_and_back(desk, other_database)


FLAT, SHOP, SPACE = "2-1-201/吴九", "商铺5/吴九", "车位12/吴九"


def test_a_year_of_an_owner_of_three_units(desk: Desk, other_database: Callable[[Desk], str]) -> None:
    """One letter for what is due of all; each unit is decided, held, disputed and paid by itself."""
    year = Year(desk)
    together = {"email": "wu@example.com", "address": "示例路2-1-201"}
    flat, shop = Row(FLAT, "1200.00", **together), Row(SHOP, "900.00", **together)
    space = Row(SPACE, "800.00", **together)

    def letter(batch: str, who: str) -> str | None:
        found: str | None = desk.decisions(batch)[f"{ESTATE}/{who}"].get("letter")
        return found

    # 20 January: one e-mail for three reminders. It bounces, whichever of its numbers a person names.
    reminded = {who: ("issue", "first-notice", "reminder", due, ("email",)) for who, due in
                ((FLAT, "1200.00"), (SHOP, "900.00"), (SPACE, "800.00"))}  # fmt: skip
    year.plan("r1", "2026-01-20", [flat, shop, space], reminded)
    desk("approve", "r1", "--by", "Releaser")
    assert {letter("r1", who) for who in reminded} == {year.number("r1", SHOP)}  # it comes first on a walk
    pretend_to_render(desk, "r1")
    desk("send", "r1")
    assert len(list((desk.folder / "output" / "r1" / "outbox").glob("*.eml"))) == 1
    desk("mail", "confirm", "r1")
    year.result("r1", SPACE, "email", "bounced", "2026-01-21")
    assert year.states("r1") == {who: {"email": "bounced"} for who in reminded}

    # 10 February: the same again on paper. After the release the shop is disputed: the letter is made without it.
    again = {who: (action, "undelivered", tier, due, ("print",)) for who, (action, _, tier, due, _) in reminded.items()}
    year.plan("r2", "2026-02-10", [flat, shop, space], again)
    desk("approve", "r2", "--by", "Releaser")
    numbers = {who: year.number("r2", who) for who in again}
    desk("withdraw", numbers[SHOP], "--by", "Clerk", "--why", "the shop is disputed")
    assert {who: year.number("r2", who) for who in again} == numbers
    assert (letter("r2", FLAT), letter("r2", SPACE), letter("r2", SHOP)) == (numbers[FLAT], numbers[FLAT], None)
    desk("render", "r2")
    made = desk("print", "r2", "--json").json
    assert made["letters"] == 1
    desk("job", "confirm", "r2-P01")
    assert year.states("r2") == {
        FLAT: {"print": "handed-over"}, SPACE: {"print": "handed-over"}, SHOP: {"print": "withdrawn"},
    }  # fmt: skip

    # 10 March: the shop is a step behind, so it has a letter of its own; the carrier's word holds for both others.
    lawyer = ("issue", "deadline-passed", "lawyer-letter")
    year.plan(
        "r3",
        "2026-03-10",
        [flat, shop, space],
        {FLAT: (*lawyer, "1200.00", ("print",)), SPACE: (*lawyer, "800.00", ("print",)), SHOP: again[SHOP]},
    )
    year.leave("r3")
    assert (letter("r3", SPACE), letter("r3", SHOP)) == (year.number("r3", FLAT), None)
    year.result("r3", SPACE, "print", "delivered", "2026-03-12")
    assert year.states("r3") == {
        FLAT: {"print": "delivered"}, SPACE: {"print": "delivered"}, SHOP: {"print": "handed-over"},
    }  # fmt: skip

    # 10 April: the follow-up has a slip. The owner ticks a reason, and beside it only the flat.
    after = ("issue", "deadline-passed", "follow-up")
    year.plan(
        "r4",
        "2026-04-10",
        [flat, shop, space],
        {
            FLAT: (*after, "1200.00", ("print",)),
            SPACE: (*after, "800.00", ("print",)),
            SHOP: (*lawyer, "900.00", ("print",)),
        },
    )
    for who in (FLAT, SPACE):  # the lawyer's letter, delivered on 12 March, moved both limitation dates
        assert desk.decisions("r4")[f"{ESTATE}/{who}"]["limitation_date"] == "2029-03-12"
    year.leave("r4", rendered=True)
    units = {year.number("r4", who): who.split("/")[0] for who in (FLAT, SPACE)}
    (box,) = unit_boxes({year.number("r4", FLAT): "2-1-201"})
    taken = year.scan("r4", FLAT, "heating-cold", box, on="2026-04-15", units=units)
    assert (taken["account"], len(taken["work_orders"])) == (f"{ESTATE}/{FLAT}", 1)
    answered = {who: desk.decisions("r4")[f"{ESTATE}/{who}"]["state"] for who in (FLAT, SPACE)}
    assert answered == {FLAT: "answered", SPACE: "handed-over"}

    # 1 May: the total of the letter, under its number, is booked to both: each one's principal and late fee.
    totals = {who: desk.decisions("r4")[f"{ESTATE}/{who}"]["total"] for who in (FLAT, SPACE)}
    whole = f"{sum(map(Decimal, totals.values())):.2f}"
    paid = money("2026-05-01", whole, "别人", f"物业费 {year.number('r4', FLAT)}", "D1")
    assert year.statement("icbc", paid) == {"booked": list(totals.items()), "proposed": [], "ignored": []}

    # 20 May: nothing is owed for both; the shop goes on alone.
    year.plan(
        "r5",
        "2026-05-20",
        [replace(flat, paid="1200.00"), shop, replace(space, paid="800.00")],
        {
            **dict.fromkeys((FLAT, SPACE), ("skip", "paid", None, "0.00", ())),
            SHOP: (*after, "900.00", ("print",)),
        },
    )
    year.leave("r5")
    assert letter("r5", SHOP) is None
    assert desk("ledger", "verify", "--json").json["intact"]
    goes_there_and_back(desk, other_database)
