"""Whose money a line is: what is certain, what is a proposal, and what must never be booked to another account."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.model import CaseKey
from notices.rules.matching import AccountMatch, KnownAccount, KnownLetter, Matcher, Remittance

ESTATE = "阳光花园"


def case(unit: str, *owners: str, estate: str = ESTATE) -> CaseKey:
    return CaseKey.of(estate, unit, owners)


ZHANG, LI, WANG = case("3-2-501", "张三", "赵敏"), case("1-1-101", "李四"), case("11-1-101", "王五")
ZHANG_AGAIN, FENG = case("5-1-202", "张三"), case("3-2-502", "张三丰")
COMPANY, LETTER = case("6-1-101", "阳光商贸有限公司"), case("A-2-301", "周小月")
SOLD = case("3-2-501", "老业主")
ACCOUNTS = (
    KnownAccount(ZHANG, ["13800001111"], ["YG-2026-000123"], [], [Decimal("1200.00"), Decimal("1210.50")]),
    KnownAccount(LI, ["138-0000-2222"], ["YG-2026-000012", "（2026）示律函字第012号"], [], [Decimal("1300.00")]),
    KnownAccount(WANG, [], ["YG-2026-001234"], ["YG-2026-000777"], [Decimal("1400.00")]),
    KnownAccount(ZHANG_AGAIN, [], ["YG-2026-000200"], [], [Decimal("1400.00")]),
    KnownAccount(FENG, [], ["YG-2026-000300"]),
    KnownAccount(COMPANY, [], ["YG-2026-000400"]),
    KnownAccount(LETTER, [], ["YG-2026-000500"]),
    KnownAccount(SOLD, [], ["YG-2025-000001"], listed=False),
)
MATCHER = Matcher(ACCOUNTS)


def match(remark: str = "", payer: str = "", amount: str = "88.88", **cells: str) -> AccountMatch:
    return MATCHER.match(Remittance(Decimal(amount), payer, remark, **cells))


def candidates(found: AccountMatch) -> dict[CaseKey, str]:
    assert found.case is None
    return {each.case: each.why for each in found.candidates}


@pytest.mark.parametrize(
    "remark",
    [
        "YG-2026-000123",
        "物业费YG2026000123",
        "ＹＧ－２０２６－０００１２３，谢谢",
        "yg—2026—000123号",
        "编号[YG 2026-000123]",
        "YG-2026-000123 3-2-501 张三",
        "YG-2026-000123 13800002222",
    ],
)
def test_the_whole_number_of_a_notice_is_certain_however_it_is_written(remark: str) -> None:
    assert match(remark, "外人") == AccountMatch(ZHANG, "number")


@pytest.mark.parametrize(
    "remark", ["（2026）示律函字第012号", "(2026)示律函字第012号物业费", "【2026】示律函字第012号1-1-101"]
)
def test_the_width_of_brackets_in_a_number_does_not_matter(remark: str) -> None:
    assert match(remark) == AccountMatch(LI, "number")


@pytest.mark.parametrize(
    "remark",
    ["9YG-2026-000123", "YG-2026-0001234", "AYG-2026-000123", "YG-2026-000123-7", "XYG2026000123", "88YG2026000123456"],
)
def test_a_number_within_a_longer_one_is_another_number(remark: str) -> None:
    assert match(remark).case is None


def test_a_truncated_number_is_not_completed_by_what_follows() -> None:
    assert match("YG-2026-00012 3栋").case is None


def test_a_withdrawn_notice_is_only_a_proposal() -> None:
    assert candidates(match("YG-2026-000777")) == {WANG: "several"}


@pytest.mark.parametrize(
    ("remark", "payer"),
    [
        ("3-2-501物业费", "张三"),
        ("03－02－0501", "赵敏"),
        ("3栋2单元501室 张三", "外人"),
        ("3#2-501 张三", ""),
        ("三栋二单元五〇一张三", ""),
        ("3 栋 2 单元 501 室", "张三"),
        ("3号楼2单元5楼501", "张三"),
        ("3/2/501", "张三"),
        ("3.2.501", "张三"),
        ("3 2 501", "张三"),
        ("物业费-3-2-501-", "张三6222020000001234567"),
        ("阳光花园3幢2单元501户", "张三"),
    ],
)
def test_unit_and_owner_together_are_certain(remark: str, payer: str) -> None:
    assert match(remark, payer) == AccountMatch(ZHANG, "unit-and-owner")


def test_a_letter_is_part_of_the_unit() -> None:
    assert match("A座2单元301", "周小月") == AccountMatch(LETTER, "unit-and-owner")
    assert match("2-301", "外人").case is None


def test_a_longer_unit_is_another_unit() -> None:
    assert match("11-1-101", "李四").case is None
    assert match("1-1-1011", "李四").case is None
    assert match("2-1-1-101", "李四").case is None
    assert match("1-1-101", "王五").case is None
    assert candidates(match("11-1-101", "外人")) == {WANG: "unit"}


def test_another_owners_unit_is_not_booked_to_the_payer_or_to_the_unit() -> None:
    assert candidates(match("1-1-101物业费", "张三")) == {LI: "unit", ZHANG: "owner", ZHANG_AGAIN: "owner"}


def test_a_number_and_the_unit_of_another_contradict_each_other() -> None:
    found = candidates(match("YG-2026-000123 1-1-101"))
    assert found[ZHANG] == "several"
    assert found[LI] == "unit"


def test_two_numbers_or_two_flats_are_for_a_person_to_part() -> None:
    assert candidates(match("YG-2026-000123 YG-2026-000012")) == {ZHANG: "several", LI: "several"}
    assert set(candidates(match("3-2-501、502", "张三"))) >= {ZHANG, FENG}
    assert set(candidates(match("3-2-501和1-1-101", "张三"))) >= {ZHANG, LI}


def test_the_same_name_in_two_units_proposes_both() -> None:
    assert candidates(match("物业费", "张三")) == {ZHANG: "owner", ZHANG_AGAIN: "owner"}


@pytest.mark.parametrize("remark", ["3-2-501张三丰", "3-2-501 小张三", "3-2-501 张三丰"])
def test_a_name_within_another_name_is_not_the_owners(remark: str) -> None:
    assert match(remark).case is None


def test_the_longer_of_two_owners_names_is_meant() -> None:
    assert match("3-2-502张三丰") == AccountMatch(FENG, "unit-and-owner")
    assert candidates(match("3-2-502", "张三"))[FENG] == "unit"


def test_a_company_pays_under_its_full_name() -> None:
    assert match("6-1-101", "阳光商贸有限公司") == AccountMatch(COMPANY, "unit-and-owner")
    assert match("6-1-101", "新阳光商贸有限公司").case is None


def test_a_telephone_is_a_proposal() -> None:
    assert candidates(match("物业费 138 0000 2222")) == {LI: "telephone"}
    assert candidates(match("9138000022225")) == {}


def test_an_amount_is_proposed_only_if_it_fits_one_account() -> None:
    assert candidates(match(amount="1210.50")) == {ZHANG: "amount"}
    assert candidates(match(amount="1400.00")) == {}


def test_an_amount_that_is_equal_by_chance_adds_nothing_to_a_unit() -> None:
    assert candidates(match("1-1-101", "外人", amount="1200.00")) == {LI: "unit"}


def test_the_last_digits_of_a_number_are_a_proposal() -> None:
    assert candidates(match("单号000123")) == {ZHANG: "several"}


def test_the_present_owner_of_a_unit_comes_before_a_former_one() -> None:
    assert candidates(match("3-2-501", "外人")) == {ZHANG: "unit"}
    assert candidates(match("3-2-501", "外人老业主"))[ZHANG] == "unit"
    assert match("3-2-501", "老业主") == AccountMatch(SOLD, "unit-and-owner")


def test_cells_of_a_table_count_as_what_they_are() -> None:
    assert match(unit="3栋2单元501", owner="张三") == AccountMatch(ZHANG, "unit-and-owner")
    assert match("YG-2026-000123", owner="李四").case is None
    assert candidates(match(unit="1-1-101", owner="外人")) == {LI: "unit"}


def test_an_estate_that_is_named_decides_between_equal_units() -> None:
    other = case("3-2-501", "张三", estate="月光花园")
    matcher = Matcher([*ACCOUNTS, KnownAccount(other)])

    def of(remark: str, **cells: str) -> AccountMatch:
        return matcher.match(Remittance(Decimal(1), "张三", remark, **cells))

    assert of("3-2-501").case is None
    assert {each.case for each in of("3-2-501").candidates} >= {ZHANG, other}
    assert of("月光花园3-2-501").case == other
    assert of("3-2-501", estate="阳光花园").case == ZHANG


def test_unit_and_owner_only_propose_if_the_settings_say_so() -> None:
    careful = Matcher(ACCOUNTS, book_unit_and_owner=False)
    found = careful.match(Remittance(Decimal(1), "张三", "3-2-501"))
    assert found.case is None
    assert found.candidates[0].case == ZHANG
    assert careful.match(Remittance(Decimal(1), "", "YG-2026-000123")).why == "number"


@given(
    st.text(alphabet="0123456789-、 栋单元室号张三丰李四YG2026〔】/.王五", max_size=24),
    st.sampled_from(["", "张三", "李四", "张三丰"]),
)
def test_whatever_is_written_a_booking_rests_on_a_whole_number_or_on_unit_and_owner(remark: str, payer: str) -> None:
    found = match(remark, payer)
    if found.why == "unit-and-owner":
        assert found.case is not None
        assert any(name in f"{remark} {payer}" for name in found.case.owners)
        assert found.case.unit.rpartition("-")[2] in remark
    elif found.why == "number":
        assert "2026" in remark.replace(" ", "")


FLAT, SHOP = case("8-1-101", "郑九"), case("S-9", "郑九")
SHARES = {FLAT: Decimal("1000.00"), SHOP: Decimal("250.00")}
OF_LETTERS = Matcher(
    [
        *ACCOUNTS,
        KnownAccount(FLAT, ["13800009999"], ["YG-2026-000900"]),
        KnownAccount(SHOP, ["13800009999"], ["YG-2026-000901"]),
    ],
    [KnownLetter("YG-2026-000900", (FLAT, SHOP), (SHARES,))],
)


def match_letter(remark: str, amount: str, **cells: str) -> AccountMatch:
    return OF_LETTERS.match(Remittance(Decimal(amount), "", remark, **cells))


def test_the_sum_of_a_letter_for_several_units_is_spread_over_them() -> None:
    assert dict(match_letter("YG-2026-000900", "1250.00").shares) == SHARES


def test_another_sum_under_the_number_of_such_a_letter_waits_for_a_person() -> None:
    found = match_letter("YG-2026-000900", "1000.00")
    assert (found.case, found.shares) == (None, ())
    assert {each.case for each in found.candidates} == {FLAT, SHOP}


@pytest.mark.parametrize(("remark", "own"), [("YG-2026-000901", SHOP), ("YG-2026-000900 8-1-101", FLAT)])
def test_the_number_of_one_unit_or_the_unit_beside_the_letters_is_that_unit(remark: str, own: CaseKey) -> None:
    assert match_letter(remark, "88.00") == AccountMatch(own, "number")


@pytest.mark.parametrize("remark", ["YG-2026-000900 YG-2026-000012", "YG-2026-000900 1-1-101"])
def test_a_letter_and_another_account_contradict_each_other(remark: str) -> None:
    found = match_letter(remark, "1250.00")
    assert (found.case, found.shares) == (None, ())


OWNER, VILLA = "郑九", case("1-12", "郑九")
HOMES = [VILLA, case("2-5", OWNER), case("3-2-501", OWNER), case("3-2-502", OWNER), case("车位12", OWNER)]
OF_SEVERAL = Matcher(KnownAccount(each) for each in (*HOMES, case("车位13", "孙十"), case("24-25", "孙十")))


def match_several(remark: str, payer: str = OWNER) -> CaseKey | None:
    return OF_SEVERAL.match(Remittance(Decimal("88.88"), payer, remark)).case


@pytest.mark.parametrize(
    "remark",
    ["1-12月物业费", "2026年1-12月", "1~12个月", "2026.1-12", "2026年1-12", "2026.1-2026.12物业费", "1-12季度"],
)
def test_months_and_years_are_no_units(remark: str) -> None:
    assert match_several(remark) is None
    assert match_several(f"2-5 {remark}") == case("2-5", OWNER)
    assert match_several(f"{remark} 3-2-501") == case("3-2-501", OWNER)


def test_a_span_of_years_is_no_unit_either() -> None:
    assert match_several("24-25年物业费", "孙十") is None
    assert match_several("24-25", "孙十") == case("24-25", "孙十")


@pytest.mark.parametrize("remark", ["1-12", "1-12号物业费", "1-12 2026年"])
def test_a_unit_that_could_be_months_is_a_unit_where_none_are_meant(remark: str) -> None:
    assert match_several(remark) == VILLA


@pytest.mark.parametrize(
    "remark",
    [
        "3-2-501和车位12",
        "3-2-501、车位 12 物业费",
        "3-2-501物业费及车位费",
        "3-2-501 502室",
        "3-2-501及502",
        "车位12、13",
    ],
)
def test_a_line_that_tells_of_another_account_of_its_owner_is_for_a_person_to_part(remark: str) -> None:
    found = OF_SEVERAL.match(Remittance(Decimal("88.88"), OWNER, remark))
    assert found.case is None
    assert len(found.candidates) > 1


@pytest.mark.parametrize("remark", ["车位12", "车位12号", "车位-12 物业费", "车位012"])
def test_a_word_and_a_number_are_a_unit(remark: str) -> None:
    assert match_several(remark) == case("车位12", OWNER)


@pytest.mark.parametrize("remark", ["车位12月费", "车位12元", "车位 12个月", "车位12.50"])
def test_a_month_or_a_sum_after_a_word_is_no_unit(remark: str) -> None:
    assert match_several(remark) is None


def test_a_word_of_another_owners_space_does_not_matter() -> None:
    matcher = Matcher([KnownAccount(ZHANG), KnownAccount(case("车位13", "孙十"))])
    assert matcher.match(Remittance(Decimal(1), "张三", "3-2-501物业费和车位费")).case == ZHANG


PHASES = Matcher(
    KnownAccount(it, numbers=numbers)
    for it, numbers in (
        (case("3-2-501", "张三"), ["YG-2026-000123"]),
        (case("3-2-501", "钱七", estate="阳光花园二期"), ["EQ-2026-000001"]),
        (case("3-2-501", "钱七", estate="月光花园"), []),
    )
)


@pytest.mark.parametrize(
    ("remark", "payer", "estate"),
    [
        ("阳光花园二期3-2-501", "张三", None),  # the second phase's flat, paid by an owner of the first
        ("阳光花园3-2-501", "张三", "阳光花园"),
        ("阳光花园二期3-2-501", "钱七", "阳光花园二期"),
        ("阳光花园二期 EQ-2026-000001", "外人", "阳光花园二期"),
        ("阳光花园 EQ-2026-000001", "外人", "阳光花园二期"),  # the estate in short
        ("月光花园 YG-2026-000123", "外人", None),  # the number of another estate
        ("阳光花园二期 YG-2026-000123", "外人", None),
    ],
)
def test_the_estate_that_is_named_decides_or_contradicts(remark: str, payer: str, estate: str | None) -> None:
    found = PHASES.match(Remittance(Decimal(1), payer, remark)).case
    assert (found.estate if found else None) == estate


def test_the_estate_of_a_table_contradicts_the_number_of_another() -> None:
    line = Remittance(Decimal(1), "外人", "YG-2026-000123", estate="月光花园")
    assert PHASES.match(line).case is None


def test_the_account_that_the_money_came_into_keeps_a_namesake_of_another_estate_from_being_booked() -> None:
    def of(remark: str, *into: str) -> CaseKey | None:
        return PHASES.match(Remittance(Decimal(1), "张三", remark, into=frozenset(into))).case

    assert of("3-2-501", "阳光花园", "月光花园") == of("3-2-501") == case("3-2-501", "张三")
    assert of("3-2-501", "月光花园") is None
    assert of("YG-2026-000123", "月光花园") == case("3-2-501", "张三")
