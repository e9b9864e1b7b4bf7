"""Pure rule: the effect of a delivery report on the e-mail it is about (docs/mail.md gives the reasons)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from notices.model import ReportKind, State
from notices.rules.states import SENT_AGAIN_LATER

CLOCKS_DIFFER = timedelta(minutes=10)


class TriedDelivery(Protocol):
    """The facts about an e-mail that the rule needs; a ledger's delivery record has them."""

    @property
    def state(self) -> State:
        """Current state."""

    @property
    def attempt(self) -> int:
        """Number of attempts to send it."""


class Doubt(StrEnum):
    """Reason why a matching report has less effect than it claims."""

    OTHER_ADDRESS = "other-address"
    EARLIER_ATTEMPT = "earlier-attempt"
    WAS_TO_GO_AGAIN = "was-to-go-again"
    SAID_OTHERWISE = "said-otherwise"
    BEING_SENT = "being-sent"
    SENDER_LIMITED = "sender-limited"
    WENT_ALL_THE_SAME = "went-all-the-same"


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A report on the only recipient of an e-mail; `about_us` is false if it names other addresses only.

    `limits_sender` if a server refused the message because of us: frequency, quota, policy, reputation.
    """

    kind: ReportKind
    final: bool
    about_us: bool
    dated: datetime | None
    limits_sender: bool = False


@dataclass(frozen=True, slots=True)
class ReportEffect:
    """States that the delivery goes through, in order; empty if nothing changes."""

    states: tuple[State, ...] = ()
    doubt: Doubt | None = None


def effect_of_report(told: ReportFacts, now: TriedDelivery, tried: datetime | None) -> ReportEffect:
    """Return the effect of a report on a delivery that is not being sent right now; `tried` is its last attempt.

    A report proves that the message was sent. A final failure makes it `bounced`, even after a report of delivery; a
    report of delivery makes it `delivered`, unless it has bounced: a failure reported once stays. A refusal because of
    the sender is no failure of the address: the outcome is `unknown` until a person sends it again, or does not.
    """
    if goes_again(now):
        follows = _after(told, now, _has_left(State.SENDING))
        return ReportEffect(follows.states, follows.doubt or Doubt.WAS_TO_GO_AGAIN)
    if now.attempt > 1 and tried and told.dated and told.dated < tried - CLOCKS_DIFFER:
        return ReportEffect(doubt=Doubt.EARLIER_ATTEMPT)
    return _after(told, now, _has_left(now.state))


def goes_again(now: TriedDelivery) -> bool:
    """Return whether it was tried and is due for another attempt, which a report proves unnecessary."""
    return now.state in SENT_AGAIN_LATER and now.attempt > 0


def _after(told: ReportFacts, now: TriedDelivery, left: tuple[State, ...]) -> ReportEffect:
    outcome = _outcome(told)
    if outcome is None:
        return ReportEffect(left)
    if not told.about_us:
        return ReportEffect(left, Doubt.OTHER_ADDRESS)
    if outcome is State.BOUNCED and told.limits_sender and (left[-1] if left else now.state) is State.SENT:
        return ReportEffect((*left, State.UNKNOWN), Doubt.SENDER_LIMITED)
    return _moved_to(outcome, left, left[-1] if left else now.state)


def _moved_to(outcome: State, left: tuple[State, ...], stands: State) -> ReportEffect:
    if stands is State.SENT or (stands is State.DELIVERED and outcome is State.BOUNCED):
        return ReportEffect((*left, outcome))
    if stands is State.WITHDRAWN or (stands is State.REFUSED and outcome is State.DELIVERED):
        return ReportEffect(left, Doubt.WENT_ALL_THE_SAME)
    return ReportEffect(left, None if stands is outcome else Doubt.SAID_OTHERWISE)


def _has_left(state: State) -> tuple[State, ...]:
    """Return the states up to `sent`, for a delivery not yet known to have been sent."""
    return {
        State.SENDING: (State.UNKNOWN, State.SENT),  # the run was interrupted
        State.UNKNOWN: (State.SENT,),
        State.SPOOLED: (State.SENT,),
    }.get(state, ())


def _outcome(told: ReportFacts) -> State | None:
    if told.kind is ReportKind.DELIVERED:
        return State.DELIVERED
    failed = told.kind in {ReportKind.FAILED, ReportKind.DELAYED}
    return State.BOUNCED if failed and told.final else None
