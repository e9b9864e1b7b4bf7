"""Channels of a notice: the tier's, the owner's wishes, usable addresses and earlier failures."""

from __future__ import annotations

from datetime import date

import pytest
from rule_builders import EMAIL, PRINT, TODAY, account, ago, decided, delivery, hold, notice, outcome, policy_of

from notices.model import Account, Channel, Hold, HoldKind, PastNotice, State
from notices.rules.channels import channels_for
from notices.settings import Policy, Tier

PAPER_ONLY, EMAIL_ONLY = HoldKind.PAPER_ONLY, HoldKind.EMAIL_ONLY
FIRST = Tier(name="reminder", channels=(EMAIL, PRINT), deliver="first")
ALL = Tier(name="lawyer-letter", channels=(PRINT, EMAIL), deliver="all")
FAILED = [State.BOUNCED, State.RETURNED, State.REFUSED]


def ways(
    tier: Tier = ALL, of: Account | None = None, wishes: tuple[Hold, ...] = (), past: tuple[PastNotice, ...] = ()
) -> tuple[Channel, ...]:
    return channels_for(of or account(), tier, wishes, past)


def failed(channel: Channel, sent_ago: int = 30, to: str | None = None, on: date | None = None) -> PastNotice:
    state = State.BOUNCED if channel is EMAIL else State.RETURNED
    return notice("reminder", delivery(channel, state, to, on), sent_ago=sent_ago)


def test_first_takes_the_first_channel_that_works() -> None:
    assert ways(FIRST) == (EMAIL,)
    assert ways(FIRST, account(email="")) == (PRINT,)
    assert ways(FIRST, account(address="")) == (EMAIL,)


def test_all_takes_every_channel_that_works_in_the_tiers_order() -> None:
    assert ways(ALL) == (PRINT, EMAIL)
    assert ways(ALL, account(email="")) == (PRINT,)
    assert ways(Tier(name="court", channels=(EMAIL, PRINT), deliver="all")) == (EMAIL, PRINT)


def test_a_tier_uses_no_channel_it_does_not_name() -> None:
    paper = Tier(name="court", channels=(PRINT,), deliver="all")
    assert ways(paper) == (PRINT,)
    assert ways(paper, account(address="")) == ()


def test_no_address_at_all_leaves_no_channel() -> None:
    assert ways(ALL, account(email="", address="")) == ()


def test_the_sample_tiers_go_as_the_rule_book_says() -> None:
    reminder, lawyer, follow_up = Policy().tiers
    assert (reminder.channels, reminder.deliver) == ((EMAIL, PRINT), "first")
    assert (lawyer.channels, lawyer.deliver) == ((PRINT, EMAIL), "all")
    assert (follow_up.channels, follow_up.deliver) == ((PRINT, EMAIL), "all")


# --- wishes -------------------------------------------------------------------------------------------------------


def test_a_wish_for_paper_or_for_e_mail_rules_the_other_out() -> None:
    assert decided(holds=[hold(PAPER_ONLY)]).channels == (PRINT,)
    assert decided(holds=[hold(EMAIL_ONLY)], notices=[notice()]).channels == (EMAIL,)


def test_a_wish_that_leaves_no_channel_is_unreachable() -> None:
    assert outcome(decided(of=account(address=""), holds=[hold(PAPER_ONLY)])) == "refer unreachable"
    assert outcome(decided(of=account(email=""), holds=[hold(EMAIL_ONLY)])) == "refer unreachable"


def test_the_latest_registered_wish_counts_whatever_the_order_of_entry() -> None:
    paper, mail = hold(PAPER_ONLY, registered=ago(20)), hold(EMAIL_ONLY, registered=ago(10))
    assert decided(holds=[paper, mail], notices=[notice()]).channels == (EMAIL,)
    assert decided(holds=[mail, paper], notices=[notice()]).channels == (EMAIL,)


def test_of_two_wishes_of_one_day_the_one_entered_later_counts() -> None:
    assert decided(holds=[hold(PAPER_ONLY), hold(EMAIL_ONLY)], notices=[notice()]).channels == (EMAIL,)
    assert decided(holds=[hold(EMAIL_ONLY), hold(PAPER_ONLY)], notices=[notice()]).channels == (PRINT,)


