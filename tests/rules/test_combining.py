"""Which notices go into one letter: those of one owner for certain, the same way out, and no others."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notices.model import Account, CaseKey, Channel, OwnerKind
from notices.rules.combining import Combinable, Holders, Joined, combine, marks_of

PHONE, HOME = "13800000001", "示例市幸福路1号3-2-501"
PAPER = ((Channel.PRINT, HOME),)


def home(unit: str, *owners: str, telephone: str = PHONE, address: str = HOME, **more: object) -> Account:
    return Account("甲园", unit, owners or ("张三",), (), telephone=telephone, address=address, **more)  # type: ignore[arg-type]  # fields by name


def letters(*accounts: Account, said: tuple[Joined, ...] = (), ways: object = PAPER) -> list[tuple[int, ...]]:
    notices = [Combinable(place, account, ways) for place, account in enumerate(accounts)]  # type: ignore[arg-type]  # as given
    return combine(notices, Holders.of(accounts), said)


def test_flat_shop_and_two_parking_spaces_of_one_owner_are_one_letter() -> None:
    assert letters(home("3-2-501"), home("S-101"), home("车位12"), home("车位13")) == [(0, 1, 2, 3)]


def test_namesakes_stay_apart() -> None:
    assert letters(home("1-1-101", telephone="13800000001", address=""), home("2-1-101", telephone="13900000002")) == []


def test_without_telephone_and_address_nothing_shows_that_it_is_one_owner() -> None:
    assert letters(home("1-1-101", telephone="", address=""), home("车位1", telephone="", address="")) == []


def test_joint_owners_and_one_of_them_alone_stay_apart() -> None:
    assert letters(home("1-1-101", "张三", "李四"), home("车位1", "张三")) == []


def test_the_order_of_joint_owners_does_not_matter() -> None:
    assert letters(home("1-1-101", "张三", "李四"), home("车位1", "李四", "张三")) == [(0, 1)]


@pytest.mark.parametrize("shared", [{"telephone": ""}, {"telephone": "13900000009"}])
def test_a_shared_postal_address_is_enough(shared: dict[str, str]) -> None:
    assert letters(home("1-1-101"), home("车位1", **shared)) == [(0, 1)]


def test_a_telephone_is_found_among_several_and_however_it_is_written() -> None:
    one, other = home("1", telephone="138 0000 0001、010-66668888"), home("2", telephone="+86138-0000-0001")
    assert letters(one, other, ways=((Channel.EMAIL, "a@example.com"),)) == [(0, 1)]


@pytest.mark.parametrize("nothing", ["110", "0000000", "无", "1234"])
def test_what_is_no_telephone_number_identifies_nobody(nothing: str) -> None:
    assert marks_of(home("1", telephone=nothing, address="")) == frozenset()


def test_a_number_that_strangers_list_too_proves_nothing() -> None:
    agent = home("9-9-909", "王五")
    assert letters(home("1-1-101"), home("车位1"), agent) == []


def test_a_number_that_a_joint_owner_lists_too_still_proves_it() -> None:
    assert letters(home("1-1-101"), home("车位1"), home("9-9-909", "张三", "李四")) == [(0, 1)]


def test_a_person_may_join_accounts_and_keep_them_apart() -> None:
    one, other = home("1-1-101"), home("车位1", telephone="")
    bare = home("1-1-101", telephone="", address=""), home("车位1", telephone="", address="")
    joined = Joined(bare[0].case, bare[1].case)
    assert letters(*bare, said=(joined,)) == [(0, 1)]
    assert letters(one, other, said=(Joined(one.case, other.case, together=False),)) == []
    assert letters(one, other, said=(Joined(one.case, other.case, together=False), Joined(other.case, one.case))) == [
        (0, 1)
    ]


def test_a_person_cannot_join_different_owners() -> None:
    one, other = home("1-1-101", "张三"), home("车位1", "李四")
    assert letters(one, other, said=(Joined(one.case, other.case),)) == []


def test_another_way_out_is_another_letter() -> None:
    accounts = home("1-1-101"), home("车位1")
    notices = [
        Combinable(0, accounts[0], PAPER),
        Combinable(1, accounts[1], ((Channel.PRINT, "别处的一个地址"),)),
    ]
    assert combine(notices, Holders.of(accounts)) == []
    notices[1] = Combinable(1, accounts[1], (*PAPER, (Channel.EMAIL, "a@example.com")))
    assert combine(notices, Holders.of(accounts)) == []


def test_another_tier_postcode_or_kind_of_owner_is_another_letter() -> None:
    one = home("1-1-101", postcode="100000")
    for other, alike in [
        (home("车位1", postcode="100000"), "lawyer-letter"),
        (home("车位1", postcode="200000"), "reminder"),
        (home("车位1", postcode="100000", owner_kind=OwnerKind.COMPANY), "reminder"),
    ]:
        notices = [Combinable(0, one, PAPER, "reminder"), Combinable(1, other, PAPER, alike)]
        assert combine(notices, Holders.of([one, other])) == []


def test_another_estate_is_another_letter() -> None:
    other = Account("乙园", "1-1-101", ("张三",), (), telephone=PHONE, address=HOME)
    assert letters(home("1-1-101"), other) == []


owners = st.sampled_from([("张三",), ("李四",), ("张三", "李四"), ("李四", "张三")])
phones = st.sampled_from(["", "13800000001", "13800000002", "13800000001、13800000002", "110"])
places = st.sampled_from(["", HOME, "示例市别处2号"])
accounts = st.lists(
    st.builds(
        lambda estate, who, phone, place, kind: (estate, who, phone, place, kind),
        st.sampled_from(["甲园", "乙园"]),
        owners,
        phones,
        places,
        st.sampled_from([None, OwnerKind.PERSON]),
    ),
    max_size=6,
).map(
    lambda rows: [
        Account(estate, f"1-1-{place}", who, (), telephone=phone, address=address, owner_kind=kind)
        for place, (estate, who, phone, address, kind) in enumerate(rows)
    ]
)
ways = st.sampled_from([PAPER, ((Channel.EMAIL, "a@example.com"),), (*PAPER, (Channel.EMAIL, "A@example.com"))])
tiers = st.sampled_from(["reminder", "lawyer-letter"])


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
@given(st.data())
def test_a_letter_never_reaches_who_does_not_own_all_its_units(data: st.DataObject) -> None:
    listed = data.draw(accounts)
    notices = [Combinable(place, it, data.draw(ways), data.draw(tiers)) for place, it in enumerate(listed)]
    pairs = st.tuples(st.sampled_from(listed), st.sampled_from(listed), st.booleans()) if listed else None
    words = data.draw(st.lists(pairs, max_size=4)) if pairs is not None else []
    said = [Joined(one.case, other.case, both) for one, other, both in words]
    found = combine(notices, Holders.of(listed), said)
    keys = [key for letter in found for key in letter]
    assert len(keys) == len(set(keys))  # in one letter at most
    for letter in found:
        assert len(letter) > 1
        assert list(letter) == sorted(letter)
        mine = [notices[key] for key in letter]
        assert len({(it.account.estate, it.account.case.owners, it.account.owner_kind, it.alike) for it in mine}) == 1
        assert len({tuple(sorted((c, r.casefold()) for c, r in it.ways)) for it in mine}) == 1
        for one, other in combinations(mine, 2):
            last = next((it.together for it in reversed(said) if {it.one, it.other} == _pair(one, other)), None)
            assert last is not False


def _pair(one: Combinable, other: Combinable) -> set[CaseKey]:
    return {one.account.case, other.account.case}
