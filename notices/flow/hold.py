"""What is registered about owners: holds, promises, plans, wishes, and notices of earlier days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from notices.errors import Refused, UsageMistake
from notices.flow.check import unknown_estate
from notices.flow.workspace import Workspace
from notices.intake import (
    HistoricNotice,
    Party,
    Problem,
    hold_kind,
    parse_account,
    read_history,
    read_holds,
    read_instalments,
)
from notices.ledger import HoldRecord, ImportedNotice, Ledger, Outcome
from notices.messages import NOTHING, Message, say
from notices.model import Hold, HoldKind, Instalment
from notices.settings import Settings
from notices.words import word


@dataclass(frozen=True)
class Entered:
    """What an import or an entry did: how many are new, changed, as before; and what needs a person.

    `done` says what a single entry did, in place of the counts.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    problems: tuple[Problem, ...] = ()
    attention: tuple[Message, ...] = ()
    note: Message = NOTHING
    done: Message = NOTHING


@dataclass(frozen=True)
class HoldRequest:
    """A hold as a person enters it; dates are days, the amount yuan."""

    account: str
    kind: str
    registered: date
    by: str
    at: datetime
    until: date | None = None
    amount: Decimal | None = None
    plan: Path | None = None
    note: str = ""


def add_hold(workspace: Workspace, ledger: Ledger, request: HoldRequest) -> Entered:
    """Register one hold; raises UsageMistake where its kind lacks what it needs."""
    party = known_party(workspace, request.account)
    hold = _hold(request)
    with ledger.begin() as books:
        added = books.add_hold(party.case, hold, by=request.by, at=request.at, revive=True)
        seen = books.knows(party.case)
    if added is None:
        return Entered(same=1, done=say("The very same is registered already."))
    registered = say(
        "Hold {number}: {kind} of {account} is registered, as of {day}.",
        number=added,
        kind=word(hold.kind),
        account=party.key,
        day=hold.registered.isoformat(),
    )
    return Entered(new=1, done=registered, note=NOTHING if seen else never_seen(party))


def known_party(workspace: Workspace, account: str) -> Party:
    """The owner that an account names; raises UsageMistake for an unknown estate or what is no account."""
    party = parse_account(account)
    if workspace.settings.estate(party.estate) is None:
        raise unknown_estate(party.estate, tuple(estate.name for estate in workspace.settings.estates))
    return party


def never_seen(party: Party) -> Message:
    """A word of caution: nothing has shown this account yet."""
    return say("Registered; but no list or history has shown {account} yet: check its spelling.", account=party.key)


def _hold(request: HoldRequest) -> Hold:
    kind = hold_kind(request.kind)
    parts: tuple[Instalment, ...] = ()
    until, amount = request.until, request.amount
    if kind is HoldKind.INSTALMENTS:
        parts = _parts(request)
        until, amount = None, None
    elif request.plan is not None:
        raise UsageMistake(
            say("--plan belongs to an instalment plan, not to {kind}.", kind=kind.value),
            say("Use --kind instalments."),
        )
    if kind is HoldKind.PROMISE and until is None:
        raise UsageMistake(
            say("A promise to pay needs its date; without one it is no promise."),
            say("Give the day with --until DATE."),
        )
    if until is not None and until < request.registered:
        raise UsageMistake(
            say("{until} is before the day of registration, {day}.", until=until, day=request.registered),
            say("Give a later --until."),
        )
    return Hold(kind, request.registered, until, amount, parts, request.note)


def _parts(request: HoldRequest) -> tuple[Instalment, ...]:
    if request.plan is not None:
        return read_instalments(request.plan)
    if request.until is not None and request.amount is not None:
        return (Instalment(request.until, request.amount),)
    raise UsageMistake(
        say("An instalment plan needs its parts, each with a date and an amount."),
        say("Give a table with --plan FILE, or a single part with --until and --amount."),
    )


