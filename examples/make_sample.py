"""Write the four workbooks of the sample estate: `.venv/bin/python examples/make_sample.py [FOLDER]`.

All data is invented: telephone numbers count up from 13800000001, e-mail goes to example.com, and the town is called
示例市. All dates are fixed, so that the expected decisions on 2026-11-23 (expected.json, worked out by hand) never
change. XlsxWriter is used because its output is reproducible.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import xlsxwriter

ESTATE = "示例花园"
FOLDER = Path(__file__).parent / "sample-garden"
RATE = Decimal("2.20")  # yuan per square metre and month
PROPERTY_FEE = "物业服务费"
PARKING = "车位管理费"
UTILITIES = "公共能耗费"

Cell = str | Decimal | date | None


@dataclass(frozen=True)
class Term:
    """Billing period: its text in a list, the months it covers, and its due date."""

    text: str
    months: int
    due: date


Y2022 = Term("2022年度", 12, date(2022, 12, 31))
Y2023 = Term("2023年度", 12, date(2023, 12, 31))
Y2024 = Term("2024年度", 12, date(2024, 12, 31))
H2_2025 = Term("2025年7月至12月", 6, date(2025, 12, 31))
H1_2026 = Term("2026年1月至6月", 6, date(2026, 6, 30))
Q3_2026 = Term("2026年7月至9月", 3, date(2026, 9, 30))
OCTOBER_DUE_7TH = Term("2026年10月", 1, date(2026, 11, 7))
OCTOBER_DUE_8TH = Term("2026年10月", 1, date(2026, 11, 8))
H2_2026 = Term("2026年7月至12月", 6, date(2026, 12, 31))


@dataclass(frozen=True)
class Fee:
    """Row of the list; `due` None means floor area × rate × months."""

    term: Term
    paid: str = "0.00"
    item: str = PROPERTY_FEE
    due: str | None = None


@dataclass(frozen=True)
class Home:
    """Owner's unit: floor area in square metres, fees, and which contact data the list has."""

    unit: str
    owner: str
    area: str
    fees: tuple[Fee, ...]
    email: bool = True
    address: bool = True


THIS_YEAR = (Fee(H1_2026),)
TWO_TERMS = (Fee(H2_2025), Fee(H1_2026))

