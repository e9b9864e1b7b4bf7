"""The rule book as one pure function: which notice, if any, an account gets on a day (docs/rules.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from notices.errors import SettingsMistake
from notices.messages import Message, say
from notices.model import (
    STOPS,
    WISHES,
    ZERO,
    Account,
    Action,
    Channel,
    ChargeStanding,
    Decision,
    History,
    Hold,
    HoldKind,
    PastNotice,
    State,
)
from notices.rules.balances import principal, scope, standings
from notices.rules.cases import case_notices, in_progress, partly_undelivered, with_refusals
from notices.rules.channels import channels_for
from notices.rules.commitments import current_plan, instalment_missed, plan_on_track, promise_broken, promise_pending
from notices.rules.limitation import limitation_date, proven_demands
from notices.rules.ownership import is_theirs, older_than_owner
from notices.settings import Policy, Tier


def decide(account: Account, history: History, policy: Policy, as_of: date) -> Decision:
    """Decide about one account on `as_of`; the first matching rule wins. Raises KeyError for an unknown tier."""
    situation = _Situation(account, with_refusals(history, policy.refusal), policy, as_of)
    return _decision(situation, _first_match(situation))


@dataclass(frozen=True)
class _Situation:
    """Facts about an account that the rules ask for, each computed once."""

    account: Account
    history: History
    policy: Policy
    as_of: date

    @cached_property
    def standings(self) -> tuple[ChargeStanding, ...]:
        history = self.history
        return standings(
            self.account.charges,
            history.payments,
            history.list_date,
            self.as_of,
            self.policy,
            claimed_from=history.claimed_from,
        )

    @cached_property
    def claimable(self) -> tuple[ChargeStanding, ...]:
        return tuple(standing for standing in self.standings if standing.claimable)

    @cached_property
    def others(self) -> tuple[ChargeStanding, ...]:
        """Open charges from before the day from which on charges are this owner's."""
        return tuple(s for s in self.standings if s.balance > 0 and not is_theirs(s.charge, self.history.claimed_from))

    @cached_property
    def from_before(self) -> tuple[ChargeStanding, ...]:
        """Claimable charges that are older than this owner of the unit."""
        return older_than_owner(self.standings, self.history)

    @cached_property
    def holds(self) -> tuple[Hold, ...]:
        return tuple(hold for hold in self.history.holds if hold.registered <= self.as_of)

    @cached_property
    def letters(self) -> tuple[PastNotice, ...]:
        return case_notices(self.history, self.claimable, self.as_of, self.policy)

    @property
    def last(self) -> PastNotice | None:
        return self.letters[-1] if self.letters else None

    @property
    def next_tier(self) -> Tier | None:
        rank = self.policy.rank(self.last.tier) + 1 if self.last else 0
        return self.policy.tiers[rank] if rank < len(self.policy.tiers) else None

    @cached_property
    def plan(self) -> Hold | None:
        return current_plan(self.holds)

    @property
    def days_overdue(self) -> int:
        return max((standing.days_late for standing in self.claimable), default=0)

    @cached_property
    def limits(self) -> tuple[date, ...]:
        demands = proven_demands(self.history.notices, self.as_of)
        years = self.policy.limitation_years
        return tuple(limitation_date(s.charge.due_date, demands, years) for s in self.claimable)

    def in_force(self, kinds: Sequence[HoldKind]) -> list[Hold]:
        return [hold for hold in self.holds if hold.kind in kinds and (hold.until is None or hold.until >= self.as_of)]

    def ways(self, tier: Tier) -> tuple[Channel, ...]:
        wishes = self.in_force(WISHES)
        return channels_for(self.account, tier, wishes, self.history.notices)


@dataclass(frozen=True, slots=True)
class _Verdict:
    action: Action
    reason: str
    detail: Message
    tier: Tier | None = None


