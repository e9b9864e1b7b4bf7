"""Headings that nobody recognised: learnt, reported by name, or asked about if their values may matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from intake_rows import HEADINGS, row

from notices.errors import UsageMistake
from notices.intake import ArrearsList
from notices.intake.not_understood import likeness
from notices.settings import Intake

Reader = Callable[..., ArrearsList]
Writer = Callable[..., Path]
BASE = ("房号", "业主", "应收金额")


def listed(*more: tuple[str, object], rows: int = 2) -> list[Sequence[object]]:
    """Build a list whose rows have further columns; a sequence gives each row its own value."""
    lines: list[Sequence[object]] = [(*BASE, *(heading for heading, _ in more))]
    for place in range(rows):
        values = [value[place] if isinstance(value, list) else value for _, value in more]
        lines.append((f"1-1-{101 + place}", f"林{'甲乙丙丁戊'[place]}", 1200, *values))
    return lines


@pytest.mark.parametrize(
    "heading", ["费项名称", "收费项目名称", "费用科目", "费用类别", "收费类型", "费用种类", "收费类别", "缴费项目"]
)
def test_an_item_is_known_by_any_of_its_usual_headings(heading: str, workbook: Writer, read: Reader) -> None:
    result = read(workbook(listed((heading, "停车费"), ("账期", "2025年"))))
    assert {charge.item for account in result.accounts for charge in account.charges} == {"停车费"}


@pytest.mark.parametrize(
    "heading",
    ["所属账期", "所属期间", "费用年月", "费用月份", "账单月份", "应收年月", "欠费时间段", "账单年月", "应收月份"],
)
def test_a_period_is_known_by_any_of_its_usual_headings(heading: str, workbook: Writer, read: Reader) -> None:
    result = read(workbook(listed((heading, "2025-03"))))
    assert {str(charge.due_date) for account in result.accounts for charge in account.charges} == {"2025-03-31"}


def test_a_category_or_accounting_month_yields_to_the_exact_column(workbook: Writer, read: Reader) -> None:
    both = [("收费项目", "停车费"), ("费用类别", "代收费"), ("费用期间", "2025年"), ("账单月份", "2026-01")]
    result = read(workbook(listed(*both)))
    charge = result.accounts[0].charges[0]
    assert (charge.item, str(charge.due_date)) == ("停车费", "2025-12-31")
    assert [column.heading for column in result.not_understood] == ["费用类别", "账单月份"]


def test_an_accounting_month_yields_to_first_and_last_day(workbook: Writer, read: Reader) -> None:
    span = [("开始日期", "2025-01-01"), ("结束日期", "2025-12-31"), ("账单月份", "2026-01")]
    assert str(read(workbook(listed(*span))).accounts[0].charges[0].due_date) == "2025-12-31"


def test_a_column_that_was_not_understood_is_named_with_three_samples(workbook: Writer, read: Reader) -> None:
    path = workbook(
        listed(("账期", "2025年"), ("管家", ["甲", "乙", "乙", "丙", "丁"]), ("序号", [1, 2, 3, 4, 5]), rows=5)
    )
    assert [(each.heading, each.samples) for each in read(path).not_understood] == [("管家", ("甲", "乙", "丙"))]


@pytest.mark.parametrize(
    ("heading", "value", "option"),
    [
        ("费别", "停车费", "费别=item"),
        ("归口", "2025年度", "归口=period"),
        ("归口", 2025, "归口=period"),
        ("归口", "2025-03-31", "归口=due-date"),
        ("另计", 350.5, "另计=owed"),
        ("另计", "1,200.00", "另计=owed"),
    ],
)
def test_a_column_that_may_matter_is_asked_about(
    heading: str, value: object, option: str, workbook: Writer, read: Reader
) -> None:
    more = () if "period" in option or "due-date" in option else (("账期", "2025年"),)
    path = workbook(listed(*more, (heading, value)))
    with pytest.raises(UsageMistake) as caught:
        read(path)
    assert f"--map {option} | --map {heading}=ignored" in str(caught.value).replace("'", "")


def test_a_person_answers_and_the_answer_is_saved(workbook: Writer, read: Reader) -> None:
    path = workbook(listed(("账期", "2025年"), ("另计", 350.5)))
    result = read(path, mapping={"另计": "ignored"})
    assert result.owed == Decimal("2400.00")
    assert not result.not_understood
    assert read(path, saved=(result.as_mapping("答"),), home="阳光花园").owed == Decimal("2400.00")


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("序号", [1, 2, 3]),
        ("顺位", [1, 2, 3]),
        ("顺位", [1001, 1002, 1003]),
        ("客户编号", [20013, 20055, 20177]),
        ("代码", ["00123", "00124", "00200"]),
        ("套内面积", [89.5, 101.25, 77.0]),
        ("楼层", [3, 17, 3]),
        ("用量", [12.5, 13.25, 9.0]),
        ("入住日期", ["2019-05-01", "2020-06-01", "2018-01-01"]),
        ("状态", ["欠费", "欠费", "未缴费"]),
        ("其他费用", [0, 0, 0]),
        ("逾期", [35, 66, 35]),
        ("证照", ["13010219900101001X", "130102199001010020", "130102199001010039"]),
    ],
)
def test_numbers_and_days_of_other_things_raise_no_question(
    heading: str, values: list[object], workbook: Writer, read: Reader
) -> None:
    assert len(read(workbook(listed(("账期", "2025年"), (heading, values), rows=3))).accounts) == 3


def test_a_second_column_of_a_known_kind_raises_no_question(workbook: Writer, read: Reader) -> None:
    path = workbook([(*HEADINGS, "收费项目", "备用", "另一日"), [*row(), "物业费", "停车费", "2026-01-31"]])
    assert len(read(path).accounts) == 1


def test_a_total_that_is_only_compared_can_be_chosen_as_the_amount(workbook: Writer, read: Reader) -> None:
    path = workbook([("房号", "业主", "账期", "总金额"), ("1-1-101", "林甲", "2025年", 1200)])
    with pytest.raises(UsageMistake) as caught:
        read(path)
    assert "总金额=owed" in str(caught.value)
    assert read(path, mapping={"总金额": "owed"}).owed == Decimal("1200.00")


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["2025-01", "2025-02"], "period"),
        ([202501, 202502], "period"),
        (["2025-08-21T00:00:00+08:00"], "date"),
        (["水费", "电费公摊"], "item"),
        (["张三", "李四"], None),
        (["是", "否"], None),
        ([], None),
        ([1200], "amount"),
        ([13800000001], None),
        ([True, False], None),
    ],
)
def test_values_look_like_what_they_are(cells: list[object], kind: str | None) -> None:
    assert likeness(cells) == kind  # type: ignore[arg-type]  # plain values are cells


@pytest.mark.parametrize("title", ["云杉苑2025年停车费欠费清单", "车位管理费催缴名单", "水费", "地下车位租金"])
def test_a_list_about_another_fee_by_its_title_is_no_list_of_property_fees(
    title: str, workbook: Writer, read: Reader
) -> None:
    rows = [("房号", "业主", "账期", "欠费"), ("1-1-101", "林甲", "2025年", 1200)]
    with pytest.raises(UsageMistake, match="no item column"):
        read(workbook([(title,), *rows]))
    with pytest.raises(UsageMistake, match="no item column"):
        read(workbook([(*rows[0], "备注"), (*rows[1], "停车费")]))
    assert read(workbook([(title,), *rows]), Intake(default_item="停车费")).accounts[0].charges[0].item == "停车费"
    with_items = [(title,), (*rows[0], "费用项目"), (*rows[1], "停车费")]
    assert read(workbook(with_items)).accounts[0].charges[0].item == "停车费"


@pytest.mark.parametrize(
    "title", ["物业费欠费表", "物业费、停车费欠费表", "地下车位物业费", "欠费业主水电使用情况", ""]
)
def test_any_other_title_leaves_the_usual_item(title: str, workbook: Writer, read: Reader) -> None:
    rows = [("房号", "业主", "账期", "欠费", "备注"), ("1-1-101", "林甲", "2025年", 1200, "要求先退停车费")]
    assert read(workbook([(title,), *rows])).accounts[0].charges[0].item == "物业服务费"


@pytest.mark.parametrize("title", ["单位：美元", "欠费表（USD）", "币种：港币", "货币: EUR", "金额单位为美元"])
def test_a_title_that_names_other_money_than_yuan_is_refused(title: str, workbook: Writer, read: Reader) -> None:
    rows = [("房号", "业主", "账期", "欠费"), ("1-1-101", "林甲", "2025年", 1200)]
    with pytest.raises(UsageMistake, match="letters demand yuan"):
        read(workbook([(title,), *rows]))


@pytest.mark.parametrize("title", ["单位：元", "编制单位：港元物业有限公司", "美元大厦欠费表", "币种：人民币"])
def test_a_title_that_only_contains_such_a_word_is_not(title: str, workbook: Writer, read: Reader) -> None:
    rows = [("房号", "业主", "账期", "欠费"), ("1-1-101", "林甲", "2025年", 1200)]
    assert read(workbook([(title,), *rows])).accounts[0].charges[0].owed == 1200