HOMES = (
    Home("1-1-101", "林晓禾", "89.5", THIS_YEAR),
    Home(
        "1-1-102",
        "许文澜",
        "112.0",
        (
            Fee(H2_2025),
            Fee(H2_2025, item=PARKING, due="480.00"),
            Fee(H1_2026),
            Fee(H1_2026, item=PARKING, due="480.00"),
            Fee(H1_2026, item=UTILITIES, due="90.00"),
        ),
    ),
    Home("1-1-201", "丁一帆、赵书宁", "97.6", THIS_YEAR),
    Home("1-1-202", "方念慈", "75.3", THIS_YEAR, email=False),
    Home("1-2-101", "宋以安", "120.4", (Fee(OCTOBER_DUE_8TH),)),
    Home("1-2-102", "白景明", "120.4", (Fee(OCTOBER_DUE_7TH),)),
    Home("1-2-201", "江予舟", "89.5", (Fee(H1_2026, paid="1181.40"),)),
    Home("1-2-202", "叶知秋", "89.5", (Fee(H1_2026, paid="1082.40"),)),
    Home("2-1-101", "苏沐阳", "101.2", (Fee(H2_2026),)),
    Home("2-1-102", "韩若溪", "89.5", (Fee(H2_2025, paid="1301.40"), Fee(H1_2026))),
    Home("2-1-201", "沈南乔", "83.0", THIS_YEAR),
    Home("2-1-202", "贺知远", "95.5", TWO_TERMS),
    Home("2-2-101", "罗望舒", "78.8", (Fee(Y2024),)),
    Home("2-2-102", "秦微雨", "60.0", (Fee(H1_2026, paid="292.01"),)),
    Home("2-2-201", "顾长风", "60.0", (Fee(H1_2026, paid="292.00"),)),
    Home("2-2-202", "陆青禾", "88.0", (Fee(Q3_2026),)),
    Home("3-1-101", "温如玉", "104.0", TWO_TERMS),
    Home("3-1-102", "孟繁星", "91.0", (*TWO_TERMS, Fee(H1_2026, item=PARKING, due="480.00"))),
    Home("3-1-201", "钟意", "70.5", (Fee(Y2024), Fee(H1_2026)), email=False),
    Home("3-1-202", "严冬晴", "86.0", TWO_TERMS),
    Home("3-2-101", "邵云开", "108.5", TWO_TERMS),
    Home("3-2-102", "武思源", "89.5", THIS_YEAR),
    Home("3-2-201", "段锦书", "97.6", THIS_YEAR),
    Home("3-2-202", "常清和", "75.3", THIS_YEAR),
    Home("5-1-101", "易安然", "66.0", TWO_TERMS),
    Home("5-1-102", "童心远", "89.5", THIS_YEAR),
    Home("5-1-201", "戴望年", "97.6", THIS_YEAR, email=False),
    Home("5-1-202", "祝余", "75.3", THIS_YEAR),
    Home("5-2-101", "章若谷", "99.0", TWO_TERMS),
    Home("5-2-102", "洛小川", "86.5", (Fee(H2_2025, paid="600.00"), Fee(H1_2026))),
    Home("5-2-201", "原野", "89.5", (Fee(H1_2026, paid="400.00"),)),
    Home("5-2-202", "安歌", "92.5", THIS_YEAR),
    Home("10-1-101", "齐鸣", "82.0", THIS_YEAR),
    Home("10-1-102", "向暖", "93.0", TWO_TERMS),
    Home("10-1-201", "尹南星", "84.5", THIS_YEAR, email=False),
    Home("10-1-202", "乔木", "84.5", THIS_YEAR, email=False, address=False),
    Home("10-2-101", "季夏", "89.5", THIS_YEAR),
    Home("10-2-102", "卓然", "97.6", THIS_YEAR),
    Home("10-2-201", "冯未央", "72.0", (Fee(Y2023), Fee(H1_2026))),
    Home("10-2-202", "柏舟", "68.0", (Fee(Y2022), Fee(Y2024))),
    Home("10-3-101", "楼小满", "89.5", THIS_YEAR),
    Home("10-3-102", "应有时", "97.6", THIS_YEAR),
)

