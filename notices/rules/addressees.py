"""Kinds of owners and of fees, recognised by their names, that decide how a letter speaks and what law it cites."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from notices.model import OwnerKind

# Endings of the registered names of companies, firms and other organisations.
ENDINGS = (
    "公司", "事务所", "合作社", "工作室", "经营部", "服务部", "营业部", "商行",
    "商店", "超市", "中心", "研究院", "研究所", "医院", "诊所", "学校",
    "学院", "幼儿园", "银行", "支行", "分行", "企业", "集团", "基金会",
    "协会", "学会", "商会", "委员会", "管理局", "管理处", "办事处",
)  # fmt: skip
SHORT_ENDINGS = tuple("厂店馆部所院局社站")  # also the last character of some people's names
COMPANY_PARTS = ("有限公司", "有限责任", "股份", "合伙", "个体工商户", "律师事务所")
COMPANY_WORDS = frozenset(
    {"LTD", "LIMITED", "INC", "LLC", "LLP", "CORP", "CORPORATION", "COMPANY", "GMBH", "PLC", "CO"}
)
LONGEST_PERSON = 4  # characters of a Chinese name, with a surname of two


def is_company(owners: Sequence[str], kind: OwnerKind | None = None) -> bool:
    """Return whether every owner is a company or another organisation: as the list says, else by the names."""
    if kind is not None:
        return kind is OwnerKind.COMPANY
    return bool(owners) and all(_names_company(owner) for owner in owners)


def is_property_fee(item: str, words: Collection[str]) -> bool:
    """Return whether a fee item is a property-service fee: its name contains one of these words."""
    plain = item.casefold()
    return any(word.casefold() in plain for word in words)


def _names_company(name: str) -> bool:
    words = {word.strip(".,()").upper() for word in name.split()}
    if words & COMPANY_WORDS or any(part in name for part in COMPANY_PARTS):
        return True
    bare = name.rstrip(")）").strip()
    if len(bare) > LONGEST_PERSON and bare.endswith(SHORT_ENDINGS):
        return True
    return len(bare) >= LONGEST_PERSON and bare.endswith(ENDINGS)
