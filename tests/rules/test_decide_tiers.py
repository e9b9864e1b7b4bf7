"""Tiers are data: a fourth tier, other names and other figures need no code."""

from __future__ import annotations

import pytest
from rule_builders import (
    EMAIL,
    PRINT,
    account,
    ago,
    charge,
    decided,
    delivery,
    notice,
    outcome,
    policy_of,
    promise,
    yuan,
)

from notices.model import Decision, State
from notices.settings import LateFee, Policy, Tier, parse

COURT = Tier(name="court-file", min_principal=yuan("3000.00"), channels=(PRINT,), deliver="all", respond_within_days=7)
FOUR = policy_of(*Policy().tiers, COURT)
LETTERS = policy_of(
    Tier(name="first-letter", claims_late_fee=True, respond_within_days=30, min_principal=yuan("2000.00")),
    Tier(name="last-letter", respond_within_days=5),
)


def test_a_fourth_tier_follows_the_third() -> None:
    past = notice("follow-up")
    assert outcome(decided(charge("3000.00"), notices=[past], policy=FOUR)) == "issue deadline-passed court-file"
    assert outcome(decided(charge("2999.99"), notices=[past], policy=FOUR)) == "wait below-tier"


def test_a_fourth_tier_has_its_own_channels_and_span() -> None:
    assert decided(charge("3000.00"), notices=[notice("follow-up")], policy=FOUR).channels == (PRINT,)
    assert outcome(decided(notices=[notice("court-file", sent_ago=7)], policy=FOUR)) == "wait awaiting-reply"
    assert outcome(decided(notices=[notice("court-file", sent_ago=8)], policy=FOUR)) == "refer exhausted"


def test_other_names_and_figures_are_followed() -> None:
    first = decided(policy=LETTERS)
    assert (outcome(first), first.total) == ("issue first-notice first-letter", yuan("1030.00"))
    assert outcome(decided(notices=[notice("first-letter", sent_ago=30)], policy=LETTERS)) == "wait awaiting-reply"
    second = decided(notices=[notice("first-letter", sent_ago=31)], policy=LETTERS)
    assert (outcome(second), second.total) == ("issue deadline-passed last-letter", yuan("1000.00"))
    assert outcome(decided(notices=[notice("last-letter", sent_ago=6)], policy=LETTERS)) == "refer exhausted"


def test_the_first_tiers_conditions_hold_for_a_breach_but_not_for_the_first_notice() -> None:
    """Rule 7 refers to rule 11; rule 8 does not."""
    assert outcome(decided(charge("1999.99"), policy=LETTERS)) == "issue first-notice first-letter"
    broken = [promise(ago(5))]
    assert outcome(decided(charge("1999.99"), holds=broken, policy=LETTERS)) == "wait below-tier"
    assert outcome(decided(charge("2000.00"), holds=broken, policy=LETTERS)) == "issue promise-broken first-letter"


def test_one_tier_alone_is_a_policy() -> None:
    alone = policy_of(Tier(name="notice"))
    assert outcome(decided(policy=alone)) == "issue first-notice notice"
    assert outcome(decided(notices=[notice("notice")], policy=alone)) == "refer exhausted"


def test_of_one_date_the_later_tier_goes_by_the_policys_order_and_not_by_the_name() -> None:
    backwards = policy_of(Tier(name="zeta"), Tier(name="alpha"), Tier(name="midway"))
    past = [notice("alpha", sent_ago=40), notice("zeta", sent_ago=40)]
    assert outcome(decided(notices=past, policy=backwards)) == "issue deadline-passed midway"


def test_the_figures_of_the_policy_are_the_ones_that_count() -> None:
    policy = policy_of(
        minimum="2000.00", grace_days=40, late_fee=LateFee(daily_rate=yuan("0.001"), cap=yuan("0.05")).model_dump()
    )
    assert outcome(decided(charge("1999.99"), policy=policy)) == "skip below-minimum"
    assert outcome(decided(charge("2000.00", late=40), policy=policy)) == "wait in-grace"
    assert outcome(decided(charge("2000.00", late=41), policy=policy)) == "issue first-notice reminder"
    assert decided(charge("2000.00", late=41), policy=policy).late_fee == yuan("82.00")
    assert decided(charge("2000.00", late=51), policy=policy).late_fee == yuan("100.00")


def test_a_minimum_of_nothing_lets_every_fen_be_claimed() -> None:
    assert outcome(decided(charge("0.01"), policy=policy_of(minimum="0.00"))) == "issue first-notice reminder"


def test_an_estates_override_decides_for_that_estate_alone() -> None:
    settings = parse(
        {
            "estates": [
                {
                    "name": "甲园",
                    "code": "A",
                    "policy": {"tiers": [{"name": "lawyer-letter", "min_principal": "900.00"}]},
                },
                {"name": "乙园", "code": "B"},
            ]
        }
    )

    def after_a_reminder(estate: str) -> Decision:
        return decided(charge("899.99"), notices=[notice()], policy=settings.policy_of(estate))

    assert outcome(after_a_reminder("甲园")) == "wait below-tier"
    assert outcome(after_a_reminder("乙园")) == "issue deadline-passed lawyer-letter"


def test_the_deadline_of_a_tier_may_be_overridden_by_its_estate() -> None:
    settings = parse(
        {
            "estates": [
                {"name": "甲园", "code": "A", "policy": {"tiers": [{"name": "reminder", "respond_within_days": 31}]}}
            ]
        }
    )
    assert outcome(decided(notices=[notice(sent_ago=31)], policy=settings.policy_of("甲园"))) == "wait awaiting-reply"


def test_a_tier_that_confirms_addresses_falls_back_on_paper_and_says_so() -> None:
    strict = policy_of(Tier(name="reminder", channels=(EMAIL, PRINT), deliver="first", confirmed_email_only=True))
    decision = decided(of=account(email_confirmed=False), policy=strict)
    assert (decision.channels, decision.warnings) == ((PRINT,), ("email-unconfirmed",))


def test_a_notice_of_a_tier_that_the_policy_does_not_know_is_refused() -> None:
    with pytest.raises(KeyError):
        decided(notices=[notice("court-file", delivery(PRINT, State.SENT))])
