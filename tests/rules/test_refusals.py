"""A letter that the addressee refused counts as the policy says: as come back, or as delivered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rule_builders import PRINT, ago, decided, delivery, notice, policy_of

from notices.model import PastDelivery, State

REFUSED = replace(delivery(PRINT, State.RETURNED, on=ago(30)), refused=True)
RETURNED = delivery(PRINT, State.RETURNED, on=ago(30))


@pytest.mark.parametrize(
    ("way", "refusal", "reason"),
    [
        (REFUSED, "returned", "undelivered"),
        (RETURNED, "delivered", "undelivered"),  # moved or unknown: no policy makes that an arrival
        (REFUSED, "delivered", "deadline-passed"),
    ],
)
def test_a_refusal_sends_the_same_tier_again_or_goes_on_as_the_policy_says(
    way: PastDelivery, refusal: str, reason: str
) -> None:
    sent = notice("reminder", way, sent_ago=40)
    decision = decided(notices=(sent,), policy=policy_of(refusal=refusal))
    assert decision.reason == reason


def test_a_refusal_moves_the_limitation_date_only_if_it_counts_as_delivered() -> None:
    sent = notice("reminder", REFUSED, sent_ago=40)
    as_delivered = decided(notices=(sent,), policy=policy_of(refusal="delivered"))
    as_returned = decided(notices=(sent,), policy=policy_of(refusal="returned"))
    assert as_delivered.limitation_date == ago(30).replace(year=ago(30).year + 3)
    assert as_returned.limitation_date == ago(100).replace(year=ago(100).year + 3)
