from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from letter_builders import ESTATE, TODAY, charge, earlier, letter_of, occasion

from notices.letters.context import letter_fields, payment_url
from notices.letters.fields import NAMES, ROWS, sample_fields
from notices.letters.wording import written_period, written_rate
from notices.model import Payment, Period
from notices.settings import Item, LateFee, Policy


def amount(text: object) -> Decimal:
    return Decimal(str(text).replace(",", ""))


def test_every_field_of_the_catalogue_is_filled_and_no_other() -> None:
    fields = letter_fields(occasion())
    assert fields.keys() == NAMES
    assert fields["charges"][0].keys() == ROWS["charges"]


def test_the_sample_has_the_fields_of_a_letter() -> None:
    sample = sample_fields(3)
    assert sample.keys() == NAMES
    assert [row.keys() for row in sample["charges"]] == [ROWS["charges"]] * 3


def test_only_claimable_charges_are_listed() -> None:
    paid = charge(60, paid=Decimal("220.00"))
    not_due = charge(70, due_date=TODAY)
    fields = letter_fields(occasion([charge(50), paid, not_due]))
    assert [row["due_date"] for row in fields["charges"]] == ["2024-03-28"]
    assert fields["charge_count"] == 1


money = st.decimals(min_value=0, max_value=99_999_999, places=2)


@given(
    st.lists(st.tuples(money, money, money), min_size=1, max_size=6),
    money,
    st.sampled_from(["reminder", "lawyer-letter"]),
)
def test_table_and_totals_add_up_whatever_was_paid_waived_or_overpaid(
    figures: list[tuple[Decimal, Decimal, Decimal]], since: Decimal, tier: str
) -> None:
    charges = [charge(40 + i, due=due, paid=paid, waived=waived) for i, (due, paid, waived) in enumerate(figures)]
    fields = letter_fields(occasion(charges, tier, [Payment(date(2026, 11, 24), since)]))
    rows = fields["charges"]
    for row in rows:
        assert amount(row["due"]) - amount(row["received"]) == amount(row["balance"])
    for column, total in (
        ("due", "due_total"),
        ("received", "received_total"),
        ("balance", "principal"),
        ("late_fee", "late_fee"),
    ):
        assert sum(amount(row[column]) for row in rows) == amount(fields[total])
    claimed = amount(fields["late_fee"]) if fields["claims_late_fee"] else 0
    assert amount(fields["principal"]) + claimed == amount(fields["total"])


def test_amounts_are_written_with_separators_and_in_capital_numerals() -> None:
    fields = letter_fields(occasion([charge(due=Decimal("1234567.05"))]))
    assert fields["principal"] == "1,234,567.05"
    assert fields["principal_capital"] == "壹佰贰拾叁万肆仟伍佰陆拾柒元零伍分"


def test_dates_are_written_in_the_language_of_the_estate() -> None:
    assert letter_fields(occasion())["deadline"] == "2026年12月8日"
    english = ESTATE.model_copy(update={"language": "en"})
    assert letter_fields(occasion(estate=english))["deadline"] == "8 December 2026"


def test_the_last_notice_of_the_case_is_named_with_its_title_and_may_stand_on_the_page() -> None:
    made = occasion(tier="follow-up", previous=earlier())
    fields = letter_fields(made)
    assert fields["previous_title"] == "律师函"
    assert fields["previous_date"] == "2026年10月8日"
    assert letter_of(made).foreign == ("（2026）正律函字第012号",)


def test_without_an_earlier_notice_its_fields_are_empty() -> None:
    fields = letter_fields(occasion())
    assert {fields[name] for name in ("previous_number", "previous_date", "previous_title")} == {""}
    assert letter_of(occasion()).foreign == ()


def test_without_a_postal_address_the_unit_is_where_it_goes() -> None:
    assert letter_fields(occasion())["address"] == "示例市河东区松林路9号青松苑2-1-301"