def _first_match(at: _Situation) -> _Verdict:
    verdict = (
        _nothing_to_claim(at)
        or _held(at)
        or _too_early(at)
        or _promised(at)
        or _came_back(at)
        or _breached(at)
        or _first_notice(at)
        or _awaiting_reply(at)
        or _next_step(at, "deadline-passed", say("The deadline of the last notice has passed without an answer."))
    )
    if verdict.action is not Action.ISSUE:
        return verdict
    if at.from_before and at.policy.after_sale == "refer":
        return _Verdict(
            Action.REFER,
            "owner-changed",
            say("The unit had another owner before, and {amount} yuan are older.", amount=principal(at.from_before)),
            verdict.tier,
        )
    if verdict.tier and not at.ways(verdict.tier):
        return _Verdict(
            Action.REFER,
            "unreachable",
            say("A notice is due, but no channel can reach this owner."),
            verdict.tier,
        )
    return verdict


def _nothing_to_claim(at: _Situation) -> _Verdict | None:
    claimed = principal(at.standings)
    if claimed == 0:
        if any(s.balance > 0 and is_theirs(s.charge, at.history.claimed_from) for s in at.standings):
            return _Verdict(Action.SKIP, "not-due", say("Nothing owed is past its due date yet."))
        if at.others:
            return _Verdict(Action.SKIP, "former-owner", say("Everything owed is older than this owner's charges."))
        return _Verdict(Action.SKIP, "paid", say("Nothing is owed."))
    if claimed < at.policy.minimum:
        return _Verdict(
            Action.SKIP,
            "below-minimum",
            say("The principal is below the minimum of {minimum} yuan.", minimum=at.policy.minimum),
        )
    return None


def _held(at: _Situation) -> _Verdict | None:
    holds = at.in_force(STOPS)
    if not holds:
        return None
    hold = min(holds, key=lambda hold: STOPS.index(hold.kind))
    detail = (
        say("On hold up to and including {until}.", until=hold.until.isoformat())
        if hold.until
        else say("On hold until somebody lifts it.")
    )
    return _Verdict(Action.HOLD, hold.kind.value, detail)


def _too_early(at: _Situation) -> _Verdict | None:
    if any(in_progress(notice) for notice in at.history.notices):
        return _Verdict(Action.WAIT, "in-progress", say("A notice to this owner is still being sent."))
    if not at.letters and at.days_overdue <= at.policy.grace_days:
        return _Verdict(
            Action.WAIT,
            "in-grace",
            say(
                "{days} days overdue, within the grace period of {grace} days.",
                days=at.days_overdue,
                grace=at.policy.grace_days,
            ),
        )
    return None


def _promised(at: _Situation) -> _Verdict | None:
    if promise_pending(at.holds, at.as_of, at.policy):
        return _Verdict(
            Action.WAIT, "promised", say("The date of a promise to pay (with its grace) has not passed yet.")
        )
    if plan_on_track(at.plan, at.history.payments, at.as_of, at.policy):
        return _Verdict(Action.WAIT, "instalments-on-track", say("The instalments due so far have been paid."))
    return None


def _came_back(at: _Situation) -> _Verdict | None:
    if at.last is None or at.last.state is not State.UNDELIVERED:
        return None
    return _Verdict(
        Action.ISSUE,
        "undelivered",
        say("The last notice came back; it goes out again by another channel or to a new address."),
        at.policy.tier(at.last.tier),
    )


def _breached(at: _Situation) -> _Verdict | None:
    payments, settled_on = at.history.payments, at.history.settled_on
    if promise_broken(at.holds, payments, at.letters, settled_on, at.as_of, at.policy):
        return _next_step(at, "promise-broken", say("A promise to pay was not kept."))
    if instalment_missed(at.plan, payments, at.letters, settled_on, at.as_of, at.policy):
        return _next_step(at, "instalment-missed", say("An instalment was not paid."))
    return None


def _first_notice(at: _Situation) -> _Verdict | None:
    if at.last is not None:
        return None
    return _Verdict(Action.ISSUE, "first-notice", say("No notice has been sent in this case yet."), at.next_tier)