def test_a_wish_registered_after_the_day_does_not_exist_yet() -> None:
    paper, mail = hold(PAPER_ONLY), hold(EMAIL_ONLY, registered=ago(-1))
    assert decided(holds=[paper, mail]).channels == (PRINT,)
    assert decided(holds=[hold(PAPER_ONLY, registered=TODAY)]).channels == (PRINT,)


@pytest.mark.parametrize(("ended_ago", "channel"), [(0, PRINT), (1, EMAIL)])
def test_a_wish_with_an_end_holds_up_to_it_and_no_longer(ended_ago: int, channel: Channel) -> None:
    assert decided(holds=[hold(PAPER_ONLY, until=ago(ended_ago))]).channels == (channel,)


# --- failed channels ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", FAILED)
@pytest.mark.parametrize("channel", [EMAIL, PRINT])
def test_a_channel_by_which_a_notice_failed_does_not_work(channel: Channel, state: State) -> None:
    other = PRINT if channel is EMAIL else EMAIL
    assert ways(ALL, past=(notice("reminder", delivery(channel, state)),)) == (other,)


def test_a_failure_counts_for_every_tier_and_from_any_case() -> None:
    court = Tier(name="court", channels=(EMAIL, PRINT), deliver="all")
    long_ago = failed(EMAIL, sent_ago=900)
    assert [ways(tier, past=(long_ago,)) for tier in (FIRST, ALL, court)] == [(PRINT,)] * 3


def test_a_failure_by_one_way_counts_though_the_notice_stands() -> None:
    partly = notice("reminder", delivery(EMAIL, State.BOUNCED), delivery(PRINT, State.DELIVERED))
    assert ways(ALL, past=(partly,)) == (PRINT,)


def test_a_channel_works_again_when_its_address_changes() -> None:
    bounced = failed(EMAIL, to="old@example.com")
    assert ways(FIRST, account(email="old@example.com"), past=(bounced,)) == (PRINT,)
    assert ways(FIRST, account(email="new@example.com"), past=(bounced,)) == (EMAIL,)
    sent_back = failed(PRINT, to="示例市旧路9号")
    assert ways(ALL, account(address="示例市旧路9号"), past=(sent_back,)) == (EMAIL,)
    assert ways(ALL, account(address="示例市新路1号"), past=(sent_back,)) == (PRINT, EMAIL)


def test_an_e_mail_address_in_other_capitals_is_the_same_address() -> None:
    assert ways(FIRST, account(email="Owner@Example.com"), past=(failed(EMAIL, to="owner@example.com"),)) == (PRINT,)


def test_a_failure_at_an_unrecorded_address_counts_for_the_current_one() -> None:
    assert ways(FIRST, past=(failed(EMAIL, to=None),)) == (PRINT,)


def test_a_channel_works_again_after_a_later_delivery_by_it() -> None:
    bounced, arrived = failed(EMAIL, 30), notice("reminder", delivery(EMAIL), sent_ago=20)
    assert ways(FIRST, past=(bounced, arrived)) == (EMAIL,)
    assert ways(FIRST, past=(arrived, bounced)) == (EMAIL,)
    long_before = notice("reminder", delivery(EMAIL), sent_ago=60)
    assert ways(FIRST, past=(long_before, bounced, arrived)) == (EMAIL,)


def test_neither_an_earlier_delivery_nor_one_by_another_channel_repairs_a_channel() -> None:
    earlier, paper = notice("reminder", delivery(EMAIL), sent_ago=40), notice("reminder", delivery(PRINT), sent_ago=20)
    assert ways(FIRST, past=(failed(EMAIL, 30), earlier, paper)) == (PRINT,)


@pytest.mark.parametrize("state", [State.SENT, State.HANDED_OVER, State.SPOOLED])
def test_a_later_sending_without_recorded_delivery_repairs_nothing(state: State) -> None:
    later = notice("reminder", delivery(PRINT, state), sent_ago=20)
    assert ways(ALL, past=(failed(PRINT, 30), later)) == (EMAIL,)


