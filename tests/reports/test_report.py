"""report: every figure of a house with two rounds, worked out by hand (`house.fill` tells what happened)."""

from __future__ import annotations

import stat
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from house import TODAY, House, hand_over, noon, owing, pay
from ledger.ledger_builders import ESTATE, approve, case, plan
from sqlalchemy import update
from support import Cli

from notices.errors import UsageMistake
from notices.flow.reports.response import ReportRequest, ResponseReport, report
from notices.ledger import StateChange, schema
from notices.model import Hold, HoldKind, Instalment, Payment, State

ROUND_3 = date(2026, 11, 22)
NOT_YET = (None, None, None, None)


def yuan(amount: str) -> Decimal:
    return Decimal(amount)


def made(house: House, **asked: object) -> ResponseReport:
    return report(house.workspace, house.ledger, ReportRequest(**{"as_of": TODAY, **asked}))  # type: ignore[arg-type]


def test_response_is_measured_for_each_batch_and_tier_against_what_is_expected(house: House) -> None:
    autumn, winter = made(house).tiers
    # Of five: one paid in 15 days, two in 30; two paid, one promised and one returned the slip in 15 days.
    assert (autumn.batch, autumn.tier, autumn.sent) == ("autumn", "lawyer-letter", 5)
    assert (autumn.paid_15, autumn.paid_30) == (yuan("0.2"), yuan("0.4"))
    assert (autumn.responded_15, autumn.responded_30) == (yuan("0.8"), yuan("0.8"))
    assert autumn.expected == yuan("0.15")
    assert autumn.collected == yuan("2400.00")  # the payment that was taken back is not in it
    assert (winter.batch, winter.tier, winter.sent, winter.collected) == ("winter", "reminder", 2, yuan("0.00"))
    assert (winter.paid_15, winter.paid_30, winter.responded_15, winter.responded_30) == NOT_YET  # three days old
    assert winter.expected is None  # the reminder has no expectation


def test_a_payment_is_credited_to_the_last_notice_that_went_before_it(house: House) -> None:
    with house.ledger.begin() as books:
        pay(books, "2-201", "丙一", date(2026, 11, 22), "100.00")
        pay(books, "3-301", "戊一", date(2026, 8, 31), "50.00")  # the day before anything went
    autumn, winter = made(house).tiers
    assert (autumn.collected, winter.collected) == (yuan("2400.00"), yuan("100.00"))
    assert made(house).total == yuan("2550.00")
    assert made(house, batch="winter").total == yuan("100.00")


def test_money_is_added_up_by_day_building_and_handler(house: House) -> None:
    found = made(house)
    assert [(it.day, it.building, it.handler, it.amount, it.payments) for it in found.collected] == [
        (date(2026, 9, 10), "1", "乙二", yuan("1800.00"), 2),
        (date(2026, 9, 25), "1", "乙二", yuan("600.00"), 1),
    ]
    assert found.collected_by(lambda it: it.handler) == [("乙二", yuan("2400.00"), 3)]


def test_the_handler_who_brought_in_most_is_first(house: House) -> None:
    with house.ledger.begin() as books:
        pay(books, "3-302", "己一", date(2026, 11, 22), "3000.00")
    ranking = made(house).collected_by(lambda it: it.building)
    assert ranking == [("3", yuan("3000.00"), 1), ("1", yuan("2400.00"), 3)]


def test_a_payment_that_only_a_newer_list_shows_counts_on_the_day_of_that_list(house: House) -> None:
    with house.ledger.begin() as books:
        entry = owing("2-202", "丁一", building="2", tier="reminder", due_date=date(2024, 3, 31), paid="500.00")
        plan(books, "later", entry, as_of=date(2026, 11, 22), at=noon(date(2026, 11, 22)))
    assert [(it.day, it.amount) for it in made(house).collected][-1] == (date(2026, 11, 22), yuan("500.00"))


def test_reasons_are_counted_with_their_change_since_the_last_batch(house: House) -> None:
    reasons = {it.objection: (it.group, it.count, it.change) for it in made(house).reasons}
    # autumn: service-poor 1; winter: service-poor 2, no-money-now 1
    assert reasons == {"service-poor": ("服务", 3, 1), "no-money-now": ("经济困难", 1, 1)}
    first = {it.objection: (it.count, it.change) for it in made(house, batch="autumn").reasons}
    assert first == {"service-poor": (1, None)}  # there was no batch before it


