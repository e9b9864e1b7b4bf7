"""Each kind of value is parsed in every notation, and ambiguous values are refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.intake.amounts import parse_area, parse_money
from notices.intake.cleaning import clean
from notices.intake.contacts import read_confirmation, read_email, read_postcode, read_telephone
from notices.intake.dates import EPOCH, parse_date
from notices.intake.owners import read_owners, split_owners
from notices.intake.periods import parse_period, period_name
from notices.intake.problems import Unreadable
from notices.intake.units import join_unit, normalise_unit, read_unit_part, unit_as_listed
from notices.tables import Cell, LostValue

YUAN = st.decimals(min_value=Decimal("-9999999.99"), max_value=Decimal("9999999.99"), places=2)
DAYS = st.dates(min_value=date(1970, 1, 1), max_value=date(2099, 12, 31))
FULL_WIDTH = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})


@given(YUAN)
def test_an_amount_reads_back_however_it_is_written(amount: Decimal) -> None:
    written = [
        str(amount),
        f"{amount:,}",
        f"￥{abs(amount)}" if amount >= 0 else f"-￥{abs(amount)}",
        f"{amount}元",
        f"{abs(amount)}-" if amount < 0 else f"{amount} ",
        f"（{abs(amount):,}）" if amount < 0 else f"¥ {amount}",
        str(amount).translate(FULL_WIDTH),
        f'="{amount}"',
        f"'{amount}",
        f"\u200b{amount}\xa0",
    ]
    assert {parse_money(text) for text in written} == {amount}
    assert parse_money(float(amount)) == amount


@given(st.lists(YUAN, min_size=2, max_size=30))
def test_the_noise_of_binary_floats_is_no_third_decimal(amounts: list[Decimal]) -> None:
    assert parse_money(sum(float(amount) for amount in amounts)) == sum(amounts)


@given(YUAN)
def test_ten_thousand_yuan_are_a_unit_of_heading_or_cell(amount: Decimal) -> None:
    wan = amount / 10_000
    assert parse_money(f"{wan:f}", unit=10_000) == amount
    assert parse_money(f"{wan:f}万") == amount
    assert parse_money(f"{amount}元", unit=10_000) == amount


@pytest.mark.parametrize("cell", [None, "", "-", "—", "/", "无", "  ", "1900-01-00", time(0), "\u3000"])
def test_a_placeholder_is_neither_an_amount_nor_a_problem(cell: object) -> None:
    assert parse_money(cell) is None
    assert parse_date(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        "12.345",
        12.345,
        "1e3",
        "1.5E+2",
        "12o.5",
        "1,23",
        "12,34.5",
        "1 234",
        "--5",
        "(-5)",
        "5元元",
        "abc",
        True,
        date(2025, 1, 1),
        "#N/A",
        LostValue("#REF!"),
        LostValue("", uncached=True),
        "∞",
        float("inf"),
    ],
)
def test_anything_but_an_exact_amount_is_refused(cell: object) -> None:
    with pytest.raises(Unreadable):
        parse_money(cell)


def test_an_amount_beyond_the_limit_is_refused_and_the_limit_itself_is_not() -> None:
    assert parse_money("10000000.00", limit=Decimal("10000000.00")) == Decimal("10000000.00")
    with pytest.raises(Unreadable):
        parse_money("-10000000.01", limit=Decimal("10000000.00"))


@given(DAYS)
def test_a_date_reads_back_however_it_is_written(day: date) -> None:
    written: list[object] = [
        day,
        datetime.combine(day, time(13, 5)),
        day.isoformat(),
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year} 年 {day.month} 月 {day.day} 日",
        f"{day:%Y%m%d}",
        int(f"{day:%Y%m%d}"),
        float((day - EPOCH).days),
        str((day - EPOCH).days),
        f"{day} 00:00:00",
        day.isoformat().translate(FULL_WIDTH),
    ]
    assert {parse_date(cell) for cell in written} == {day}


@pytest.mark.parametrize(
    "cell", ["23-1-31", "1/31/2023", "31.1.2023", "2023-02-30", "2023-13-01", "2023-1/31", 12, 99999999, "明天", True]
)
def test_an_ambiguous_or_invalid_date_is_refused(cell: object) -> None:
    with pytest.raises(Unreadable):
        parse_date(cell)


@given(st.integers(1990, 2098), st.integers(1, 12), st.integers(0, 11))
def test_a_span_of_months_reads_back_however_it_is_written(year: int, first: int, more: int) -> None:
    last = min(first + more, 12)
    written = [
        f"{year}.{first}-{year}.{last}",
        f"{year}年{first}月至{last}月",
        f"{year}年{first}月-{year}年{last}月",
        f"{year}年{first}-{last}月",
        f"{year}{first:02d}-{year}{last:02d}",
        f"{year}-{first:02d}~{year}-{last:02d}",
        f"{year}/{first}—{year}/{last}",
        f"{year}.{first}到{last}",
    ]
    periods = {parse_period(text) for text in written}
    assert len(periods) == 1
    period = periods.pop()
    assert period is not None
    assert (period.start, period.end.year, period.end.month) == (date(year, first, 1), year, last)


@given(DAYS, DAYS)
def test_a_span_of_days_reads_back_however_it_is_written(one: date, other: date) -> None:
    start, end = sorted((one, other))
    if start == end:
        return
    written = [
        f"{start}至{end}",
        f"{start:%Y%m%d}-{end:%Y%m%d}",
        f"{start.year}.{start.month}.{start.day}-{end.year}.{end.month}.{end.day}",
        f"{start.year}年{start.month}月{start.day}日-{end.year}年{end.month}月{end.day}日",
        f"{start}-{end}",
    ]
    for text in written:
        period = parse_period(text)
        assert period is not None
        assert (period.start, period.end) == (start, end)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2023", "2023"),
        (2023, "2023"),
        (2023.0, "2023"),
        ("2023年度", "2023"),
        ("2023全年", "2023"),
        ("22年", "2022"),
        ("2023-Q1", "2023-Q1"),
        ("2023年第二季度", "2023-Q2"),
        ("2023年4季度", "2023-Q4"),
        ("2023上半年", "2023-H1"),
        ("2023年下半年", "2023-H2"),
        ("2023H2", "2023-H2"),
        ("2025年2月", "2025-02"),
        ("2025-02", "2025-02"),
        ("202502", "2025-02"),
        (202502, "2025-02"),
        (2023.12, "2023-12"),
        (date(2025, 2, 1), "2025-02"),
        ("2023年1季度至2季度", "2023-H1"),
    ],
)
def test_a_whole_period_is_known_by_its_name(text: object, name: str) -> None:
    period = parse_period(text)
    assert period is not None
    assert period_name(period) == name


@pytest.mark.parametrize(
    "cell",
    [2023.1, "2023-1-12", "2023-01-31", "1月-3月", "2023年6月至3月", "20231", "去年", date(2023, 1, 31), "2023-13"],
)
def test_an_ambiguous_or_invalid_period_is_refused(cell: object) -> None:
    with pytest.raises(Unreadable):
        parse_period(cell)


@given(st.integers(1, 99), st.integers(1, 9), st.integers(101, 3999))
def test_a_unit_is_one_value_however_it_is_written(building: int, entrance: int, room: int) -> None:
    written = [
        f"{building}-{entrance}-{room}",
        f"{building}栋{entrance}单元{room}室",
        f"{building}幢 {entrance} 单元 {room}",
        f"{building}号楼{entrance}单元{room}房",
        f"{building}#{entrance}-{room}",
        f"{building}－{entrance}－{room}".translate(FULL_WIDTH),
        f"'{building}-{entrance}-{room}",
    ]
    assert {normalise_unit(text) for text in written} == {f"{building}-{entrance}-{room}"}
    joined = join_unit(read_unit_part(f"{building}栋"), read_unit_part(float(entrance)), read_unit_part(f"{room}室"))
    assert (joined.name, joined.building, joined.entrance, joined.room) == (
        f"{building}-{entrance}-{room}",
        str(building),
        str(entrance),
        str(room),
    )


def test_units_are_never_equal_by_prefix_or_by_leading_zeros() -> None:
    assert len({normalise_unit(text) for text in ("1-1", "1-10", "1-01", "11", "01-1")}) == 5


def test_a_joined_unit_beside_its_building_is_not_joined_again() -> None:
    assert join_unit("3", "", "3-2-501").name == "3-2-501"
    assert join_unit("3", "2", "3-2-501").name == "3-2-501"
    assert join_unit("3", "", "301").name == "3-301"
    assert join_unit("3", "", "30-1").name == "3-30-1"


@pytest.mark.parametrize(
    "cell",
    [
        date(2001, 2, 3),
        datetime.combine(date(2026, 1, 2), time(0)),
        "2003-2-1",
        "1月2日",
        "3-Feb",
        "2026/1/2",
        "Jan-02",
        501.5,
    ],
)
def test_a_unit_that_excel_made_a_date_of_is_refused(cell: object) -> None:
    with pytest.raises(Unreadable):
        read_unit_part(cell)


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        ("张　三", ("张三",)),
        ("张三、李四", ("张三", "李四")),
        ("张三/李四", ("张三", "李四")),
        ("张三 李四", ("张三", "李四")),
        ("张三，李四；王五", ("张三", "李四", "王五")),
        ("张三\n李四", ("张三", "李四")),
        ("张三、张三", ("张三",)),
        ("欧阳 修", ("欧阳修",)),
        ("阿不都•买买提", ("阿不都·买买提",)),
        ("John Smith", ("John Smith",)),
        ("示例(上海)有限公司", ("示例（上海）有限公司",)),
        ("=张三", ("=张三",)),
        ("𬭎䶮", ("𬭎䶮",)),
    ],
)
def test_several_owners_in_one_cell_are_separated(text: str, owners: tuple[str, ...]) -> None:
    assert read_owners(text) == owners
    assert split_owners("、".join(owners)) == owners


@pytest.mark.parametrize(
    "cell", ["", "/", "-", "张*", "张＊＊", "�三", "锟斤拷", "??", "张?", "12345", "张 三 李 四", None]
)
def test_an_incomplete_name_is_refused(cell: object) -> None:
    with pytest.raises(Unreadable):
        read_owners(cell)


def said_by(parse: object, cell: object) -> tuple[object, list[str]]:
    codes: list[str] = []
    value = parse(cell, lambda code, detail: codes.append(code))  # type: ignore[operator]
    return value, codes


@pytest.mark.parametrize(
    ("cell", "telephone", "codes"),
    [
        (13800000000.0, "13800000000", []),
        ("13800000000.0", "13800000000", []),
        ("+86 138 0000 0000", "13800000000", []),
        ("008613800000000", "13800000000", []),
        ("138-0000-0000", "13800000000", []),
        ("１３８００００００００", "13800000000", []),
        ("13800000000/13900000000", "13800000000", ["several-telephones"]),
        ("13800000000 13900000000", "13800000000", ["several-telephones"]),
        ("0571-88888888", "0571-88888888", []),
        ("(0571)88888888", "0571-88888888", []),
        ("1.38E+10", "", ["telephone-lost"]),
        ("138****0000", "", ["telephone-masked"]),
        ("没有电话", "", ["telephone-unusable"]),
        ("无", "", []),
    ],
)
def test_an_unusable_telephone_is_left_out_and_noted(cell: object, telephone: str, codes: list[str]) -> None:
    assert said_by(read_telephone, cell) == (telephone, codes)


@pytest.mark.parametrize(
    ("cell", "email", "codes"),
    [
        ("a@example.com", "a@example.com", []),
        ("ａ＠example．com", "a@example.com", []),
        (" a @ example.com ", "a@example.com", []),
        ("a@example.com; b@example.com", "a@example.com", ["several-emails"]),
        ("a@example.com b@example.com", "a@example.com", ["several-emails"]),
        ("broken@, b@example.com", "b@example.com", ["several-emails"]),
        ("li@例子.中国", "li@xn--fsqu00a.xn--fiqs8s", []),
        ("li＠例子。中国", "li@xn--fsqu00a.xn--fiqs8s", []),
        ("Li.Si@QQ.COM", "Li.Si@qq.com", []),
        ("李四@例子.中国; li@example.com", "li@example.com", ["several-emails"]),
        ("李四@example.com", "", ["email-unusable"]),
        ("li@例 子.中国@", "", ["email-unusable"]),
        ("a@b", "", ["email-unusable"]),
        ("a..b@example.com", "", ["email-unusable"]),
        ("a*@example.com", "", ["email-masked"]),
        ("-", "", []),
    ],
)
def test_the_first_usable_email_is_taken_and_others_are_noted(cell: object, email: str, codes: list[str]) -> None:
    assert said_by(read_email, cell) == (email, codes)


def test_anything_but_yes_is_not_confirmed() -> None:
    assert said_by(read_confirmation, "是") == (True, [])
    assert said_by(read_confirmation, "否") == (False, [])
    assert said_by(read_confirmation, "待定") == (False, ["confirmation-unclear"])


def test_a_postcode_regains_the_leading_zero_lost_in_a_number() -> None:
    assert said_by(read_postcode, 10010.0) == ("010010", [])
    assert said_by(read_postcode, "12") == ("", ["postcode-unusable"])


def test_an_area_is_a_number_of_square_metres() -> None:
    assert parse_area("89.5㎡") == Decimal("89.50")
    assert parse_area(89.50) == Decimal("89.50")
    assert parse_area("/") is None
    with pytest.raises(Unreadable):
        parse_area("约90")


@given(st.text())
@pytest.mark.slow
def test_cleaning_is_idempotent(text: str) -> None:
    try:
        once = clean(text)
        twice = clean(once)
    except Unreadable:
        return
    assert twice in {once, once.removeprefix("'").strip()} or once.startswith(("'", '="'))


def refused(parse: Callable[[Cell], object], cell: Cell) -> Unreadable | None:
    try:
        parse(cell)
    except Unreadable as refusal:
        return refusal
    return None


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.datetimes(), st.times(), st.timedeltas()))
def test_any_cell_gives_a_value_or_unreadable(cell: object) -> None:
    parsers = (parse_money, parse_date, parse_period, parse_area, read_unit_part, read_owners)
    for parse in parsers:
        refusal = refused(parse, cell)
        assert refusal is None or (str(refusal.problem) and str(refusal.remedy))
    for read in (read_telephone, read_email, read_confirmation, read_postcode):
        said_by(read, cell)


@pytest.mark.parametrize(
    ("building", "entrance", "room", "written"),
    [
        ("", "", "1栋1单元1102室", "1栋1单元1102室"),
        ("", "", "别墅12号", "别墅12号"),
        ("", "", "商铺-05", "商铺-05"),
        ("", "", " 1 栋 1 单元 1102 室 ", "1栋1单元1102室"),
        ("1栋", "1单元", "101", "1栋1单元101"),
        ("1", "1", "101", "1-1-101"),
        ("3栋", "2单元", "3栋2单元501室", "3栋2单元501室"),
        ("3栋", "2单元", "2-501", "3-2-501"),
    ],
)
def test_a_unit_is_printed_as_the_list_writes_it(building: str, entrance: str, room: str, written: str) -> None:
    parts = [normalise_unit(each) for each in (building, entrance, room)]
    name = join_unit(*parts).name
    assert unit_as_listed(name, building, entrance, room) == written
