"""Names, addresses and amounts of any shape are printed in the letter exactly as in the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from letter_builders import TEMPLATES, TIERS, Sheets, charge, earlier, letter_of, occasion

from notices.letters.proof import PageRange, prove
from notices.model import Letter

pytestmark = pytest.mark.office
COMPANY = "示例市华夏" + "联合" * 11 + "商业管理集团有限公司分公司"
LINES = "示例省示例自治州示例市高新技术产业开发区科技大道1888号\n国际商务中心A座32层3201至3208室\n转财务部"
AWKWARD = "A&B <C> \"D\" 'E' {{ x }} {% if %} {# y #}"


@dataclass(frozen=True)
class Owner:
    """An owner's data, and the texts expected on the letter's pages regardless of line breaks."""

    expected: tuple[str, ...]
    owners: tuple[str, ...] = ("林一山",)
    address: str = ""
    due: str = "220.00"
    area: str | None = "89.50"


OWNERS = {
    "two owners": Owner(("林一山、陈示例",), owners=("林一山", "陈示例")),
    "three owners": Owner(("林一山、陈示例、欧阳示例",), owners=("林一山", "陈示例", "欧阳示例")),
    "a company of forty characters": Owner((COMPANY,), owners=(COMPANY,)),
    "an address of three lines": Owner((LINES,), owners=(COMPANY,), address=LINES),
    "no floor area": Owner(("青松苑2-1-5",), area=None),
    "signs that mean something to a machine": Owner((AWKWARD,), owners=(AWKWARD,), address=AWKWARD),
    "a newline in a name": Owner(("林一山公司",), owners=("林一山\n公司",)),
    "one fen": Owner(("0.01", "零元壹分|壹分"), due="0.01"),
    "the largest amount": Owner(("99,999,999.99", "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"), due="99999999.99"),
    "zeros inside": Owner(("10,004.05", "壹万零肆元零伍分"), due="10004.05"),
    "whole hundred thousands": Owner(("100,000.00", "壹拾万元整"), due="100000.00"),
    "rare characters": Owner(("王䶮、李㛃、赵𬭎", "𰻞𠅤"), owners=("王䶮", "李㛃", "赵𬭎"), address="𰻞𠅤路1号"),
}


def squeezed(text: str) -> str:
    return "".join(text.split())


def letter(number: int, owner: Owner, tier: str) -> Letter:
    made = occasion([charge(80, due=Decimal(owner.due))], tier, previous=None if tier == "reminder" else earlier())
    account = replace(
        made.account,
        unit=f"2-1-{number}",
        owners=owner.owners,
        address=owner.address,
        area=Decimal(owner.area) if owner.area else None,
    )
    # The total of the higher tiers includes the late fee; here all letters demand the charge only.
    decision = replace(made.decision, total=made.decision.principal)
    no_telephone = replace(made, account=account, decision=decision, number=f"QSY-2026-{number:06d}", handler=None)
    return letter_of(no_telephone)


@pytest.fixture(scope="module", params=TIERS)
def read_back(request: pytest.FixtureRequest, sheets: Sheets, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Make one document of all letters and return the text of each."""
    tier = str(request.param)
    shard = [letter(number, owner, tier) for number, owner in enumerate(OWNERS.values(), start=1)]
    pages = sheets(TEMPLATES / f"{tier}.docx", shard, tmp_path_factory.mktemp("owners"))
    proved = [each for each in prove(pages, shard) if isinstance(each, PageRange)]
    assert len(proved) == len(shard)
    return [squeezed("".join(pages[each.first : each.first + each.count])) for each in proved]


def test_what_the_list_says_of_an_owner_is_what_is_read_in_his_letter(read_back: list[str]) -> None:
    for (case, owner), text in zip(OWNERS.items(), read_back, strict=True):
        for expected in owner.expected:
            assert any(squeezed(one) in text for one in expected.split("|")), f"{case}: {expected}"


def test_the_whole_address_and_the_whole_name_stand_above_the_title(read_back: list[str]) -> None:
    for (case, owner), text in zip(OWNERS.items(), read_back, strict=True):
        above = text[: text.index("截至")]  # the address block and the first words of the letter
        name = squeezed("、".join(owner.owners))
        assert above.count(name) >= 2, case
        assert squeezed(owner.address) in above, case


def test_nothing_is_said_of_a_floor_area_that_nobody_knows(read_back: list[str]) -> None:
    for (case, owner), text in zip(OWNERS.items(), read_back, strict=True):
        assert ("建筑面积89.50平方米" in text) is (owner.area is not None), case
        assert "建筑面积平方米" not in text