def test_what_came_back_is_listed_until_a_later_letter_goes(house: House) -> None:
    (one,) = made(house).undelivered
    assert (one.batch, one.account, one.tier, one.date) == (
        "autumn",
        f"{ESTATE}/3-301/戊**",
        "lawyer-letter",
        date(2026, 9, 1),
    )
    with house.ledger.begin() as books:
        plan(
            books, "again", owing("3-301", "戊一", building="3", tier="lawyer-letter"), as_of=ROUND_3, at=noon(ROUND_3)
        )
        approve(books, "again", series="WTY-A-{seq:06d}", at=noon(ROUND_3))
        assert len(made(house).undelivered) == 1  # it has not gone yet
    with house.ledger.begin() as books:
        hand_over(books, "again", ROUND_3)
    assert made(house).undelivered == ()


def test_promises_are_due_or_broken(house: House) -> None:
    promises = [(it.account, it.kind, it.date, it.amount, it.state) for it in made(house).promises]
    assert promises == [
        (f"{ESTATE}/2-202/丁**", HoldKind.PROMISE, date(2026, 9, 20), None, "broken"),
        (f"{ESTATE}/3-302/己**", HoldKind.PROMISE, date(2026, 12, 24), yuan("300.00"), "due"),
    ]


def test_a_kept_promise_is_listed_no_more(house: House) -> None:
    with house.ledger.begin() as books:
        pay(books, "2-202", "丁一", date(2026, 9, 19), "1200.00")
        pay(books, "3-302", "己一", date(2026, 11, 23), "300.00")
    assert made(house).promises == ()


def test_a_plan_shows_what_is_left_of_each_part(house: House) -> None:
    parts = (Instalment(date(2026, 11, 1), yuan("400.00")), Instalment(date(2026, 12, 1), yuan("400.00")))
    with house.ledger.begin() as books:
        hold = Hold(HoldKind.INSTALMENTS, registered=date(2026, 10, 15), instalments=parts)
        books.holds.add(case("3-301", "戊一"), hold, by="clerk", at=noon(date(2026, 10, 15)))
        pay(books, "3-301", "戊一", date(2026, 10, 30), "150.00")
    found = [(it.date, it.amount, it.state) for it in made(house).promises if it.kind is HoldKind.INSTALMENTS]
    assert found == [(date(2026, 11, 1), yuan("250.00"), "broken"), (date(2026, 12, 1), yuan("400.00"), "due")]


def test_the_calendar_names_what_lapses_and_a_proven_demand_moves_it(house: House) -> None:
    def at_stake() -> dict[str, tuple[int, Decimal]]:
        return {f"{it.month:%Y-%m}": (it.accounts, it.principal) for it in made(house).limitation if it.accounts}

    assert len(made(house).limitation) == 12
    # 丁一's charge was due on 2024-03-31, 戊一's on 2024-02-28; the others lapse in 2029.
    assert at_stake() == {"2027-02": (1, yuan("1200.00")), "2027-03": (1, yuan("1200.00"))}
    with house.ledger.begin() as books:
        pay(books, "3-301", "戊一", date(2026, 10, 30), "150.00")
        way = next(it for it in books.batches.decisions("autumn") if it.account.unit == "2-202").notice
        assert way is not None
        delivered = StateChange(way.deliveries[0].id, State.DELIVERED, on=date(2026, 9, 3))
        books.deliveries.set_states([delivered], at=noon(TODAY), by="clerk")
    assert at_stake() == {"2027-02": (1, yuan("1050.00"))}


def test_an_old_demand_brings_an_older_charge_into_the_calendar(house: House) -> None:
    with house.ledger.begin() as books:
        entry = next(it for it in books.batches.decisions("autumn") if it.account.unit == "2-202")
        assert entry.notice is not None
        delivered = StateChange(entry.notice.deliveries[0].id, State.DELIVERED, on=date(2024, 5, 10))
        books.deliveries.set_states([delivered], at=noon(TODAY), by="clerk")
        own = schema.charges.c.due_date == date(2024, 3, 31)
        books.connection.execute(update(schema.charges).where(own).values(due_date=date(2022, 12, 31)))
    months = {f"{it.month:%Y-%m}": it.principal for it in made(house).limitation if it.accounts}
    assert months["2027-05"] == yuan("1200.00")