# unit, owner, letter, number, sent, by, result, day of the result
HISTORY: tuple[tuple[str, str, str, str, str, str, str | None, str | None], ...] = (
    ("2-1-201", "沈南乔", "催费函", "旧-001", "2026-11-08", "EMS", "已送达", "2026-11-10"),
    ("2-1-202", "贺知远", "催费函", "旧-002", "2026-11-07", "EMS", "已送达", "2026-11-09"),
    ("2-2-101", "罗望舒", "催费函", "旧-003", "2026-09-21", "挂号", "已送达", "2026-09-24"),
    ("2-2-102", "秦微雨", "催费函", "旧-004", "2026-09-21", "挂号", "已送达", "2026-09-23"),
    ("2-2-201", "顾长风", "催费函", "旧-005", "2026-09-21", "挂号", "已送达", "2026-09-23"),
    ("2-2-202", "陆青禾", "催费函", "旧-006", "2026-10-20", "邮件", None, None),
    ("3-1-101", "温如玉", "催费函", "旧-007", "2026-09-10", "EMS", "已送达", "2026-09-12"),
    ("3-1-101", "温如玉", "律师函", "旧律-01", "2026-11-10", "EMS", "已送达", "2026-11-12"),
    ("3-1-102", "孟繁星", "催费函", "旧-008", "2026-08-20", "EMS", "已送达", "2026-08-22"),
    ("3-1-102", "孟繁星", "律师函", "旧律-02", "2026-09-28", "EMS", "已送达", "2026-09-30"),
    ("3-1-201", "钟意", "催费函", "旧-009", "2026-09-02", "专人", "已送达", "2026-09-02"),
    ("3-1-201", "钟意", "律师函", "旧律-03", "2026-10-15", "EMS", "已送达", "2026-10-17"),
    ("3-1-202", "严冬晴", "催费函", "旧-010", "2026-08-03", "EMS", "已送达", "2026-08-05"),
    ("3-1-202", "严冬晴", "律师函", "旧律-04", "2026-09-14", "EMS", "已送达", "2026-09-16"),
    ("3-1-202", "严冬晴", "律师函后函", "旧-011", "2026-11-13", "EMS", "已送达", "2026-11-16"),
    ("3-2-101", "邵云开", "催费函", "旧-012", "2026-08-03", "EMS", "已送达", "2026-08-05"),
    ("3-2-101", "邵云开", "律师函", "旧律-05", "2026-09-14", "EMS", "已送达", "2026-09-16"),
    ("3-2-101", "邵云开", "律师函后函", "旧-013", "2026-11-12", "EMS", "已送达", "2026-11-14"),
    ("5-2-101", "章若谷", "催费函", "旧-014", "2026-09-15", "EMS", "已送达", "2026-09-17"),
    ("5-2-102", "洛小川", "催费函", "旧-015", "2026-09-20", "EMS", "已送达", "2026-09-22"),
    ("5-2-201", "原野", "催费函", "旧-016", "2026-09-08", "EMS", "已送达", "2026-09-10"),
    ("5-2-202", "安歌", "催费函", "旧-017", "2026-09-08", "EMS", "已送达", "2026-09-10"),
    ("10-1-101", "齐鸣", "催费函", "旧-018", "2026-11-05", "邮件", "退回", "2026-11-05"),
    ("10-1-102", "向暖", "催费函", "旧-019", "2026-09-10", "EMS", "已送达", "2026-09-12"),
    ("10-1-102", "向暖", "律师函", "旧律-06", "2026-10-20", "EMS", "已送达", "2026-10-22"),
    ("10-1-102", "向暖", "律师函", "旧律-06", "2026-10-20", "邮件", "退回", "2026-10-20"),
    ("10-1-201", "尹南星", "催费函", "旧-020", "2026-10-12", "EMS", "退回", "2026-10-19"),
    ("10-2-102", "卓然", "催费函", "旧-021", "2026-09-21", "EMS", "已送达", "2026-09-23"),
    ("10-3-101", "卢旧山", "催费函", "旧-022", "2026-07-20", "EMS", "已送达", "2026-07-22"),
    ("10-3-102", "应有时", "催费函", "旧-023", "2024-08-12", "EMS", "已送达", "2024-08-14"),
    ("10-3-102", "应有时", "律师函", "旧律-07", "2024-10-08", "EMS", "已送达", "2024-10-10"),
)

# unit, owner, kind, registered, until, amount, note
HOLDS: tuple[tuple[str, str, str, str, str | None, str | None, str | None], ...] = (
    ("3-2-102", "武思源", "异议", "2026-11-02", None, None, "称楼道照明长期未修"),
    ("3-2-201", "段锦书", "异议", "2026-11-02", "2026-11-23", None, "等待现场查看"),
    ("3-2-202", "常清和", "异议", "2026-11-02", "2026-11-22", None, "已答复"),
    ("5-1-101", "易安然", "困难", "2026-10-26", None, None, None),
    ("5-1-102", "童心远", "勿扰", "2026-10-19", None, None, "由经理亲自联系"),
    ("5-1-201", "戴望年", "查无此人", "2026-10-21", None, None, None),
    ("5-1-202", "祝余", "承诺", "2026-11-12", "2026-11-20", None, None),
    ("5-2-101", "章若谷", "承诺", "2026-10-12", "2026-10-31", None, None),
    ("5-2-102", "洛小川", "承诺", "2026-10-08", "2026-10-30", "600.00", "先付一部分"),
    ("5-2-201", "原野", "分期", "2026-09-28", "2026-10-31", "400.00", None),
    ("5-2-201", "原野", "分期", "2026-09-28", "2026-11-30", "400.00", None),
    ("5-2-201", "原野", "分期", "2026-09-28", "2026-12-31", "381.40", None),
    ("5-2-202", "安歌", "分期", "2026-10-10", "2026-11-10", "500.00", None),
    ("5-2-202", "安歌", "分期", "2026-10-10", "2026-12-10", "721.00", None),
    ("10-2-101", "季夏", "只寄纸质", "2026-08-24", None, None, None),
    ("10-2-102", "卓然", "只发邮件", "2026-08-24", None, None, None),
)

