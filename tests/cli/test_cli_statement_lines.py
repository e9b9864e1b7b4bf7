"""payment import: each line once, refunds, overlaps, damaged files; payment match: proposals settled by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
import pyzipper
from desk import ESTATE, Desk, Owes
from sqlalchemy import Engine, event
from statement_files import FIRST, FORMATS, Money, rows_of, statement, write

ZHANG, LI = Owes("3-2-501", "张三"), Owes("1-1-101", "李四", "1300.00")


def money(
    amount: str = "200.00", payer: str = "张三", remark: str = "3-2-501", serial: str = "S1", **more: Any
) -> Money:
    return Money(more.pop("day", FIRST), more.pop("clock", "10:11:12"), amount, payer, remark, serial, **more)


def take(desk: Desk, *files: Path, status: int | None = None, words: Sequence[str] = ()) -> Any:
    expected = {0, 1} if status is None else status
    return desk("payment", "import", *files, *words, "--json", status=expected).json


def payments(desk: Desk) -> list[tuple[str, str]]:
    return [(it["account"], it["amount"]) for it in desk("payment", "list", "--json").json["payments"]]


@pytest.fixture
def owing(desk: Desk) -> Desk:
    """Both owners owe, and nothing is approved."""
    desk.plan(ZHANG, LI)
    return desk


@pytest.mark.parametrize("name", FORMATS)
def test_overlapping_files_book_a_line_once(owing: Desk, tmp_path: Path, name: str) -> None:
    lines = [money(serial=f"S{n}", clock=f"10:11:{n:02}", day=FIRST.replace(day=24 + n)) for n in range(4)]
    first, second = statement(tmp_path, name, lines[:3]), statement(tmp_path, name, lines[1:])
    assert len(take(owing, first)["booked"]) == 3
    again = take(owing, second)
    assert [it["why"] for it in again["ignored"]] == ["seen", "seen"]
    assert len(again["booked"]) == 1
    assert len(payments(owing)) == 4


@pytest.mark.parametrize("name", ["bocom", "cmb", "table"])
def test_equal_lines_of_one_file_are_as_many_payments(owing: Desk, tmp_path: Path, name: str) -> None:
    file = statement(tmp_path, name, [money(), money()])
    assert len(take(owing, file)["booked"]) == 2
    assert [it["why"] for it in take(owing, file)["ignored"]] == ["seen", "seen"]


def test_two_files_of_one_call_that_overlap_book_a_line_once(owing: Desk, tmp_path: Path) -> None:
    files = [statement(tmp_path, "boc", [money()]), statement(tmp_path, "boc", [money()])]
    for words in (["--dry-run"], []):
        taken = take(owing, *files, words=words)
        assert (len(taken["booked"]), [it["why"] for it in taken["ignored"]]) == (1, ["seen"])


def test_a_line_whose_payment_is_undone_waits_for_its_owner_again(owing: Desk, tmp_path: Path) -> None:
    (booked,) = take(owing, statement(tmp_path, "icbc", [money()]))["booked"]
    told = owing("payment", "undo", booked["payment"], "--why", "another owner's")
    (waiting,) = owing("payment", "match", "--json", status={0, 1}).json["proposed"]
    assert waiting["amount"] == "200.00"
    assert f"payment match {waiting['proposal']}" in told.errors + told.output
    owing("payment", "match", waiting["proposal"], LI.account, "--by", "Clerk")
    assert payments(owing) == [(LI.account, "200.00")]
    assert owing("payment", "match", "--json").json["proposed"] == []


def test_only_the_share_that_is_undone_of_a_line_waits_again(owing: Desk, tmp_path: Path) -> None:
    (proposed,) = take(owing, statement(tmp_path, "icbc", [money(payer="外人", remark="")]))["proposed"]
    for account, amount in ((ZHANG.account, "150"), (LI.account, "50")):
        owing("payment", "match", proposed["proposal"], account, "--amount", amount)
    last = owing("payment", "list", "--json").json["payments"][-1]
    owing("payment", "undo", last["payment"], "--why", "another owner's")
    owing("payment", "match", proposed["proposal"], ZHANG.account, "--amount", last["amount"])
    owing("payment", "match", proposed["proposal"], ZHANG.account, "--amount", "1", status={2, 4})
    assert sum(Decimal(amount) for _, amount in payments(owing)) == 200


def test_a_dry_run_records_nothing(owing: Desk, tmp_path: Path) -> None:
    file = statement(tmp_path, "icbc", [money(), money("5.00", "外人", "", "S2")])
    told = take(owing, file, words=["--dry-run"])
    assert [it["payment"] for it in told["booked"]] == [None]
    assert [it["proposal"] for it in told["proposed"]] == [None]
    assert payments(owing) == []
    assert len(take(owing, file)["booked"]) == 1


def test_a_refund_takes_back_the_payment_that_an_earlier_file_booked(owing: Desk, tmp_path: Path) -> None:
    paid = money(order="O1")
    take(owing, statement(tmp_path, "wechat-merchant", [paid]))
    told = take(owing, statement(tmp_path, "wechat-merchant", [paid, replace(paid, kind="refund")]))
    assert [it["why"] for it in told["ignored"]] == ["seen", "refund"]
    assert "payment 1 is taken back" in told["attention"][0]
    assert payments(owing) == []
    (gone,) = owing("payment", "list", "--all", "--json").json["payments"]
    assert "refund 200.00" in gone["why"]


def test_a_refund_of_a_part_leaves_the_rest_paid(owing: Desk, tmp_path: Path) -> None:
    paid = money()
    take(owing, statement(tmp_path, "wechat-merchant", [paid]))
    for part in ("50.00", "30.00"):
        back = replace(paid, amount=part, kind="refund")
        take(owing, statement(tmp_path, "wechat-merchant", [back]))
        take(owing, statement(tmp_path, "wechat-merchant", [back]))
    # Both refunds have one number here: only the amount tells them apart.
    assert payments(owing) == [(ZHANG.account, "120.00")]


def test_a_refund_that_is_known_before_its_payment_is_never_booked(owing: Desk, tmp_path: Path) -> None:
    paid = money()
    take(owing, statement(tmp_path, "wechat-merchant", [replace(paid, kind="refund")]))
    told = take(owing, statement(tmp_path, "wechat-merchant", [paid]))
    assert [it["why"] for it in told["ignored"]] == ["refund"]
    assert payments(owing) == []


def test_a_payment_and_its_refund_in_one_file_book_nothing(owing: Desk, tmp_path: Path) -> None:
    paid = money()
    told = take(owing, statement(tmp_path, "wechat-merchant", [replace(paid, kind="refund"), paid]))
    assert [it["why"] for it in told["ignored"]] == ["refund", "refund"]
    assert told["attention"] == []
    assert payments(owing) == []


def test_a_status_that_says_refunded_takes_the_payment_back(owing: Desk, tmp_path: Path) -> None:
    rows = rows_of("wechat-personal", [money()])
    take(owing, write(tmp_path / "a.csv", rows))
    assert payments(owing) == [(ZHANG.account, "200.00")]
    rows[-1][7] = "已退款(￥80.00)"
    take(owing, write(tmp_path / "b.csv", rows))
    assert payments(owing) == [(ZHANG.account, "120.00")]
    rows[-1][7] = "已全额退款"
    told = take(owing, write(tmp_path / "c.csv", rows))
    assert payments(owing) == []
    assert told["ignored"][0]["why"] == "refund"


def test_a_reversal_at_the_bank_takes_back_the_only_payment_that_fits(owing: Desk, tmp_path: Path) -> None:
    rows = rows_of("bocom", [money(), money("300.00", serial="S2"), money(serial="S1", kind="out")])
    rows[-1][3], rows[-1][8] = "冲正", "张三"
    told = take(owing, write(tmp_path / "a.csv", rows))
    assert [it["why"] for it in told["ignored"]] == ["refund"]
    assert payments(owing) == [(ZHANG.account, "300.00")]


def test_a_refund_without_a_payment_is_kept_and_books_nothing(owing: Desk, tmp_path: Path) -> None:
    told = take(owing, statement(tmp_path, "alipay-merchant", [money(kind="refund")]))
    assert [it["why"] for it in told["ignored"]] == ["refund"]
    assert payments(owing) == []


def test_what_the_owner_paid_counts_and_not_what_is_left_after_commission(owing: Desk, tmp_path: Path) -> None:
    take(owing, statement(tmp_path, "wechat-merchant", [money("1000.00")]))
    table = [["日期", "房号", "姓名", "到账金额", "手续费"], ["2026-11-25", "1-1-101", "李四", "994.00", "6.00"]]
    take(owing, write(tmp_path / "b.csv", table))
    assert payments(owing) == [(ZHANG.account, "1000.00"), (LI.account, "1000.00")]


def test_the_same_money_typed_in_and_in_a_statement_waits_for_a_person(owing: Desk, tmp_path: Path) -> None:
    owing("payment", "add", ZHANG.account, "--amount", "200", "--date", FIRST)
    told = take(owing, statement(tmp_path, "boc", [money()]), status=1)
    assert told["booked"] == []
    assert told["proposed"][0]["candidates"] == [{"account": ZHANG.account, "why": "several"}]
    assert "payment 1" in told["attention"][0]


def test_the_same_money_in_files_of_two_banks_waits_for_a_person(owing: Desk, tmp_path: Path) -> None:
    files = [statement(tmp_path, name, [money()]) for name in ("boc", "table")]
    told = take(owing, *files)
    assert (len(told["booked"]), len(told["proposed"])) == (1, 1)


def test_more_than_the_debt_is_booked_and_named(owing: Desk, tmp_path: Path) -> None:
    told = take(owing, statement(tmp_path, "cmb", [money("1000.00"), money("1000.00", serial="S2")]), status=1)
    assert len(told["booked"]) == 2
    assert ZHANG.account in told["attention"][0]
    assert "credit" in told["attention"][0]


def test_a_notice_that_is_paid_between_approval_and_sending_is_withdrawn(owing: Desk, tmp_path: Path) -> None:
    owing("approve", "b", "--by", "Releaser")
    number = owing.decisions()[ZHANG.account]["notice"]
    told = take(owing, statement(tmp_path, "abc", [money("1300.00", "外人", f"物业费{number}")]))
    assert told["booked"][0]["why"] == "number"
    owing("render", "b", status={0, 1})
    assert owing.decisions()[ZHANG.account]["state"] == "withdrawn"
    assert owing.decisions()[LI.account]["state"] != "withdrawn"


def test_a_proposal_is_settled_whole_in_parts_or_refused(owing: Desk, tmp_path: Path) -> None:
    lines = [money("500.00", "外人", "3-2-501", f"S{n}") for n in range(3)]
    told = take(owing, statement(tmp_path, "boc", lines), status=1)
    one, two, three = (it["proposal"] for it in told["proposed"])
    assert [it["proposal"] for it in owing("payment", "match", "--json").json["proposed"]] == [one, two, three]
    booked = owing("payment", "match", one, ZHANG.account, "--json").json["booked"][0]
    assert (booked["account"], booked["amount"], booked["why"]) == (ZHANG.account, "500.00", "confirmed")
    assert owing("payment", "match", two, ZHANG.account, "--amount", "200", "--json").json["waiting"] == "300.00"
    owing("payment", "match", two, LI.account, "--amount", "301", status=4)
    owing("payment", "match", two, LI.account)
    owing("payment", "match", three, "--none")
    owing("payment", "match", three, ZHANG.account, status=4)
    assert owing("payment", "match", "--json").json == {"proposed": []}
    assert payments(owing) == [(ZHANG.account, "500.00"), (ZHANG.account, "200.00"), (LI.account, "300.00")]
    assert [it["why"] for it in take(owing, statement(tmp_path, "boc", lines))["ignored"]] == ["seen"] * 3
    owing("ledger", "verify")


def test_what_match_cannot_settle_is_refused(owing: Desk, tmp_path: Path) -> None:
    take(owing, statement(tmp_path, "boc", [money("500.00", "外人", "", "S1")]))
    owing("payment", "match", 99, ZHANG.account, status=2)
    owing("payment", "match", 1, status=2)
    owing("payment", "match", 1, ZHANG.account, "--none", status=2)
    owing("payment", "match", 1, f"{ESTATE}/9-9-909/无此人", status=4)
    assert payments(owing) == []


def problem(told: Any) -> tuple[int | None, str | None, str | None]:
    (only,) = told["problems"]
    assert only["problem"]
    assert only["remedy"]
    return only["row"], only["column"], only["value"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("币别", "美元"),
        ("金额", "0.00"),
        ("金额", "12.345"),
        ("金额", "一百元"),
        ("记账日期", "2099-01-01"),
        ("记账日期", "24.11.2026"),
        ("记账日期", ""),
    ],
)
def test_a_line_that_cannot_be_right_is_named_with_its_cell_and_the_others_are_booked(
    owing: Desk, tmp_path: Path, column: str, value: str
) -> None:
    rows = rows_of("boc", [money(), money(serial="S2"), money(serial="S3", clock="11:00:00")])
    rows[3][rows[1].index(column)] = value
    told = take(owing, write(tmp_path / "a.csv", rows), status=1)
    assert problem(told) == (4, column, value or None)
    assert len(told["booked"]) == 2


def test_a_negative_amount_of_a_plain_table_is_named(owing: Desk, tmp_path: Path) -> None:
    rows = [
        ["日期", "房号", "姓名", "金额"],
        ["2026-11-24", "3-2-501", "张三", "-5"],
        ["2026-11-24", "1-1-101", "李四", "5"],
    ]
    told = take(owing, write(tmp_path / "a.xlsx", rows), status=1)
    assert problem(told) == (2, "金额", "-5")
    assert payments(owing) == [(LI.account, "5.00")]


def test_the_statement_of_another_account_is_not_taken(owing: Desk, tmp_path: Path) -> None:
    owing.set('account = "0000 0000 0000 0000"', 'account = "6222 0000 1111 2222"')
    rows = rows_of("icbc", [money()])
    for number, booked in (("6222****9999", 0), ("6222****2222", 1)):
        rows[1] = [f"卡号: {number}"]
        told = take(owing, write(tmp_path / f"{number[-4:]}.csv", rows, "gb18030"))
        assert len(told["booked"]) == booked
        if not booked:
            assert problem(told) == (2, None, number)


def test_a_file_that_was_cut_off_is_named_and_its_last_line_is_not_believed(owing: Desk, tmp_path: Path) -> None:
    whole = statement(tmp_path, "wechat-merchant", [money(serial=f"S{n}") for n in range(3)])
    cut = tmp_path / "cut.csv"
    lines = whole.read_bytes().split(b"\r\n")
    cut.write_bytes(b"\r\n".join(lines[:3]) + b"\r\n" + lines[3][:-6])
    told = take(owing, cut, status=1)
    assert problem(told)[0] == 4
    assert len(told["booked"]) == 2
    rest = take(owing, whole)
    assert (len(rest["booked"]), rest["problems"]) == (1, [])


def test_a_file_with_fewer_lines_than_it_announces_is_named(owing: Desk, tmp_path: Path) -> None:
    rows = rows_of("alipay-personal", [money(), money(serial="S2")])[:-1]
    told = take(owing, write(tmp_path / "a.csv", rows, "gb18030"), status=1)
    assert problem(told) == (None, None, "2")
    assert len(told["booked"]) == 1


def test_a_zip_is_opened_and_one_with_a_password_is_named(owing: Desk, tmp_path: Path) -> None:
    inside = statement(tmp_path, "alipay-merchant", [money()], "明细")
    for name, password in (("open.zip", None), ("locked.zip", b"123456")):
        with pyzipper.AESZipFile(tmp_path / name, "w", encryption=pyzipper.WZ_AES if password else None) as packed:
            if password:
                packed.setpassword(password)
            packed.write(inside, inside.name)
    told = owing("payment", "import", tmp_path / "locked.zip", status=3).errors
    assert "locked.zip is password-protected" in told
    both = take(owing, tmp_path / "locked.zip", tmp_path / "open.zip", status=1)
    assert both["problems"][0]["file"] == "locked.zip"
    assert both["files"] == [{"file": "open.zip", "format": "alipay-merchant", "lines": 1}]
    assert len(both["booked"]) == 1


def test_what_lies_beside_a_statement_in_a_zip_is_named_and_the_statement_is_read(owing: Desk, tmp_path: Path) -> None:
    inside = statement(tmp_path, "alipay-merchant", [money()], "明细")
    with ZipFile(tmp_path / "both.zip", "w") as packed:
        packed.writestr("a-readme.txt", "如何查看账单")
        packed.writestr("b-broken.xlsx", b"PK\x03\x04 no workbook")
        packed.write(inside, inside.name)
    told = take(owing, tmp_path / "both.zip", status=1)
    assert [it["file"] for it in told["problems"]] == ["both.zip/a-readme.txt", "both.zip/b-broken.xlsx"]
    assert len(told["booked"]) == 1
    with ZipFile(tmp_path / "none.zip", "w") as packed:
        packed.writestr("a-readme.txt", "如何查看账单")
    owing("payment", "import", tmp_path / "none.zip", status=2)


def test_unknown_headings_are_refused_and_may_be_mapped(owing: Desk, tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", [["何时", "多少", "谁"], ["2026-11-24", "200", "3-2-501 张三"]])
    assert "何时" in owing("payment", "import", file, status=2).errors
    words = ("--map", "何时=date", "--map", "多少=amount", "--map", "谁=remark")
    assert len(take(owing, file, words=words)["booked"]) == 1
    owing("payment", "import", file, "--map", "谁=nonsense", status=2)


def test_a_web_page_with_the_ending_of_a_workbook_is_read_as_banks_export_it(owing: Desk, tmp_path: Path) -> None:
    told = take(owing, statement(tmp_path, "ccb", [money()]))
    assert told["files"][0]["format"] == "ccb"
    assert len(told["booked"]) == 1


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4"])
def test_what_is_no_table_is_named(owing: Desk, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    assert "a.csv" in owing("payment", "import", file, status=3).errors


def test_strangers_may_not_act(owing: Desk, tmp_path: Path) -> None:
    owing.set("names = []", 'names = ["Planner"]')
    owing("payment", "import", statement(tmp_path, "boc", [money()]), "--by", "Somebody", status=4)
    owing("payment", "match", 1, "--none", "--by", "Somebody", status=4)


def test_only_accounts_of_one_estate_are_asked_for(owing: Desk, tmp_path: Path) -> None:
    file = statement(tmp_path, "boc", [money()])
    owing("payment", "import", file, "--estate", "无此小区", status=2)
    assert len(take(owing, file, words=["--estate", ESTATE])["booked"]) == 1


def test_payment_add_answers_with_what_is_left(owing: Desk) -> None:
    add = ("payment", "add", ZHANG.account, "--date", date(2026, 11, 24), "--amount")
    assert owing(*add, "200", "--json").json["left"] is not None
    left = owing(*add, "300", "--json").json["left"]
    assert left.startswith("7")  # 700.00 of principal, and some late fee
    assert owing(*add, "5000", "--yes", "--json").json["left"] == "0.00"
    assert owing("payment", "add", LI.account, "--date", "2026-11-01", "--amount", "1", "--json").json["left"] is None


def test_a_workbook_of_a_banks_old_program_is_read(owing: Desk) -> None:
    told = take(owing, Path(__file__).parents[1] / "intake" / "statements" / "ccb-xlwt.xls")
    assert told["files"] == [{"file": "ccb-xlwt.xls", "format": "ccb", "lines": 3}]
    assert [(it["account"], it["amount"], it["date"]) for it in told["booked"]] == [
        (ZHANG.account, "1200.00", "2026-11-24")
    ]
    assert [it["amount"] for it in told["proposed"]] == ["350.55"]
    assert [(it["why"], it["amount"]) for it in told["ignored"]] == [("money-out", "88.80")]


def test_a_file_that_bears_the_name_of_another_bank_is_known_by_its_headings(owing: Desk, tmp_path: Path) -> None:
    told = take(owing, statement(tmp_path, "icbc", [money()], "中国建设银行流水"))
    assert (told["files"][0]["format"], len(told["booked"])) == ("icbc", 1)


def test_more_lines_take_no_more_statements_of_sql(owing: Desk, tmp_path: Path) -> None:
    def statements_for(count: int) -> int:
        each = f"0.{count // 10:02}"  # another amount in each file: else the second may be the same money
        lines = [money(each, serial=f"S{count}-{n}", clock=f"10:{n // 60:02}:{n % 60:02}") for n in range(count)]
        told: list[str] = []

        def note(*happened: Any) -> None:
            told.append(happened[2])

        event.listen(Engine, "before_cursor_execute", note)
        try:
            assert len(take(owing, statement(tmp_path, "icbc", lines, f"of-{count}"))["booked"]) == count
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return len(told)

    few, many = statements_for(40), statements_for(240)
    assert many - few < 20, "lines are entered together, not one by one"


# --- the same money twice, and money that went back, over several files ---


def test_two_exports_of_one_bank_with_other_columns_do_not_book_the_same_money_twice(
    owing: Desk, tmp_path: Path
) -> None:
    headings = (
        "记账日期 交易时间 借方发生额/元(支取) 贷方发生额/元(收入) 余额 币种 对方户名 摘要 备注 账户明细编号-交易流水号"
    )
    row = [str(FIRST), "10:11:12", "", "200.00", "1000.00", "人民币", "张三", "转账", "3-2-501", "1-S1"]
    companys = write(tmp_path / "company.csv", [headings.split(), row])
    assert len(take(owing, companys)["booked"]) == 1
    told = take(owing, statement(tmp_path, "ccb", [money()]), status=1)
    assert (told["booked"], len(told["proposed"])) == ([], 1)
    assert "payment 1" in told["attention"][0]
    assert payments(owing) == [(ZHANG.account, "200.00")]


@pytest.mark.parametrize("words", [[], ["--dry-run"]])
def test_two_tables_of_one_call_with_the_same_money_book_it_once(
    owing: Desk, tmp_path: Path, words: Sequence[str]
) -> None:
    counter = [["日期", "房号", "姓名", "金额"], ["2026-11-24", "3-2-501", "张三", "200.00"]]
    bank = [["交易日期", "收入", "支出", "对方户名", "摘要"], ["2026-11-24", "200.00", "", "张三", "3-2-501"]]
    files = [write(tmp_path / "counter.csv", counter), write(tmp_path / "bank.csv", bank)]
    told = take(owing, *files, words=words, status=1)
    assert (len(told["booked"]), len(told["proposed"])) == (1, 1)


def test_a_second_payment_of_the_same_day_and_amount_in_a_later_download_is_booked(owing: Desk, tmp_path: Path) -> None:
    morning, noon = money(clock="09:00:00"), money(clock="12:00:00", serial="S2")
    take(owing, statement(tmp_path, "boc", [morning]))
    assert len(take(owing, statement(tmp_path, "boc", [morning, noon]))["booked"]) == 1
    assert payments(owing) == [(ZHANG.account, "200.00")] * 2


@pytest.mark.parametrize("name", ["boc", "icbc", "wechat-personal", "table"])
def test_the_same_statement_as_a_table_and_as_a_workbook_books_once(owing: Desk, tmp_path: Path, name: str) -> None:
    rows = rows_of(name, [money(), money("300.00", serial="S2", clock="09:05:00")])
    assert len(take(owing, write(tmp_path / "a.csv", rows))["booked"]) == 2
    told = take(owing, write(tmp_path / "a.xlsx", rows))
    assert [it["why"] for it in told["ignored"]] == ["seen", "seen"]
    assert len(payments(owing)) == 2


def test_the_cells_of_a_workbook_may_be_numbers_and_days(owing: Desk, tmp_path: Path) -> None:
    rows = rows_of("boc", [money("200.00"), money("300.50", serial="S2", clock="09:05:00")])
    assert len(take(owing, write(tmp_path / "a.csv", rows))["booked"]) == 2
    book = openpyxl.Workbook()
    assert book.active is not None
    names = rows[1]
    for place, cells in enumerate(rows):
        typed: list[object] = list(cells)
        if place > 1:
            for name in ("金额", "余额"):
                typed[names.index(name)] = float(cells[names.index(name)].replace(",", ""))
            typed[names.index("记账日期")] = FIRST
            typed[names.index("记账时间")] = time.fromisoformat(cells[names.index("记账时间")])
        book.active.append(typed)
    book.save(tmp_path / "b.xlsx")
    told = take(owing, tmp_path / "b.xlsx")
    assert [it["why"] for it in told["ignored"]] == ["seen", "seen"]


def test_money_of_a_statement_is_not_typed_in_once_more(owing: Desk, tmp_path: Path) -> None:
    take(owing, statement(tmp_path, "boc", [money()]))
    typed = ("payment", "add", ZHANG.account, "--amount", "200", "--date", FIRST)
    assert "payment 1" in owing(*typed, status=4).errors
    assert payments(owing) == [(ZHANG.account, "200.00")]
    owing(*typed, "--again")
    assert len(payments(owing)) == 2


def test_a_proposal_that_may_be_money_on_record_is_named_when_it_is_matched(owing: Desk, tmp_path: Path) -> None:
    take(owing, statement(tmp_path, "boc", [money(payer="外人")]))  # the unit alone: waits
    take(owing, statement(tmp_path, "icbc", [money()]))
    told = owing("payment", "match", 1, ZHANG.account, "--json", status=1).json
    assert "payment 1" in told["attention"][0]


def test_two_equal_lines_of_one_file_are_matched_without_a_word(owing: Desk, tmp_path: Path) -> None:
    take(owing, statement(tmp_path, "bocom", [money(payer="外人"), money(payer="外人")]))
    for proposal in (1, 2):
        assert owing("payment", "match", proposal, ZHANG.account, "--json").json["attention"] == []


def reversed_at_the_bank(folder: Path) -> Path:
    rows = rows_of("bocom", [money(serial="S9", kind="out")])
    rows[-1][3], rows[-1][8] = "冲正", "张三"
    return write(folder / "reversal.csv", rows)


def test_a_reversal_that_is_imported_before_its_payment_keeps_it_from_being_booked(owing: Desk, tmp_path: Path) -> None:
    assert "went back" in take(owing, reversed_at_the_bank(tmp_path))["attention"][0]
    told = take(owing, statement(tmp_path, "bocom", [money(), money("300.00", serial="S2")]), status=1)
    assert [it["amount"] for it in told["booked"]] == ["300.00"]
    assert [it["amount"] for it in told["proposed"]] == ["200.00"]
    assert "reversal.csv" in told["attention"][0]


def test_a_reversal_that_took_its_payment_back_doubts_no_other_payment(owing: Desk, tmp_path: Path) -> None:
    take(owing, statement(tmp_path, "bocom", [money()]))
    take(owing, reversed_at_the_bank(tmp_path))
    assert payments(owing) == []
    take(owing, statement(tmp_path, "bocom", [money(clock="15:00:00", serial="S3")]))
    assert payments(owing) == [(ZHANG.account, "200.00")]


def test_a_refund_of_a_payment_that_was_moved_by_hand_is_named(owing: Desk, tmp_path: Path) -> None:
    paid = money(order="O1")
    take(owing, statement(tmp_path, "wechat-merchant", [paid]))
    owing("payment", "undo", 1, "--why", "another account")
    owing("payment", "add", LI.account, "--amount", "200", "--date", FIRST)
    told = take(owing, statement(tmp_path, "wechat-merchant", [replace(paid, kind="refund")]), status=1)
    assert "taken back by hand" in told["attention"][0]


def test_a_transfer_through_a_provider_that_names_its_account_waits_for_a_person(owing: Desk, tmp_path: Path) -> None:
    rows = rows_of("boc", [money(payer="财付通支付科技有限公司", remark="微信转账 3-2-501 张三"), money(kind="lump")])
    told = take(owing, write(tmp_path / "a.csv", rows), status=1)
    assert told["booked"] == []
    assert [it["candidates"][0]["account"] for it in told["proposed"]] == [ZHANG.account]
    assert [it["why"] for it in told["ignored"]] == ["lump-sum"]
