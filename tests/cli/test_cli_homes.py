"""Only what can have a letter box is an address: not a parking space, but perhaps its owner's home."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from desk import Desk, Owes

SPACE = Owes("车位B-012", "林晓禾", address="")
HOME = Owes("1-1-101", "林晓禾", address="")
OTHER = Owes("1-1-102", "周一", address="")


@pytest.fixture
def unit_desk(desk: Desk) -> Desk:
    desk.set('missing_address = "none"', 'missing_address = "unit"')
    return desk


def notes(desk: Desk, *rows: Owes) -> list[str]:
    """Return the notes about units without a letter box."""
    document: Any = desk("check", desk.list(*rows), "--json").json
    return [note["detail"] for note in document["notes"] if note["code"] == "no-letter-box"]


@pytest.mark.parametrize("unit", ["车位B-012", "负一层车库15", "2-储藏室-3", "地下室07", "B区车位12"])
def test_nothing_is_addressed_to_what_has_no_letter_box(unit: str, unit_desk: Desk) -> None:
    space = replace(SPACE, unit=unit)
    decisions = unit_desk.plan(space, OTHER)
    assert decisions[OTHER.account]["deliveries"][0]["to"] == "示例市样板路8号示例花园1-1-102"
    (decision,) = [each for account, each in decisions.items() if account != OTHER.account]
    assert (decision["action"], decision["reason"]) == ("refer", "unreachable")


def test_the_owners_home_in_the_list_is_proposed(unit_desk: Desk) -> None:
    (said,) = notes(unit_desk, SPACE, HOME)
    assert "示例市样板路8号示例花园1-1-101" in said
    assert unit_desk.plan(SPACE, HOME)[SPACE.account]["reason"] == "unreachable"


def test_the_owners_home_is_used_where_the_settings_say_so(unit_desk: Desk) -> None:
    unit_desk.set('owner_home = "propose"', 'owner_home = "use"')
    decision = unit_desk.plan(SPACE, replace(HOME, address="他乡路9号"))[SPACE.account]
    assert [each["to"] for each in decision["deliveries"]] == ["他乡路9号"]


def test_a_home_that_only_the_ledger_knows_is_used_too(unit_desk: Desk) -> None:
    unit_desk.set('owner_home = "propose"', 'owner_home = "use"')
    unit_desk.plan(HOME, batch="a", as_of="2026-11-16")
    decision = unit_desk.plan(SPACE, batch="b")[SPACE.account]
    assert decision["deliveries"][0]["to"] == "示例市样板路8号示例花园1-1-101"


def test_two_homes_are_no_home(unit_desk: Desk) -> None:
    (said,) = notes(unit_desk, SPACE, HOME, replace(HOME, unit="2-1-101"))
    assert "no home of the owner is known" in said


def test_other_kinds_can_be_named(unit_desk: Desk) -> None:
    unit_desk.set('no_letter_box = ["车位", ', 'no_letter_box = ["商铺", ')
    shop = replace(SPACE, unit="商铺-5")
    assert unit_desk.plan(shop)[shop.account]["reason"] == "unreachable"
