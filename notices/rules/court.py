"""The court's threshold: which of an owner's charges can still be claimed, and what rules out a way to a court.

Payment order (支付令): Civil Procedure Law (2023) arts. 225 to 228 and art. 427 of the interpretation (2022). The money
must be due and certain, no counter-performance owed, no other debt disputed, and the order must be one to be served.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from notices.messages import Message, say
from notices.model import ZERO, ChargeStanding, History, Hold, HoldKind
from notices.rules.commitments import current_plan, plan_on_track, promise_pending
from notices.rules.limitation import limitation_date, proven_demands
from notices.settings import Policy


class CourtKind(StrEnum):
    """Way to a court: an application for a payment order, or a complaint."""

    ORDER = "order"
    COMPLAINT = "complaint"


BOTH = frozenset(CourtKind)
NEITHER: frozenset[CourtKind] = frozenset()
ORDER_ONLY = frozenset({CourtKind.ORDER})


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A reason against going to court: its code, the ways that it rules out (none: to be weighed), and the fact."""

    code: str
    rules_out: frozenset[CourtKind]
    fact: Message


@dataclass(frozen=True)
class CourtClaim:
    """Claim against an owner on a day, in yuan, and what stands against it.

    `charges` are those to claim, each with the end of its limitation period in `limits`; `lapsed` are those whose
    period has passed.
    """

    charges: tuple[ChargeStanding, ...]
    limits: tuple[date, ...]
    lapsed: tuple[ChargeStanding, ...]
    demands: tuple[date, ...]
    obstacles: tuple[Obstacle, ...]

    @property
    def principal(self) -> Decimal:
        """Sum of the balances."""
        return sum((it.balance for it in self.charges), ZERO)

    @property
    def late_fee(self) -> Decimal:
        """Sum of the late fees up to the day."""
        return sum((it.late_fee for it in self.charges), ZERO)

    def ruled_out(self, kind: CourtKind) -> bool:
        """Return whether this way is ruled out."""
        return any(kind in it.rules_out for it in self.obstacles)


def court_claim(
    standings: Sequence[ChargeStanding], history: History, objections: Sequence[str], policy: Policy, as_of: date
) -> CourtClaim:
    """Return what can be claimed on `as_of`; `objections` are the codes that the owner ticked on slips."""
    owed = [standing for standing in standings if standing.claimable]
    demands = proven_demands(history.notices, as_of)
    limits = [limitation_date(it.charge.due_date, demands, policy.limitation_years) for it in owed]
    pairs = list(zip(owed, limits, strict=True))
    claimed = [(standing, limit) for standing, limit in pairs if limit >= as_of]
    lapsed = [standing for standing, limit in pairs if limit < as_of]
    in_force = [it for it in history.holds if it.registered <= as_of and (it.until is None or it.until >= as_of)]
    return CourtClaim(
        charges=tuple(standing for standing, _ in claimed),
        limits=tuple(limit for _, limit in claimed),
        lapsed=tuple(lapsed),
        demands=demands,
        obstacles=(
            *_of_limitation(owed, lapsed),
            *_of_demands(demands, owed),
            *_of_holds(in_force),
            *_of_commitments(history, policy, as_of),
            *_of_slips(objections),
        ),
    )


def _of_limitation(owed: Sequence[ChargeStanding], lapsed: Sequence[ChargeStanding]) -> Iterator[Obstacle]:
    """Find charges whose limitation period has passed (Civil Code arts. 188 and 192: the owner may object)."""
    if not owed:
        yield Obstacle("nothing-owed", BOTH, say("nothing is due"))
    elif len(lapsed) == len(owed):
        yield Obstacle("limitation-passed", BOTH, say("the limitation period of every charge has passed"))
    elif lapsed:
        fact = say("the limitation period of {count} charge(s) has passed; they are left out", count=len(lapsed))
        yield Obstacle("limitation-passed", NEITHER, fact)


def _of_demands(demands: Sequence[date], owed: Sequence[ChargeStanding]) -> Iterator[Obstacle]:
    """Find that no demand after the oldest due date is proven (art. 944(2): demand first, then sue)."""
    first = min((it.charge.due_date for it in owed), default=None)
    if first is not None and not any(day > first for day in demands):
        fact = say("no demand is proven to have reached the owner: no paper letter has a recorded delivery")
        yield Obstacle("no-proven-demand", BOTH, fact)


def _of_holds(holds: Sequence[Hold]) -> Iterator[Obstacle]:
    kinds = {hold.kind for hold in holds}
    if HoldKind.OWNER_UNKNOWN in kinds:
        yield Obstacle("owner-unknown", BOTH, say("the owner is registered as unknown"))
    if HoldKind.DISPUTED in kinds:
        fact = say("a dispute is registered, which rules out a payment order")
        yield Obstacle("disputed", ORDER_ONLY, fact)
    if HoldKind.HARDSHIP in kinds:
        yield Obstacle("hardship", NEITHER, say("hardship is registered: consider instalments"))


def _of_commitments(history: History, policy: Policy, as_of: date) -> Iterator[Obstacle]:
    plan = current_plan(history.holds)
    if plan_on_track(plan, history.payments, as_of, policy):
        yield Obstacle("instalments-on-track", BOTH, say("an instalment plan is agreed and kept: the rest is not due"))
    if promise_pending(history.holds, as_of, policy):
        yield Obstacle("promised", NEITHER, say("a promise to pay has not run out"))


def _of_slips(objections: Sequence[str]) -> Iterator[Obstacle]:
    if objections:
        fact = say("the owner has objected on the slip; if the debt itself is disputed, only a complaint is left")
        yield Obstacle("objected", NEITHER, fact)