def test_the_later_of_failure_and_delivery_counts_by_the_days_on_record() -> None:
    came_back_late = failed(PRINT, sent_ago=60, on=ago(5))
    arrived_before = notice("lawyer-letter", delivery(PRINT, on=ago(25)), sent_ago=30)
    arrived_after = notice("lawyer-letter", delivery(PRINT, on=ago(4)), sent_ago=30)
    assert ways(ALL, past=(came_back_late, arrived_before)) == (EMAIL,)
    assert ways(ALL, past=(came_back_late, arrived_after)) == (PRINT, EMAIL)


def test_a_failure_of_the_day_itself_counts_and_a_delivery_of_the_same_day_is_not_a_later_one() -> None:
    assert ways(FIRST, past=(failed(EMAIL, sent_ago=0),)) == (PRINT,)
    same_day = notice("lawyer-letter", delivery(EMAIL), sent_ago=30)
    assert ways(FIRST, past=(failed(EMAIL, 30), same_day)) == (PRINT,)


def test_a_failure_after_a_later_delivery_counts_again() -> None:
    past = (failed(EMAIL, 30), notice("reminder", delivery(EMAIL), sent_ago=20), failed(EMAIL, 10))
    assert ways(FIRST, past=past) == (PRINT,)


def test_a_returned_notice_goes_again_by_a_channel_that_has_not_failed() -> None:
    bounced = decided(notices=[failed(EMAIL)])
    sent_back = decided(notices=[failed(PRINT)])
    assert (outcome(bounced), bounced.channels) == ("issue undelivered reminder", (PRINT,))
    assert (outcome(sent_back), sent_back.channels) == ("issue undelivered reminder", (EMAIL,))


def test_where_every_channel_has_failed_the_owner_is_unreachable() -> None:
    decision = decided(notices=[failed(EMAIL, 40), failed(PRINT, 30)])
    assert (outcome(decision), decision.channels) == ("refer unreachable", ())


def test_a_returned_notice_goes_again_by_the_same_channel_to_a_new_address() -> None:
    moved = account(email="", address="示例市新路1号")
    decision = decided(of=moved, notices=[failed(PRINT, to="示例市旧路9号")])
    assert (outcome(decision), decision.channels) == ("issue undelivered reminder", (PRINT,))


def test_a_returned_notice_goes_only_by_the_channel_the_owner_wishes() -> None:
    assert outcome(decided(notices=[failed(PRINT)], holds=[hold(PAPER_ONLY)])) == "refer unreachable"


# --- confirmed for service ----------------------------------------------------------------------------------------


def test_a_tier_may_use_only_an_e_mail_address_confirmed_for_service() -> None:
    strict = Tier(name="lawyer-letter", channels=(PRINT, EMAIL), deliver="all", confirmed_email_only=True)
    assert ways(strict, account(email_confirmed=True)) == (PRINT, EMAIL)
    assert ways(strict, account(email_confirmed=False)) == (PRINT,)
    assert ways(strict, account(email_confirmed=False, address="")) == ()


def test_other_tiers_use_an_address_that_is_not_confirmed() -> None:
    assert not any(tier.confirmed_email_only for tier in Policy().tiers)
    assert ways(FIRST, account(email_confirmed=False)) == (EMAIL,)


def test_an_unconfirmed_address_alone_is_unreachable_for_such_a_tier() -> None:
    policy = policy_of(Tier(name="reminder", channels=(EMAIL,), confirmed_email_only=True))
    assert outcome(decided(of=account(email_confirmed=False), policy=policy)) == "refer unreachable"


# --- of a decision ------------------------------------------------------------------------------------------------


def test_a_decision_that_issues_nothing_has_no_channels() -> None:
    nothing = [
        decided(notices=[notice(sent_ago=1)]),
        decided(holds=[hold(HoldKind.DISPUTED)]),
        decided(of=account(email="", address="")),
        decided(notices=[notice("follow-up", sent_ago=90)]),
    ]
    assert [(decision.channels, decision.tier) for decision in nothing] == [((), None)] * 4
