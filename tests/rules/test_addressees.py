"""Kinds of owners and of fees, by their names."""

from __future__ import annotations

import pytest

from notices.model import OwnerKind
from notices.rules.addressees import is_company, is_property_fee

WORDS = ("物业", "property", "management fee")


@pytest.mark.parametrize(
    "name",
    [
        "示例商贸有限公司",
        "正言律师事务所",
        "示例农业专业合作社",
        "示例区第一小学校",
        "示例市老王五金店",
        "示例银行股份有限公司示例支行",
        "示例文化传播中心（普通合伙）",
        "H&M（样板）商业有限公司",
        "Bross Trading Co., Ltd.",
        "Sample Property LLC",
    ],
)
def test_a_registered_name_is_a_company(name: str) -> None:
    assert is_company([name])


@pytest.mark.parametrize("name", ["张三", "欧阳建社", "王志院", "司马公", "Costa Maria", "Lincoln Smith", "李部"])
def test_a_persons_name_is_none(name: str) -> None:
    assert not is_company([name])


def test_a_person_among_the_owners_is_addressed_as_one() -> None:
    assert not is_company(["示例商贸有限公司", "张三"])


def test_the_list_overrides_the_name() -> None:
    assert is_company(["老王五金"], OwnerKind.COMPANY)
    assert not is_company(["有限公司"], OwnerKind.PERSON)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("物业服务费", True),
        ("物业费", True),
        ("Property fee", True),
        ("车位管理费", False),
        ("水费", False),
        ("停车费", False),
    ],
)
def test_only_property_fees_are_property_fees(item: str, *, expected: bool) -> None:
    assert is_property_fee(item, WORDS) is expected
