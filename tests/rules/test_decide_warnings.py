"""Warnings accompany any decision without changing it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from rule_builders import (
    EMAIL,
    PRINT,
    TODAY,
    account,
    ago,
    charge,
    decided,
    delivery,
    hold,
    notice,
    outcome,
    plan,
    policy_of,
    returned,
)

from notices.model import Channel, HoldKind, State
from notices.settings import Tier

STRICT = policy_of(Tier(name="reminder", channels=(EMAIL, PRINT), deliver="first", confirmed_email_only=True))


def limited(days_from_now: int) -> date:
    """Return the due date whose limitation date is that many days after today."""
    limit = TODAY + timedelta(days=days_from_now)
    return limit.replace(year=limit.year - 3)


def test_an_ordinary_decision_has_no_warning() -> None:
    assert decided().warnings == ()


@pytest.mark.parametrize(
    ("days", "warnings"),
    [
        (-1, ("limitation-passed",)),
        (0, ("limitation-soon",)),
        (1, ("limitation-soon",)),
        (90, ("limitation-soon",)),
        (91, ()),
    ],
)
def test_limitation_warns_from_ninety_days_before_and_from_the_day_after(days: int, warnings: tuple[str, ...]) -> None:
    assert decided(charge(due_date=limited(days))).warnings == warnings


def test_the_span_of_the_warning_is_a_setting() -> None:
    policy = policy_of(limitation_warning_days=10)
    assert decided(charge(due_date=limited(10)), policy=policy).warnings == ("limitation-soon",)
    assert decided(charge(due_date=limited(11)), policy=policy).warnings == ()


def test_both_limitation_warnings_can_stand() -> None:
    both = decided(charge(due_date=limited(-400)), charge(due_date=limited(30)))
    assert both.warnings == ("limitation-passed", "limitation-soon")


def test_limitation_looks_at_every_claimable_charge_and_at_no_other() -> None:
    recent = charge(late=100)
    assert decided(recent, charge(due_date=limited(30), paid="1000.00")).warnings == ()
    assert decided(charge(due_date=limited(400)), charge(due_date=limited(30))).warnings == ("limitation-soon",)


def test_a_proven_demand_takes_the_warning_away() -> None:
    assert decided(charge(due_date=limited(30)), notices=[notice(sent_ago=40)]).warnings == ()


def test_no_email_and_no_address() -> None:
    assert decided(of=account(email="")).warnings == ("no-email",)
    assert decided(of=account(address="")).warnings == ("no-address",)
    assert decided(of=account(email="", address="")).warnings == ("no-address", "no-email")


def test_an_address_that_failed_or_that_a_wish_rules_out_is_still_an_address() -> None:
    assert decided(notices=[notice("reminder", delivery(EMAIL, State.BOUNCED))]).warnings == ()
    assert decided(holds=[hold(HoldKind.PAPER_ONLY)]).warnings == ()


def test_an_unconfirmed_address_warns_where_the_tier_asks_for_a_confirmed_one() -> None:
    assert decided(of=account(email_confirmed=False), policy=STRICT).warnings == ("email-unconfirmed",)
    assert decided(of=account(email_confirmed=True), policy=STRICT).warnings == ()
    assert decided(of=account(email_confirmed=False)).warnings == ()


def test_no_address_is_not_an_unconfirmed_one() -> None:
    assert decided(of=account(email="", email_confirmed=False), policy=STRICT).warnings == ("no-email",)


def test_an_unconfirmed_address_that_makes_the_owner_unreachable_warns_too() -> None:
    decision = decided(of=account(email_confirmed=False, address=""), policy=STRICT)
    assert outcome(decision) == "refer unreachable"
    assert decision.warnings == ("email-unconfirmed", "no-address")


def test_several_owners_are_those_named_together_in_one_account() -> None:
    assert decided(of=account(owners=("张三", "李四"))).warnings == ("several-owners",)


@pytest.mark.parametrize("failed", [EMAIL, PRINT])
def test_partly_undelivered_is_a_last_notice_that_came_back_by_one_of_its_ways(failed: Channel) -> None:
    stands = PRINT if failed is EMAIL else EMAIL
    partly = notice("lawyer-letter", delivery(failed, State.RETURNED), delivery(stands, State.SENT), sent_ago=40)
    decision = decided(notices=[partly])
    assert (outcome(decision), decision.warnings) == ("issue deadline-passed follow-up", ("partly-undelivered",))


def test_an_earlier_notice_that_partly_came_back_does_not_warn() -> None:
    partly = notice("reminder", delivery(EMAIL, State.BOUNCED), delivery(PRINT, State.SENT), sent_ago=60)
    assert decided(notices=[partly, notice("lawyer-letter")]).warnings == ()


def test_a_notice_that_came_back_altogether_is_not_partly_undelivered() -> None:
    assert decided(notices=[returned()]).warnings == ()


def test_hardship_needs_a_plan() -> None:
    hardship = hold(HoldKind.HARDSHIP)
    assert decided(holds=[hardship]).warnings == ("plan-needed",)
    assert decided(holds=[hardship, plan((ago(-9), "100.00"))]).warnings == ()


def test_a_plan_registered_later_does_not_exist_yet() -> None:
    later = plan((ago(-9), "100.00"), registered=ago(-1))
    assert decided(holds=[hold(HoldKind.HARDSHIP), later]).warnings == ("plan-needed",)


def test_hardship_warns_only_where_it_is_the_reason() -> None:
    holds = [hold(HoldKind.HARDSHIP), hold(HoldKind.DISPUTED)]
    assert (decided(holds=holds).reason, decided(holds=holds).warnings) == ("disputed", ())
    assert decided(charge("50.00"), holds=holds[:1]).warnings == ()
    assert decided(holds=[hold(HoldKind.HARDSHIP, until=ago(1))]).warnings == ()


@pytest.mark.parametrize(
    "expected",
    ["skip paid", "skip not-due", "skip below-minimum", "hold disputed", "wait in-grace", "wait awaiting-reply"],
)
def test_warnings_accompany_every_decision(expected: str) -> None:
    charges = {
        "skip paid": charge(paid="1000.00"),
        "skip not-due": charge(late=0),
        "skip below-minimum": charge("50.00"),
        "wait in-grace": charge(late=3),
    }
    poor = account(charges.get(expected, charge()), owners=("张三", "李四"), email="", address="")
    decision = decided(
        of=poor,
        holds=[hold(HoldKind.DISPUTED)] if expected == "hold disputed" else [],
        notices=[notice(sent_ago=3)] if expected == "wait awaiting-reply" else [],
    )
    assert outcome(decision) == expected
    assert decision.warnings == ("no-address", "no-email", "several-owners")


def test_warnings_are_sorted() -> None:
    everything = decided(
        of=account(
            charge(due_date=limited(-1)), charge(due_date=limited(5)), owners=("张三", "李四"), email="", address=""
        ),
        holds=[hold(HoldKind.HARDSHIP)],
        new_since=TODAY,
    )
    assert list(everything.warnings) == sorted(everything.warnings)
    assert len(everything.warnings) == 7
