"""Invariants of every decision, for any account and history."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from rule_builders import TODAY, account, ago

from notices.model import (
    Account,
    Action,
    Channel,
    Charge,
    History,
    Hold,
    HoldKind,
    Instalment,
    PastDelivery,
    PastNotice,
    Payment,
    State,
)
from notices.rules.decide import decide
from notices.rules.states import OPEN, WENT_OUT
from notices.settings import Policy

REASONS = {
    Action.ISSUE: {"first-notice", "deadline-passed", "promise-broken", "instalment-missed", "undelivered"},
    Action.WAIT: {"in-grace", "in-progress", "awaiting-reply", "below-tier", "promised", "instalments-on-track"},
    Action.HOLD: {"disputed", "hardship", "do-not-contact", "owner-unknown"},
    Action.SKIP: {"paid", "not-due", "below-minimum"},
    Action.REFER: {"exhausted", "unreachable"},
}
POLICY = Policy()
OF_NOTICES_ONLY = {State.UNDELIVERED, State.ANSWERED, State.EXCLUDED}

days = st.integers(-40, 1500).map(ago)
near = st.integers(-10, 120).map(ago)
amount = st.integers(0, 300_000).map(lambda n: Decimal(n).scaleb(-2))
charges = st.builds(
    lambda due, paid, day: Charge("物业服务费", day, due, paid), amount, amount | st.just(Decimal(0)), days
)
ways = st.builds(PastDelivery, st.sampled_from(Channel), st.sampled_from(sorted(set(State) - OF_NOTICES_ONLY)))
pasts = st.builds(
    PastNotice,
    tier=st.sampled_from([tier.name for tier in POLICY.tiers]),
    date=near,
    deliveries=st.lists(ways, min_size=1, max_size=2, unique_by=lambda way: way.channel).map(tuple),
    deadline=st.none() | near,
)
holds = st.one_of(
    st.builds(
        Hold,
        st.sampled_from([kind for kind in HoldKind if kind not in {HoldKind.PROMISE, HoldKind.INSTALMENTS}]),
        near,
        st.none() | near,
    ),
    st.builds(Hold, st.just(HoldKind.PROMISE), near, near, st.none() | amount),
    st.builds(
        Hold,
        st.just(HoldKind.INSTALMENTS),
        near,
        instalments=st.lists(st.builds(Instalment, near, amount), min_size=1, max_size=3).map(tuple),
    ),
)
accounts = st.builds(
    lambda owed, email, confirmed, address: account(*owed, email=email, email_confirmed=confirmed, address=address),
    st.lists(charges, min_size=1, max_size=4),
    st.sampled_from(["owner@example.com", ""]),
    st.booleans(),
    st.sampled_from(["示例市示例路1号", ""]),
)
histories = st.builds(
    History,
    list_date=near,
    notices=st.lists(pasts, max_size=4).map(tuple),
    holds=st.lists(holds, max_size=2).map(tuple),
    payments=st.lists(st.builds(Payment, near, amount, st.booleans()), max_size=2).map(tuple),
    settled_on=st.none() | near,
)


@given(accounts, histories)
def test_a_decision_is_consistent(of: Account, history: History) -> None:
    decision = decide(of, history, POLICY, TODAY)
    issued = decision.action is Action.ISSUE
    assert decision.reason in REASONS[decision.action]
    assert issued == (decision.tier is not None) == bool(decision.channels)
    claims = decision.tier is not None and POLICY.tier(decision.tier).claims_late_fee
    assert decision.total == decision.principal + (decision.late_fee if claims else 0)
    assert list(decision.warnings) == sorted(set(decision.warnings))
    nothing = decision.principal == 0
    assert nothing == (decision.reason in {"paid", "not-due"})
    assert nothing == (decision.oldest_due is None) == (decision.scope is None) == (decision.limitation_date is None)
    assert nothing == (decision.days_overdue == 0)
    assert str(decision.detail)


@given(accounts, histories)
def test_deciding_is_deterministic(of: Account, history: History) -> None:
    assert decide(of, history, POLICY, TODAY) == decide(of, history, POLICY, TODAY)


@given(accounts, histories, st.integers(1, 60))
def test_what_is_registered_after_the_day_changes_nothing(of: Account, history: History, later: int) -> None:
    tomorrow = Hold(HoldKind.DISPUTED, TODAY + timedelta(days=later))
    with_it = History(
        history.list_date, history.notices, (*history.holds, tomorrow), history.payments, history.settled_on
    )
    assert decide(of, with_it, POLICY, TODAY) == decide(of, history, POLICY, TODAY)


@given(accounts, histories)
def test_no_notice_is_issued_on_top_of_one_in_progress_or_below_the_minimum(of: Account, history: History) -> None:
    decision = decide(of, history, POLICY, TODAY)
    if decision.action is not Action.ISSUE:
        return
    assert decision.principal >= POLICY.minimum
    for past in history.notices:
        states = {way.state for way in past.deliveries}
        assert states & WENT_OUT or not states & OPEN


@given(accounts, histories)
def test_a_channel_is_one_that_the_tier_may_use_and_an_address_exists_for(of: Account, history: History) -> None:
    decision = decide(of, history, POLICY, TODAY)
    if decision.tier is None:
        return
    tier = POLICY.tier(decision.tier)
    assert list(decision.channels) == [channel for channel in tier.channels if channel in decision.channels]
    assert all(of.email if channel is Channel.EMAIL else of.address for channel in decision.channels)
    assert tier.deliver == "all" or len(decision.channels) == 1
