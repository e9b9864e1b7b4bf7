"""Who acts: an account goes by building and age of debt, an objection by the word that answers.toml has for it."""

from __future__ import annotations

from collections import Counter

import pytest
from rule_builders import ago, payment, plan, promise

from notices.model import CaseKey
from notices.rules.commitments import awaited
from notices.rules.routing import acting, handler_for, keeper, keeper_of_hard_case
from notices.settings import Handler, Policy, Work

WORK = Work(supervisor="王主管", assistants=("甲助理", "乙助理"), manager="钱经理", technicians="孙师傅")
HERE = CaseKey.of("示例花园", "1-1-101", ("张三",))
POLICY = Policy()


def test_the_first_handler_of_the_building_and_scope_takes_an_account() -> None:
    handlers = [
        Handler(name="一", buildings=("1",), scopes=("current-year",)),
        Handler(name="二", buildings=("1", "2")),
    ]
    assert handler_for(handlers, "1", "current-year") == "一"
    assert handler_for(handlers, "1", "mixed") == "二"
    assert handler_for(handlers, "3", "current-year") is None


@pytest.mark.parametrize(("scope", "who"), [("prior-years", "钱经理"), ("mixed", "钱经理")])
def test_earlier_years_are_the_managers_unless_somebody_has_the_account(scope: str, who: str) -> None:
    assert keeper(HERE, scope, None, WORK) == who
    assert keeper(HERE, scope, "经办", WORK) == "经办"


def test_the_current_year_is_shared_evenly_and_an_account_stays_with_its_person() -> None:
    cases = [CaseKey.of("示例花园", f"1-1-{room}", ("张三",)) for room in range(300)]
    shares = Counter(keeper(case, "current-year", None, WORK) for case in cases)
    assert set(shares) == {"王主管", "甲助理", "乙助理"}
    assert min(shares.values()) > 70
    assert all(keeper(case, "current-year", None, WORK) == keeper(case, None, None, WORK) for case in cases)


def test_a_hard_case_is_the_managers_after_so_many_notices() -> None:
    assert keeper_of_hard_case(HERE, "current-year", "经办", WORK, notices=1) == "经办"
    assert keeper_of_hard_case(HERE, "current-year", "经办", WORK, notices=2) == "钱经理"


@pytest.mark.parametrize(
    ("word", "who"),
    [
        ("客户主管", "王主管"),
        ("supervisor", "王主管"),
        ("项目经理", "钱经理"),
        ("工程维修人员", "孙师傅"),
        ("经办人", "经办"),
        ("李律师", "李律师"),  # a person's own name
    ],
)
def test_a_role_means_its_person(word: str, who: str) -> None:
    assert acting(word, "经办", WORK) == who


def test_payments_are_awaited_until_they_have_come_in_full() -> None:
    part = promise(ago(-5), "500.00")
    assert [(it.on, it.amount, it.broken) for it in awaited([part], [], ago(0), POLICY)] == [
        (ago(-5), part.amount, False)
    ]
    some = awaited([part], [payment("200.00", ago(1))], ago(0), POLICY)
    assert [str(it.amount) for it in some] == ["300.00"]
    assert awaited([part], [payment("500.00", ago(1))], ago(0), POLICY) == ()
    (late,) = awaited([promise(ago(4))], [], ago(0), POLICY)  # three days of grace
    assert (late.amount, late.broken) == (None, True)


def test_of_a_plan_each_instalment_is_awaited_and_payments_fill_the_first_ones() -> None:
    agreed = plan((ago(-40), "100.00"), (ago(-10), "100.00"))
    found = awaited([agreed], [payment("130.00", ago(1))], ago(0), POLICY)
    assert [(it.on, str(it.amount)) for it in found] == [(ago(-40), "70.00")]
