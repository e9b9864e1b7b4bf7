"""Amounts of the rule book: balances, claimable charges, principal, days late, late fee, scope."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from rule_builders import TODAY, ago, charge, decided, payment, yuan

from notices.model import Charge, Payment
from notices.rules.balances import balances, principal, scope, standings
from notices.settings import LateFee, Policy

FEE = Policy(late_fee=LateFee(daily_rate=Decimal("0.0003"), cap=Decimal("0.30")))


def left(*charges: Charge, payments: tuple[Payment, ...] = (), list_date: date = TODAY) -> list[str]:
    return [str(balance) for balance in balances(charges, payments, list_date)]


def test_a_balance_is_due_less_waived_less_paid() -> None:
    assert left(charge("1000.00", waived="100.10", paid="200.20")) == ["699.70"]


def test_a_payment_dated_after_the_list_reduces_the_balance() -> None:
    assert left(charge(), payments=(payment("10.00", ago(4)),), list_date=ago(5)) == ["990.00"]


def test_a_payment_dated_on_the_list_is_absorbed_by_it() -> None:
    assert left(charge(), payments=(payment("10.00", ago(5)),), list_date=ago(5)) == ["1000.00"]


def test_a_payment_dated_before_the_list_is_absorbed_by_it() -> None:
    assert left(charge(), payments=(payment("10.00", ago(6)),), list_date=ago(5)) == ["1000.00"]


def test_a_payment_known_only_from_a_list_is_not_subtracted_again() -> None:
    seen = Payment(ago(4), yuan("10.00"), seen_in_list=True)
    assert left(charge(), payments=(seen,), list_date=ago(5)) == ["1000.00"]


def test_payments_pay_the_oldest_charge_first_whatever_the_order_of_the_list() -> None:
    charges = (charge("300.00", late=10), charge("200.00", late=400), charge("100.00", late=200))
    assert left(*charges, payments=(payment("250.00", TODAY),), list_date=ago(1)) == ["300.00", "0.00", "50.00"]


def test_payments_go_on_to_charges_not_yet_due() -> None:
    charges = (charge("100.00", late=10), charge("100.00", late=-10))
    assert left(*charges, payments=(payment("130.00", TODAY),), list_date=ago(1)) == ["0.00", "70.00"]


def test_several_payments_add_up() -> None:
    both = (payment("30.00", ago(1)), payment("30.00", TODAY))
    assert left(charge("100.00"), payments=both, list_date=ago(2)) == ["40.00"]


def test_what_is_paid_beyond_all_charges_leaves_nothing_negative() -> None:
    assert left(charge("100.00"), payments=(payment("500.00", TODAY),), list_date=ago(1)) == ["0.00"]


def test_an_overpayment_reduces_the_oldest_positive_balance_first() -> None:
    charges = (charge("100.00", late=10), charge("100.00", late=300), charge("0.00", late=20, paid="150.00"))
    assert left(*charges) == ["50.00", "0.00", "0.00"]


def test_an_overpayment_of_a_charge_not_yet_due_counts_at_once() -> None:
    assert left(charge("100.00", late=50), charge("100.00", late=-50, paid="140.00")) == ["60.00", "0.00"]


def test_an_overpayment_reaches_charges_not_yet_due() -> None:
    assert left(charge("100.00", late=50, paid="150.00"), charge("100.00", late=-50)) == ["0.00", "50.00"]


def test_overpayment_and_payment_are_spent_together() -> None:
    charges = (charge("100.00", late=300), charge("100.00", late=200), charge("-30.00", late=100))
    assert left(*charges, payments=(payment("90.00", TODAY),), list_date=ago(1)) == ["0.00", "80.00", "0.00"]


def test_a_charge_due_yesterday_is_claimable_and_one_due_today_is_not() -> None:
    yesterday, today = standings((charge(late=1), charge(late=0)), (), TODAY, TODAY, FEE)
    assert (yesterday.claimable, yesterday.days_late) == (True, 1)
    assert (today.claimable, today.days_late, today.late_fee) == (False, 0, yuan("0.00"))


def test_a_charge_without_balance_is_not_claimable() -> None:
    (paid,) = standings((charge(paid="1000.00"),), (), TODAY, TODAY, FEE)
    assert (paid.claimable, paid.balance) == (False, yuan("0.00"))


def test_a_balance_of_one_fen_is_claimable() -> None:
    assert principal(standings((charge(paid="999.99"),), (), TODAY, TODAY, FEE)) == yuan("0.01")


def test_the_principal_leaves_out_what_is_not_yet_due() -> None:
    decision = decided(charge("300.00"), charge("500.00", late=0), charge("700.00", late=-1))
    assert decision.principal == yuan("300.00")


def test_the_late_fee_is_on_the_balance_and_not_on_the_sum_once_due() -> None:
    decision = decided(charge("1000.00", paid="400.00", late=100))
    assert decision.late_fee == yuan("18.00")


def test_the_late_fee_is_on_the_balance_after_later_payments() -> None:
    decision = decided(charge("1000.00", late=100), payments=[payment("400.00", TODAY)], list_date=ago(1))
    assert decision.late_fee == yuan("18.00")


def test_the_late_fee_is_rounded_charge_by_charge() -> None:
    # 0.0003 × 1 day: 16.67 gives 0.005001, twice 0.01; rounded once the sum would be 0.01.
    two = decided(charge("16.67", late=1), charge("16.67", late=1))
    assert two.late_fee == yuan("0.02")


def test_the_cap_is_charge_by_charge() -> None:
    old, new = charge("100.00", late=2000), charge("1000.00", late=10)
    assert decided(old, new).late_fee == yuan("33.00")


def test_the_late_fee_leaves_out_what_is_not_yet_due() -> None:
    assert decided(charge("1000.00", late=10), charge("1000.00", late=0)).late_fee == yuan("3.00")


def test_the_late_fee_is_reported_whatever_is_decided() -> None:
    decision = decided(charge("99.99", late=1000))
    assert (decision.reason, decision.late_fee, decision.total) == ("below-minimum", yuan("30.00"), yuan("99.99"))


def test_scope_goes_by_the_year_in_which_a_period_ends_and_not_by_its_due_date() -> None:
    late_invoice = charge(due_date=date(2026, 1, 15), period_end=date(2025, 12, 31))
    early_invoice = charge(due_date=date(2025, 12, 31), period_end=date(2026, 1, 1))
    assert decided(late_invoice).scope == "prior-years"
    assert decided(early_invoice).scope == "current-year"
    assert decided(late_invoice, early_invoice).scope == "mixed"


def test_a_period_that_ends_after_the_year_is_not_a_prior_year() -> None:
    assert decided(charge(period_end=date(2027, 6, 30))).scope == "current-year"


def test_scope_looks_at_claimable_charges_only() -> None:
    old_but_paid = charge(paid="1000.00", period_end=date(2020, 12, 31), due_date=date(2020, 12, 31))
    not_yet_due = charge(late=-30, period_end=date(2026, 12, 31))
    last_year = charge(period_end=date(2025, 12, 31))
    assert decided(old_but_paid, charge(period_end=date(2026, 6, 30))).scope == "current-year"
    assert decided(not_yet_due, last_year).scope == "prior-years"


def test_a_charge_that_an_overpayment_pays_is_out_of_the_scope() -> None:
    old = charge("100.00", due_date=date(2024, 12, 31), period_end=date(2024, 12, 31))
    new = charge("500.00", due_date=date(2026, 6, 30), period_end=date(2026, 6, 30))
    over = charge("-100.00", due_date=date(2026, 7, 31), period_end=date(2026, 7, 31))
    decision = decided(old, new, over)
    assert (decision.scope, decision.oldest_due, decision.principal) == (
        "current-year",
        date(2026, 6, 30),
        yuan("500.00"),
    )


def test_without_a_claimable_charge_there_is_no_scope() -> None:
    assert scope((), TODAY) is None


def test_oldest_due_and_days_overdue_are_over_the_claimable_charges() -> None:
    decision = decided(charge(late=900, paid="1000.00"), charge(late=40), charge(late=70), charge(late=-5))
    assert (decision.oldest_due, decision.days_overdue) == (ago(70), 70)


def test_without_claimable_charges_dates_and_scope_are_null_and_amounts_zero() -> None:
    for decision in (decided(charge(late=0)), decided(charge(paid="1000.00"))):
        assert (decision.oldest_due, decision.limitation_date, decision.scope) == (None, None, None)
        assert decision.days_overdue == 0
        assert [str(decision.principal), str(decision.late_fee), str(decision.total)] == ["0.00"] * 3


def test_an_account_without_charges_owes_nothing() -> None:
    assert balances((), (), TODAY) == ()
    assert principal(()) == 0


# --- properties -----------------------------------------------------------------------------------------------------

fen = st.integers(0, 500_000).map(lambda n: Decimal(n).scaleb(-2))
charges_of_any_kind = st.lists(
    st.builds(
        lambda due, paid, waived, late: Charge("物业服务费", ago(late), due, paid, waived),
        fen,
        fen,
        fen,
        st.integers(-400, 2500),
    ),
    min_size=1,
    max_size=6,
)
later_payments = st.lists(st.builds(Payment, st.integers(-5, 5).map(ago), fen), max_size=3)


@given(charges_of_any_kind, later_payments)
def test_balances_are_never_negative_and_no_credit_is_lost_or_made(
    charges: list[Charge], payments: list[Payment]
) -> None:
    left = balances(charges, payments, TODAY)
    credit = sum((p.amount for p in payments if p.date > TODAY), yuan("0.00")) - sum(min(c.owed, 0) for c in charges)
    owed = sum((max(c.owed, Decimal(0)) for c in charges), yuan("0.00"))
    assert all(balance >= 0 for balance in left)
    assert sum(left, yuan("0.00")) == max(owed - credit, 0)


@given(charges_of_any_kind, later_payments)
def test_credit_never_skips_an_older_charge(charges: list[Charge], payments: list[Payment]) -> None:
    left = dict(enumerate(balances(charges, payments, TODAY)))
    for i, older in enumerate(charges):
        for j, newer in enumerate(charges):
            if older.due_date < newer.due_date and left[i] > 0 and newer.owed > 0:
                assert left[j] == newer.owed


@given(charges_of_any_kind, later_payments)
def test_the_principal_is_the_sum_of_the_claimable_balances(charges: list[Charge], payments: list[Payment]) -> None:
    decision = decided(*charges, payments=payments)
    claimable = [s for s in decision.standings if s.claimable]
    assert decision.principal == sum((s.balance for s in claimable), yuan("0.00"))
    assert decision.late_fee == sum((s.late_fee for s in claimable), yuan("0.00"))
    assert all(s.balance > 0 and s.charge.due_date < TODAY for s in claimable)
    assert all(s.balance == 0 or s.charge.due_date >= TODAY for s in decision.standings if not s.claimable)


@given(charges_of_any_kind, st.randoms(use_true_random=False))
def test_the_order_of_the_charges_changes_no_figure(charges: list[Charge], random: Random) -> None:
    # Charges due on one day may share a credit either way, which can change rounding of late fees: avoid ties.
    distinct = list({c.due_date: c for c in charges}.values())
    shuffled = list(distinct)
    random.shuffle(shuffled)
    one, other = decided(*distinct), decided(*shuffled)
    assert one == other


@given(charges_of_any_kind, st.sampled_from(["0.10", "0.30", None]))
def test_no_late_fee_exceeds_its_cap(charges: list[Charge], cap: str | None) -> None:
    policy = Policy(late_fee=LateFee(daily_rate=Decimal("0.0030"), cap=yuan(cap) if cap else None))
    for standing in decided(*charges, policy=policy).standings:
        exact = standing.balance * Decimal("0.0030") * standing.days_late
        most = exact if cap is None else min(exact, standing.balance * yuan(cap))
        assert abs(standing.late_fee - most) <= yuan("0.005")
        assert standing.late_fee.as_tuple().exponent == -2


FEE_FIRST = Policy(late_fee=LateFee(daily_rate=Decimal("0.0003"), cap=Decimal("0.30"), before_principal=True))


def test_a_payment_pays_principal_before_late_fee_unless_the_settings_say_otherwise() -> None:
    owed = (charge("1000.00", late=100),)
    paid = (payment("530.00", TODAY),)
    first, second = (standings(owed, paid, ago(1), TODAY, fee)[0] for fee in (FEE, FEE_FIRST))
    assert (first.balance, first.late_fee) == (yuan("470.00"), yuan("14.10"))
    assert (second.balance, second.late_fee) == (yuan("500.00"), yuan("0.00"))


def test_after_the_late_fee_is_paid_it_goes_on_from_the_day_of_the_payment() -> None:
    (standing,) = standings((charge("1000.00", late=100),), (payment("528.50", ago(5)),), ago(6), TODAY, FEE_FIRST)
    assert standing.balance == yuan("500.00")
    assert standing.late_fee == yuan("0.75")  # 500.00 x 0.0003 x 5 days


def test_fee_by_fee_the_oldest_charge_is_paid_first() -> None:
    owed = (charge("100.00", late=10), charge("200.00", late=100))
    (later, oldest) = standings(owed, (payment("206.00", TODAY),), ago(1), TODAY, FEE_FIRST)
    assert (oldest.balance, oldest.late_fee) == (yuan("0.00"), yuan("0.00"))
    assert (later.balance, later.late_fee) == (yuan("100.00"), yuan("0.30"))


def test_a_payment_of_less_than_the_late_fee_leaves_the_principal() -> None:
    (standing,) = standings((charge("1000.00", late=100),), (payment("10.00", TODAY),), ago(1), TODAY, FEE_FIRST)
    assert (standing.balance, standing.late_fee) == (yuan("1000.00"), yuan("20.00"))


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90_000)), max_size=5), st.booleans())
def test_no_yuan_of_a_payment_is_lost_or_counted_twice_in_either_order(
    paid: list[tuple[int, int]], fee_first: bool
) -> None:
    fee = FEE_FIRST if fee_first else FEE
    owed = (charge("300.00", late=200), charge("450.00", late=120))
    payments = tuple(Payment(ago(days), Decimal(fen).scaleb(-2)) for days, fen in paid)
    before = standings(owed, (), ago(91), TODAY, fee)
    after = standings(owed, payments, ago(91), TODAY, fee)
    total = sum(it.balance + it.late_fee for it in before)
    left = sum(it.balance + it.late_fee for it in after)
    assert left <= total
    assert all(0 <= now.balance <= then.balance for now, then in zip(after, before, strict=True))
    assert left >= total - sum(it.amount for it in payments) - sum(it.late_fee for it in before)