def import_holds(
    workspace: Workspace, ledger: Ledger, path: Path, *, estate: str | None, sheet: str | None, by: str, at: datetime
) -> Entered:
    """Register every good row of a table of holds; what stands in the ledger already is not added twice."""
    known = tuple(known.name for known in workspace.settings.estates)
    table = read_holds(path, known_estates=known, estate=estate, sheet=sheet)
    good = [(party, hold) for party, hold in table.holds if party.estate in known]
    with ledger.begin() as books:
        added = [books.add_hold(party.case, hold, by=by, at=at) for party, hold in good]
    new = sum(1 for identity in added if identity is not None)
    return Entered(
        new=new,
        same=len(added) - new,
        problems=table.problems,
        attention=_unknown_estates([party for party, _ in table.holds], known),
    )


def _unknown_estates(parties: Sequence[Party], known: Sequence[str]) -> tuple[Message, ...]:
    return tuple(
        say(
            "The settings know no estate “{estate}”: its rows were left out. "
            "Correct the name in the table, or add [[estates]] to notices.toml, then import it again.",
            estate=name,
        )
        for name in sorted({party.estate for party in parties} - set(known))
    )


def list_holds(ledger: Ledger, *, estate: str | None, include_lifted: bool) -> list[HoldRecord]:
    """The holds in the order of their entry."""
    with ledger.read() as books:
        return books.holds(estate=estate, include_lifted=include_lifted)


def lift(ledger: Ledger, hold: int, *, by: str, at: datetime) -> HoldRecord:
    """End a hold from now on; raises UsageMistake where there is none of that number, Refused where it is lifted."""
    with ledger.begin() as books:
        found = {record.id: record for record in books.holds(include_lifted=True)}.get(hold)
        if found is None:
            raise UsageMistake(
                say("There is no hold number {number}.", number=hold),
                say("`notices hold list` shows the numbers."),
            )
        if found.lifted_on is not None:
            raise Refused(
                say("Hold {number} was lifted on {day} already.", number=hold, day=found.lifted_on.isoformat()),
                say("`notices hold list` shows those in force."),
            )
        books.lift_hold(hold, by=by, at=at)
    return found


def import_history(
    workspace: Workspace, ledger: Ledger, path: Path, *, estate: str | None, sheet: str | None, by: str, at: datetime
) -> Entered:
    """Take over the notices of the time before this program; once each, however often the file comes."""
    settings = workspace.settings
    known = tuple(known.name for known in settings.estates)
    policies = [settings.policy, *(settings.policy_of(name) for name in known)]
    tiers = {name: tier.name for policy in policies for tier in policy.tiers for name in (tier.name, tier.title)}
    table = read_history(path, tiers=tiers, known_estates=known, estate=estate, sheet=sheet)
    good = [notice for notice in table.notices if notice.party.estate in known]
    with ledger.begin() as books:
        outcomes = books.import_notices([_imported(settings, notice) for notice in good], by=by, at=at)
    left_out = [_left_out(notice, outcome) for notice, outcome in zip(good, outcomes, strict=True)]
    return Entered(
        new=outcomes.count("new"),
        changed=outcomes.count("changed"),
        same=outcomes.count("same"),
        problems=table.problems,
        attention=(
            *_unknown_estates([notice.party for notice in table.notices], known),
            *(message for message in left_out if message.text),
        ),
    )


def _left_out(notice: HistoricNotice, outcome: Outcome) -> Message:
    if outcome == "taken":
        return say(
            "Number {number} belongs to another notice already; its row was left out. "
            "Correct the number in the table and import it again.",
            number=notice.number,
        )
    if outcome == "own":
        return say(
            "{number} is a notice of this program, not of the time before; its row was left out.", number=notice.number
        )
    return NOTHING


def _imported(settings: Settings, notice: HistoricNotice) -> ImportedNotice:
    policy = settings.policy_of(notice.party.estate)
    if notice.tier not in {tier.name for tier in policy.tiers}:
        raise UsageMistake(
            say("The policy of {estate} has no tier “{tier}”.", estate=notice.party.estate, tier=notice.tier),
            say("Add it to [[policy.tiers]], or correct the table."),
        )
    return ImportedNotice(
        case=notice.party.case,
        owner="、".join(notice.party.owners),
        tier=notice.tier,
        tier_rank=policy.rank(notice.tier),
        date=notice.date,
        deliveries=notice.deliveries,
        number=notice.number,
    )