def test_without_a_handler_the_centre_answers_the_telephone() -> None:
    fields = letter_fields(occasion(handler=None))
    assert (fields["handler"], fields["handler_telephone"]) == ("", "010-00000003")


def test_the_proof_names_every_owner() -> None:
    account = replace(occasion().account, owners=("林一山", "高二川"))
    assert letter_of(occasion(account=account)).proof == ("QSY-2026-000001", "林一山", "高二川", "2-1-301", "220.00")


def test_without_a_late_fee_rate_there_is_no_rate_to_print() -> None:
    policy = Policy(late_fee=LateFee(daily_rate=Decimal(0), cap=None))
    fields = letter_fields(occasion(policy=policy))
    assert (fields["late_fee_rate"], fields["late_fee_cap"], fields["late_fee"]) == ("", "", "0.00")


PARKING = Item(
    name="停车",
    fee_standard="每车位每月150元",
    law="《停车办法》第九条",
    late_fee=LateFee(daily_rate=Decimal("0.001"), cap=None),
)


def test_an_item_of_the_settings_has_its_own_rate_late_fee_and_ground() -> None:
    owed = [charge(), charge(item="地下停车费", rate="150"), charge(item="公摊水电费", rate="按表")]
    policy = Policy(items=(PARKING,))
    fields = letter_fields(occasion(owed, policy=policy))
    rows = fields["charges"]
    assert isinstance(rows, list)
    assert [row["rate"] for row in rows] == ["", "每车位每月150元", "按表"]
    assert fields["late_fee_rate"] == "万分之三（地下停车费：千分之一）"
    assert str(fields["late_fee_cap"]).startswith("30%（地下停车费：")
    assert str(fields["law_other"]).startswith("《停车办法》第九条、")
    usual, dearer, _ = (Decimal(str(row["late_fee"]).replace(",", "")) for row in rows)
    assert dearer > usual


@pytest.mark.parametrize(
    ("rates", "named"),
    [(("",), True), (("2.2",), True), (("每平方米每月2.20元", ""), True), (("4.80",), False), (("2.2", "4.80"), False)],
)
def test_the_estates_standard_is_named_only_where_no_property_fee_has_another_rate(
    rates: tuple[str, ...], named: bool
) -> None:
    made = occasion([charge(40 + place, item="物业服务费", rate=rate) for place, rate in enumerate(rates)])
    standard = "每平方米每月2.20元"
    made = replace(made, estate=made.estate.model_copy(update={"fee_standard": standard}))
    assert letter_fields(made)["fee_standard"] == (standard if named else "")


def test_a_bare_figure_as_rate_gets_a_unit() -> None:
    owed = [
        charge(item="物业服务费", rate="2.2"),
        charge(item="停车费", rate="150"),
        charge(item="物业服务费", rate="每平方米2.2元"),
    ]
    rows = letter_fields(occasion(owed))["charges"]
    assert isinstance(rows, list)
    assert [row["rate"] for row in rows] == ["2.2元/㎡·月", "150元", "每平方米2.2元"]


def test_a_letter_about_one_item_names_its_late_fee_only() -> None:
    fields = letter_fields(occasion([charge(item="停车费")], policy=Policy(items=(PARKING,))))
    assert (fields["late_fee_rate"], fields["late_fee_cap"], fields["law_other"]) == (
        "千分之一",
        "",
        "《停车办法》第九条",
    )


def test_a_developers_preliminary_contract_has_a_ground_of_its_own() -> None:
    base = occasion()
    told = {
        contract: letter_fields(replace(base, estate=base.estate.model_copy(update={"contract": contract})))
        for contract in ("《青松苑前期物业服务合同》", "《青松苑物业服务合同》")
    }
    assert [fields["law_preliminary"] for fields in told.values()] == [base.law.preliminary, ""]