def _awaiting_reply(at: _Situation) -> _Verdict | None:
    last = at.last
    if last is None:
        return None
    deadline = last.deadline or last.date + timedelta(days=at.policy.tier(last.tier).respond_within_days)
    if at.as_of > deadline:
        return None
    return _Verdict(
        Action.WAIT,
        "awaiting-reply",
        say("The last notice gives the owner until {deadline} to answer.", deadline=deadline.isoformat()),
    )


def _next_step(at: _Situation, reason: str, detail: Message) -> _Verdict:
    tier = at.next_tier
    if tier is None:
        return _Verdict(Action.REFER, "exhausted", say("All letters have been sent; a person must take over."))
    short_of_sum = tier.min_principal is not None and principal(at.standings) < tier.min_principal
    too_recent = tier.min_days_overdue is not None and at.days_overdue < tier.min_days_overdue
    if short_of_sum or too_recent:
        return _Verdict(
            Action.WAIT,
            "below-tier",
            say("The conditions for the next tier, {tier}, are not met yet.", tier=tier.title),
        )
    return _Verdict(Action.ISSUE, reason, detail, tier)


def _decision(at: _Situation, verdict: _Verdict) -> Decision:
    claimed = principal(at.standings)
    fee = sum((standing.late_fee for standing in at.claimable), ZERO)
    issued = verdict.tier if verdict.action is Action.ISSUE else None
    return Decision(
        action=verdict.action,
        reason=verdict.reason,
        tier=issued.name if issued else None,
        detail=_detail(at, verdict),
        principal=claimed,
        late_fee=fee,
        total=claimed + fee if issued and issued.claims_late_fee else claimed,
        oldest_due=min((s.charge.due_date for s in at.claimable), default=None),
        days_overdue=at.days_overdue,
        scope=scope(at.claimable, at.as_of),
        limitation_date=min(at.limits, default=None),
        channels=at.ways(issued) if issued else (),
        warnings=_warnings(at, verdict),
        standings=at.standings,
    )


def _detail(at: _Situation, verdict: _Verdict) -> Message:
    """Return the verdict's detail, and what is not claimed because it is not this owner's."""
    day = at.history.claimed_from
    if not at.others or day is None:
        return verdict.detail
    return say(
        "{detail} Not claimed: {amount} yuan from before {day}, when the charges became this owner's.",
        detail=verdict.detail,
        amount=sum((standing.balance for standing in at.others), ZERO),
        day=day.isoformat(),
    )


def _warnings(at: _Situation, verdict: _Verdict) -> tuple[str, ...]:
    soon = at.as_of + timedelta(days=at.policy.limitation_warning_days)
    account = at.account
    present = {
        "limitation-soon": any(at.as_of <= limit <= soon for limit in at.limits),
        "limitation-passed": any(limit < at.as_of for limit in at.limits),
        "no-email": not account.email,
        "no-address": not account.address,
        "email-unconfirmed": bool(
            account.email
            and verdict.tier
            and Channel.EMAIL in verdict.tier.channels
            and verdict.tier.confirmed_email_only
            and not account.email_confirmed
        ),
        "several-owners": len(account.owners) > 1,
        "owner-changed": bool(at.from_before),
        "partly-undelivered": at.last is not None and partly_undelivered(at.last),
        "plan-needed": verdict.reason == HoldKind.HARDSHIP and at.plan is None,
    }
    return tuple(sorted(name for name, applies in present.items() if applies))


def decide_safely(account: Account, history: History, policy: Policy, as_of: date) -> Decision:
    """`decide`, with a tier that the policy no longer knows named as the settings' mistake that it is."""
    try:
        return decide(account, history, policy, as_of)
    except KeyError as error:
        raise SettingsMistake(
            say("The ledger holds notices of tier “{tier}”, which the policy does not know.", tier=error.args[0]),
            say("Put the tier back into [[policy.tiers]]; a tier that was used keeps its name."),
        ) from error