ARREARS_HEADINGS = (
    "小区",
    "楼栋",
    "单元",
    "房号",
    "业主姓名",
    "联系电话",
    "电子邮箱",
    "通讯地址",
    "邮编",
    "建筑面积",
    "收费项目",
    "费用期间",
    "应缴日期",
    "单价",
    "应收金额",
    "已收金额",
    "欠费金额",
)
HISTORY_HEADINGS = ("小区", "房号", "业主姓名", "函件", "编号", "发出日期", "送达方式", "结果", "送达日期")
STATEMENT_HEADINGS = ("日期", "付款人", "金额", "方式", "备注")
# Money that came in after the batch: one line names unit and owner, of the other two a person must say whose they are.
STATEMENT: tuple[tuple[Cell, ...], ...] = (
    (date(2026, 11, 24), "林晓禾", Decimal("1181.40"), "转账", "1-1-101物业服务费"),
    (date(2026, 11, 24), "某某贸易有限公司", Decimal("993.96"), "转账", "1-1-202"),
    (date(2026, 11, 25), "向暖", Decimal("500.00"), "转账", "部分物业费"),
)
HOLDS_HEADINGS = ("小区", "房号", "业主姓名", "类型", "登记日期", "截止日期", "金额", "说明")


def arrears_rows() -> Iterable[tuple[Cell, ...]]:
    """Yield the rows of the arrears list, amounts in yuan."""
    for number, home in enumerate(HOMES, start=1):
        building, entrance, room = home.unit.split("-")
        for fee in home.fees:
            rated = fee.due is None
            due = Decimal(home.area) * RATE * fee.term.months if fee.due is None else Decimal(fee.due)
            paid = Decimal(fee.paid)
            yield (
                ESTATE,
                f"{building}栋",
                f"{entrance}单元",
                room,
                home.owner,
                str(13_800_000_000 + number),
                f"owner{number:02d}@example.com" if home.email else None,
                f"示例市样板路8号{ESTATE}{building}栋{entrance}单元{room}室" if home.address else None,
                "000000" if home.address else None,
                Decimal(home.area),
                fee.item,
                fee.term.text,
                fee.term.due,
                RATE if rated else None,
                due,
                paid,
                due - paid,
            )


def history_rows() -> Iterable[tuple[Cell, ...]]:
    """Yield the letters sent before this program was used."""
    for unit, owner, letter, number, sent, way, result, on in HISTORY:
        yield ESTATE, unit, owner, letter, number, _day(sent), way, result, _day(on)


def hold_rows() -> Iterable[tuple[Cell, ...]]:
    """Yield disputes, promises and wishes of owners, amounts in yuan."""
    for unit, owner, kind, registered, until, amount, note in HOLDS:
        yield ESTATE, unit, owner, kind, _day(registered), _day(until), Decimal(amount) if amount else None, note


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def write(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Cell]], title: str | None = None) -> None:
    """Write one workbook with one sheet; a title becomes a merged row above the headings."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": datetime(2026, 11, 23), "author": "notices"})  # noqa: DTZ001 - a file property has no zone
        sheet = book.add_worksheet("明细")
        bold = book.add_format({"bold": True, "align": "center"})
        as_day = book.add_format({"num_format": "yyyy-mm-dd"})
        as_money = book.add_format({"num_format": "0.00"})
        first = 0
        if title:
            sheet.merge_range(0, 0, 0, len(headings) - 1, title, bold)
            first = 1
        sheet.write_row(first, 0, headings, bold)
        sheet.set_column(0, len(headings) - 1, 14)
        for line, row in enumerate(rows, start=first + 1):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(line, column, datetime(value.year, value.month, value.day), as_day)  # noqa: DTZ001 - a cell has no zone
                elif isinstance(value, Decimal):
                    sheet.write_number(line, column, value, as_money)
                elif value is not None:
                    sheet.write_string(line, column, value)


def make(folder: Path) -> None:
    """Write the four workbooks into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "arrears.xlsx", ARREARS_HEADINGS, arrears_rows(), title=f"{ESTATE}物业费欠费明细表")
    write(folder / "history.xlsx", HISTORY_HEADINGS, history_rows())
    write(folder / "holds.xlsx", HOLDS_HEADINGS, hold_rows())
    write(folder / "statement.xlsx", STATEMENT_HEADINGS, STATEMENT)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
