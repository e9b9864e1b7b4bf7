"""The court's threshold: lapsed limitation, no proven demand, a dispute, an unknown owner are said first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from rule_builders import EMAIL, TODAY, ago, charge, delivery, hold, notice, plan, yuan

from notices.model import Charge, History, Hold, HoldKind, PastNotice, State
from notices.rules.balances import standings
from notices.rules.court import CourtClaim, CourtKind, court_claim
from notices.settings import Item, LateFee, Policy

ORDER, COMPLAINT = CourtKind.ORDER, CourtKind.COMPLAINT


def claim(
    *charges: Charge,
    notices: Iterable[PastNotice] = (notice(),),
    holds: Iterable[Hold] = (),
    objections: Sequence[str] = (),
    policy: Policy | None = None,
) -> CourtClaim:
    rules = policy or Policy()
    history = History(list_date=TODAY, notices=tuple(notices), holds=tuple(holds))
    owed = standings(charges or (charge(),), (), TODAY, TODAY, rules)
    return court_claim(owed, history, objections, rules, TODAY)


def codes(found: CourtClaim) -> list[str]:
    return [obstacle.code for obstacle in found.obstacles]


def test_a_demand_that_was_delivered_on_paper_opens_both_ways() -> None:
    found = claim()
    assert codes(found) == []
    assert not found.ruled_out(ORDER)
    assert not found.ruled_out(COMPLAINT)
    assert (found.principal, found.late_fee) == (yuan("1000.00"), yuan("30.00"))


@pytest.mark.parametrize(
    "notices", [(), (notice("reminder", delivery(EMAIL)),), (notice("reminder", delivery(state=State.RETURNED)),)]
)
def test_without_a_proven_demand_no_way_is_open(notices: tuple[PastNotice, ...]) -> None:
    found = claim(notices=notices)
    assert codes(found) == ["no-proven-demand"]
    assert found.ruled_out(ORDER)
    assert found.ruled_out(COMPLAINT)


def test_a_demand_before_the_oldest_charge_was_due_is_none_for_it() -> None:
    assert codes(claim(charge(late=20), notices=(notice(sent_ago=40),))) == ["no-proven-demand"]


def test_a_dispute_rules_out_the_payment_order_only() -> None:
    found = claim(holds=(hold(HoldKind.DISPUTED),))
    assert codes(found) == ["disputed"]
    assert found.ruled_out(ORDER)
    assert not found.ruled_out(COMPLAINT)


def test_a_dispute_that_has_run_out_rules_out_nothing() -> None:
    assert codes(claim(holds=(hold(HoldKind.DISPUTED, until=ago(1)),))) == []


def test_an_unknown_owner_rules_out_both() -> None:
    found = claim(holds=(hold(HoldKind.OWNER_UNKNOWN),))
    assert found.ruled_out(ORDER)
    assert found.ruled_out(COMPLAINT)


def test_charges_whose_limitation_period_has_passed_are_left_out_and_said() -> None:
    lapsed, live = charge("500.00", late=4 * 366), charge("700.00", late=400)
    found = claim(lapsed, live)
    assert codes(found) == ["limitation-passed"]
    assert found.principal == yuan("700.00")
    assert [it.charge for it in found.lapsed] == [lapsed]
    assert not found.ruled_out(COMPLAINT)


def test_if_every_period_has_passed_no_way_is_open() -> None:
    found = claim(charge(late=4 * 366))
    assert "limitation-passed" in codes(found)
    assert found.ruled_out(COMPLAINT)


def test_a_proven_demand_in_time_keeps_a_charge_claimable() -> None:
    found = claim(charge(late=4 * 366), notices=(notice(sent_ago=2 * 365),))
    assert codes(found) == []
    assert found.limits == ((TODAY - timedelta(days=2 * 365)).replace(year=2027),)


def test_nothing_owed_and_a_plan_that_is_kept_rule_out_both() -> None:
    assert codes(claim(charge(paid="1000.00"))) == ["nothing-owed"]
    agreed = plan((TODAY + timedelta(days=30), "1000.00"))
    assert claim(holds=(agreed,)).ruled_out(COMPLAINT)


def test_an_objection_on_a_slip_is_to_be_weighed() -> None:
    found = claim(objections=("service-poor",))
    assert codes(found) == ["objected"]
    assert not found.ruled_out(ORDER)


def test_each_item_has_the_late_fee_that_the_settings_name_for_it() -> None:
    policy = Policy(items=(Item(name="停车", late_fee=LateFee(daily_rate=Decimal("0.001"), cap=None)),))
    parking = replace(charge(), item="地下停车费")
    found = claim(charge(), parking, policy=policy)
    assert [it.late_fee for it in found.charges] == [yuan("30.00"), yuan("100.00")]
