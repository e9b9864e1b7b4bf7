"""The court's papers in harder cases: co-owners, a preliminary contract, partial payments, other fees, a company."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from desk import ESTATE, Desk

from notices.pdf import page_texts

pytestmark = [pytest.mark.office, pytest.mark.slow]

HEADINGS = (
    "小区",
    "房号",
    "业主姓名",
    "通讯地址",
    "建筑面积",
    "收费项目",
    "费用期间",
    "应缴日期",
    "应收金额",
    "已收金额",
    "收费标准",
)
JOINT, COMPANY, ALONE = "甲一、乙二", "示例商贸有限公司", "丙三"
ROWS = (
    ("1-1-101", JOINT, "96.5", "物业服务费", "2025年度", "2025-12-31", "2547.60", "800.00", ""),
    ("1-1-101", JOINT, "96.5", "物业服务费", "2026年1月至6月", "2026-06-30", "1273.80", "0", ""),
    ("1-1-101", JOINT, "96.5", "车位管理费", "2026年1月至6月", "2026-06-30", "900.00", "0", ""),
    ("商铺-05", COMPANY, "210.0", "物业服务费", "2023年度", "2023-12-31", "12096.00", "0", "4.80"),
    ("2-1-102", ALONE, "80.0", "车位管理费", "2026年1月至6月", "2026-06-30", "900.00", "0", ""),
)
CODE = "《中华人民共和国民法典》"


@pytest.fixture(scope="module")
def papers(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the court's files about three accounts: letters that arrived, a payment afterwards, nothing disputed."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("court") / "workspace")
    desk.set('separate = "sender"', 'separate = "none"')
    rows = [(ESTATE, unit, owner, "示例路1号", *rest) for unit, owner, *rest in ROWS]
    listed = desk.table(HEADINGS, rows)
    desk("plan", listed, "--name", "b", "--as-of", "2026-11-23", "--by", "Planner", status={0, 1})
    desk("approve", "b", "--by", "Releaser")
    desk("render", "b")
    job = desk("print", "b", "--by", "Printer", "--json").json["job"]
    desk("job", "confirm", job, "--by", "Printer")
    numbers = [it["notice"] for it in desk.decisions().values()]
    arrived = [(number, f"EX{place:09d}CN", "妥投", "2026-11-26") for place, number in enumerate(numbers)]
    desk("delivery", "import", desk.table(("编号", "运单号", "状态", "签收日期"), arrived), "--by", "Clerk")
    accounts = list(desk.decisions())
    desk("payment", "add", accounts[0], "--amount", "500.00", "--date", "2026-11-28", "--by", "Cashier")
    folder = tmp_path_factory.mktemp("papers") / "orders"
    desk("court", *accounts, "--to", folder, status={0, 1})
    desk("court", *accounts, "--kind", "complaint", "--to", folder.with_name("complaints"), status={0, 1})
    return folder.parent


def text_of(papers: Path, owner: str, file: str) -> str:
    kind = "complaints" if file == "complaint" else "orders"
    (found,) = (papers / kind).glob(f"*{owner.replace('、', '_')}*/{file}.pdf")
    return "".join("".join(page_texts(found)).split())


def late(balance: str, due: date, cap: str = "0.30") -> Decimal:
    """Work out a late fee as the contract of the sample has it: 0.03 % a day, at most 30 % of the balance."""
    days = (datetime.now(ZoneInfo("Asia/Shanghai")).date() - due).days
    exact = Decimal(balance) * min(Decimal("0.0003") * days, Decimal(cap))
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_co_owners_are_named_one_by_one_and_claimed_from_together(papers: Path) -> None:
    order, complaint = text_of(papers, JOINT, "payment-order"), text_of(papers, JOINT, "complaint")
    assert re.findall("被申请人：(.{2})，公民身份号码", order) == ["甲一", "乙二"]
    assert re.findall("姓名：(.{2})公民身份号码", complaint) == ["甲一", "乙二"]
    for told in (order, complaint):
        assert "连带" in told
        assert "第三百零七条" in told
    assert "连带" not in text_of(papers, COMPANY, "payment-order") + text_of(papers, COMPANY, "complaint")


def test_the_law_is_that_of_what_is_claimed_and_each_law_is_named_once(papers: Path) -> None:
    both, one, other = (text_of(papers, owner, "payment-order") for owner in (JOINT, COMPANY, ALONE))
    property_fee, parking, late_fee = (
        "第九百四十四条第一款、第二款",
        "第五百零九条第一款、第五百七十九条",
        "第五百八十五条",
    )
    assert f"{CODE}第九百三十九条、{property_fee}、{parking}、第三百零七条、{late_fee}" in both
    assert f"{CODE}第九百三十九条、{property_fee}、{late_fee}" in one
    assert f"{CODE}第九百三十九条、{parking}、{late_fee}" in other
    assert "第九百四十四条" not in other


def test_partial_payments_are_taken_off_the_oldest_charge_and_the_sums_agree(papers: Path) -> None:
    calculation = text_of(papers, JOINT, "calculation")
    fees = [
        late("1247.60", date(2025, 12, 31)),  # 2,547.60 less 800.00 of the list and 500.00 paid afterwards
        late("1273.80", date(2026, 6, 30)),
        late("900.00", date(2026, 6, 30)),
    ]
    assert f"合计4,721.401,300.003,421.40{sum(fees):,.2f}" in calculation
    total = f"{Decimal('3421.40') + sum(fees):,.2f}"
    for file in ("calculation", "payment-order", "complaint"):
        assert f"人民币{total}元" in text_of(papers, JOINT, file)
    order = text_of(papers, JOINT, "payment-order")
    assert "应付合计人民币4,721.40元，已付人民币1,300.00元，尚欠人民币3,421.40元" in order


def test_the_cap_of_the_late_fee_is_said_and_kept_and_a_shop_has_its_own_rate(papers: Path) -> None:
    calculation, complaint = text_of(papers, COMPANY, "calculation"), text_of(papers, COMPANY, "complaint")
    assert "不超过该笔欠费的30%" in calculation
    assert re.search(r"12,096\.00\d{4}3,628\.802029-11-26", calculation)  # 30 % of the balance, and days late before it
    for told in (calculation, complaint):
        assert "4.80元" in told
        assert "2.20元" not in told  # the standard of the estate's flats


def test_a_company_is_named_with_its_representative_and_has_no_sex(papers: Path) -> None:
    order, complaint = text_of(papers, COMPANY, "payment-order"), text_of(papers, COMPANY, "complaint")
    assert re.search(f"被申请人：{COMPANY}，统一社会信用代码：_+，住所地：_+，法定代表人", order)
    defendant = complaint[complaint.index(f"名称：{COMPANY}") :]
    assert "法定代表人" in defendant[: defendant.index("诉讼请求")]
    assert "性别" not in complaint


def test_the_application_says_that_each_condition_of_a_payment_order_holds(papers: Path) -> None:
    order = text_of(papers, ALONE, "payment-order")
    for said in (
        "已到期且数额确定",
        "没有对待给付义务",
        "没有其他债务纠纷",
        "未下落不明",
        "能够送达",
        "未向人民法院申请诉前保全",
    ):
        assert said in order, said


def test_what_the_carrier_has_is_to_be_supplied(papers: Path) -> None:
    (told,) = (path.read_text("utf-8") for path in (papers / "orders").glob(f"*{ALONE}*/to-supply.txt"))
    assert re.search(r"EX\d{9}CN", told)