@pytest.mark.parametrize(
    ("rate", "written"),
    [
        ("0.0003", "万分之三"),
        ("0.0005", "万分之五"),
        ("0.001", "千分之一"),
        ("0.003", "千分之三"),
        ("0.00021", "万分之2.1"),
        ("0.0015", "万分之15"),
    ],
)
def test_rates_are_written_as_contracts_write_them(rate: str, written: str) -> None:
    assert written_rate(Decimal(rate), "zh") == written


@pytest.mark.parametrize(
    ("start", "end", "chinese", "english"),
    [
        (date(2025, 1, 1), date(2025, 12, 31), "2025年度", "2025"),
        (date(2025, 1, 1), date(2025, 6, 30), "2025年1月—6月", "Jan – Jun 2025"),
        (date(2024, 2, 1), date(2024, 2, 29), "2024年2月", "Feb 2024"),
        (date(2024, 7, 1), date(2025, 6, 30), "2024年7月—2025年6月", "Jul 2024 – Jun 2025"),
        (date(2024, 7, 5), date(2025, 6, 30), "2024.07.05—2025.06.30", "2024-07-05 – 2025-06-30"),
        (date(2025, 1, 1), date(2025, 12, 30), "2025.01.01—2025.12.30", "2025-01-01 – 2025-12-30"),
        (date(2024, 3, 1), date(2025, 3, 31), "2024年3月—2025年3月", "Mar 2024 – Mar 2025"),
    ],
)
def test_periods_are_written_as_short_as_they_can_be(start: date, end: date, chinese: str, english: str) -> None:
    one = charge(period=Period(start, end))
    assert (written_period(one, "zh"), written_period(one, "en")) == (chinese, english)


def test_a_period_that_the_list_only_describes_keeps_its_words() -> None:
    assert written_period(charge(period=None, period_text="装修期间"), "zh") == "装修期间"


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("https://pay.example.com/a", "https://pay.example.com/a?notice=A-1"),
        ("https://pay.example.com/a?e=1", "https://pay.example.com/a?e=1&notice=A-1"),
        ("https://pay.example.com/{number}/x", "https://pay.example.com/A-1/x"),
    ],
)
def test_the_payment_link_carries_the_number(link: str, address: str) -> None:
    assert payment_url(link, "A-1") == address


def test_a_number_that_is_no_part_of_an_address_is_quoted() -> None:
    assert payment_url("https://p.example.com", "第1号&x") == "https://p.example.com?notice=%E7%AC%AC1%E5%8F%B7%26x"


def to(*owners: str, items: Sequence[str] = ("物业服务费",)) -> dict[str, object]:
    usual = occasion([charge(60 + place, item=item) for place, item in enumerate(items)])
    return letter_fields(replace(usual, account=replace(usual.account, owners=owners)))


def test_a_company_is_addressed_as_one() -> None:
    assert (to("示例商贸有限公司")["you"], to("示例商贸有限公司")["to_company"]) == ("贵公司", True)
    assert (to("张三")["you"], to("张三")["to_company"]) == ("您", False)


@pytest.mark.parametrize(
    ("items", "property_fee", "other", "standard"),
    [
        (("物业服务费",), True, False, ESTATE.fee_standard),
        (("物业服务费", "停车费"), True, True, ESTATE.fee_standard),
        (("停车费", "水费"), False, True, ""),
    ],
)
def test_the_property_fees_rate_and_law_are_for_property_fees_only(
    items: tuple[str, ...], standard: str, *, property_fee: bool, other: bool
) -> None:
    fields = to("张三", items=items)
    assert (fields["claims_property_fee"], fields["claims_other_fees"]) == (property_fee, other)
    assert fields["fee_standard"] == standard


def test_a_unit_is_printed_as_the_list_writes_it_and_so_is_its_address() -> None:
    usual = occasion()
    account = replace(usual.account, written_unit="1栋1单元1102室", address="")
    fields = letter_fields(replace(usual, account=account))
    assert fields["unit"] == "1栋1单元1102室"
    assert str(fields["address"]).endswith("1栋1单元1102室")