def test_a_span_limits_what_went_what_came_in_and_what_was_returned(house: House) -> None:
    found = made(house, since=date(2026, 9, 11), until=date(2026, 10, 31))
    assert found.tiers == ()
    assert found.total == yuan("600.00")
    assert [(it.objection, it.count) for it in found.reasons] == [("service-poor", 1)]
    assert found.undelivered == ()
    with pytest.raises(UsageMistake):
        made(house, since=date(2026, 10, 1), until=date(2026, 9, 30))


def test_names_are_masked_unless_they_are_asked_for(house: House, run: Cli, tmp_path: Path) -> None:
    assert "丁一" not in run("report", "--json").output + run("report").output
    run("report", "--html", tmp_path / "r.html", "--xlsx", tmp_path / "r.xlsx")
    assert "丁一" not in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert f"{ESTATE}/2-202/丁一" in run("report", "--names").output


def test_the_document_has_the_keys_of_its_page(run: Cli) -> None:
    found = run("report", "autumn", "--json").json
    assert set(found) == {
        "as_of", "tiers", "collected", "reasons", "undelivered", "promises", "limitation",
    }  # fmt: skip
    assert found["tiers"] == [
        {
            "batch": "autumn", "tier": "lawyer-letter", "sent": 5, "paid_15": 0.2, "paid_30": 0.4, "responded_15": 0.8,
            "responded_30": 0.8, "expected": 0.15, "collected": "2400.00",
        }
    ]  # fmt: skip
    assert found["collected"][0] == {
        "day": "2026-09-10", "estate": ESTATE, "building": "1", "handler": "乙二", "amount": "1800.00", "payments": 2,
    }  # fmt: skip
    assert found["reasons"] == [{"group": "服务", "objection": "service-poor", "count": 1, "change": None}]
    assert set(found["limitation"][0]) == {"month", "accounts", "principal"}


def test_an_unknown_batch_or_estate_is_named(run: Cli) -> None:
    assert "no batch spring" in run("report", "spring", status=2).errors
    assert "no estate" in run("report", "--estate", "桃花源", status=2).errors
    assert run("report", "--estate", ESTATE, "--json").json["tiers"][0]["sent"] == 5


def test_the_workbook_has_a_sheet_for_each_table_and_no_formula(run: Cli, house: House, tmp_path: Path) -> None:
    with house.ledger.begin() as books:
        entry = owing("4-401", "=HYPERLINK()", building="=4", tier="reminder")
        plan(books, "odd", entry, as_of=ROUND_3, at=noon(ROUND_3))
        books.payments.add(entry.account.case, Payment(ROUND_3, yuan("10.00")), by="cashier", at=noon(ROUND_3))
    target = tmp_path / "report.xlsx"
    run("report", "--names", "--xlsx", target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    book = openpyxl.load_workbook(target)
    assert len(book.sheetnames) == 9
    response = book["Response"]
    assert response.freeze_panes == "A2"
    assert [cell.value for cell in response[2]] == [
        "autumn", "lawyer-letter", 5, 0.2, 0.4, 0.15, 0.8, 0.8, 2400,
    ]  # fmt: skip
    assert response["D2"].number_format == "0.0%"
    assert response["I2"].number_format == "#,##0.00"
    assert response.column_dimensions["B"].width > 12
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    assert "=4" in [cell.value for cell in cells]


def test_a_file_of_another_kind_is_refused(run: Cli, tmp_path: Path) -> None:
    assert "does not end in .html" in run("report", "--html", tmp_path / "r.pdf", status=2).errors
    assert "does not end in .xlsx" in run("report", "--xlsx", tmp_path / "r.csv", status=2).errors
    assert "cannot be written" in run("report", "--html", tmp_path / "missing" / "r.html", status=3).errors
    assert list(tmp_path.glob("*.*")) == []


def test_a_house_without_letters_has_an_empty_report(workspace: Path, cli: Cli, tmp_path: Path) -> None:
    found = cli("report", "--json", "--html", tmp_path / "r.html").json
    assert found["tiers"] == found["collected"] == found["reasons"] == found["undelivered"] == found["promises"] == []
    assert [it["accounts"] for it in found["limitation"]] == [0] * 12
    assert "There is nothing to show." in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_the_page_needs_no_script_and_no_network(run: Cli, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    run("report", "--html", target)
    text = target.read_text(encoding="utf-8")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/", "")
    assert text.count("<svg") == 4  # response, by day, reasons, what lapses; a ranking of one is not drawn
