"""hold: register stops, promises, instalment plans and channel wishes of owners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from notices.errors import Refused, UsageMistake
from notices.flow.days import days_allowed, is_too_far, latest_day
from notices.flow.register.accounts import known_party, never_seen, refuse_unseen, unknown_estates
from notices.flow.workspace import Workspace
from notices.intake import (
    hold_kind,
    read_holds,
    read_instalments,
)
from notices.intake.results import ImportResult
from notices.ledger import HoldRecord, Ledger
from notices.messages import NOTHING, say
from notices.model import Hold, HoldKind, Instalment
from notices.rules.commitments import LONGEST
from notices.words import word


@dataclass(frozen=True)
class HoldRequest:
    """Hold as a person enters it; the amount is in yuan. `unseen` confirms an account that no list or history has."""

    account: str
    kind: str
    registered: date
    by: str
    at: datetime
    until: date | None = None
    amount: Decimal | None = None
    plan: Path | None = None
    note: str = ""
    unseen: bool = False


def add_hold(workspace: Workspace, ledger: Ledger, request: HoldRequest) -> ImportResult:
    """Register a hold.

    Raises UsageMistake if data that its kind needs is missing, Refused if no list of the estate has the account.
    """
    party = known_party(workspace, request.account)
    _refuse_registered_ahead(workspace, request)
    hold = _hold(request)
    with ledger.begin() as books:
        seen = books.histories.knows(party.case)
        if not seen and not request.unseen:
            refuse_unseen(books, party)
        added = books.holds.add(party.case, hold, by=request.by, at=request.at, revive=True)
    if added is None:
        return ImportResult(same=1, done=say("The same hold is already registered."))
    registered = say(
        "Hold {number}: {kind} of {account} is registered, as of {day}.",
        number=added,
        kind=word(hold.kind),
        account=party.key,
        day=hold.registered.isoformat(),
    )
    return ImportResult(new=1, done=registered, note=NOTHING if seen else never_seen(party))


def _hold(request: HoldRequest) -> Hold:
    kind = hold_kind(request.kind)
    parts: tuple[Instalment, ...] = ()
    until, amount = request.until, request.amount
    if kind is HoldKind.INSTALMENTS:
        parts = _parts(request)
        until, amount = None, None
    elif request.plan is not None:
        raise UsageMistake(
            say("--plan is only for instalment plans, not for {kind}.", kind=kind.value),
            say("Use --kind instalments."),
        )
    if kind is HoldKind.PROMISE and until is None:
        raise UsageMistake(
            say("A promise to pay needs a date."),
            say("Give it with --until DATE."),
        )
    for day in (*([until] if until else ()), *(part.date for part in parts)):
        _refuse_impossible_end(kind, day, request.registered)
    return Hold(kind, request.registered, until, amount, parts, request.note)


def _refuse_registered_ahead(workspace: Workspace, request: HoldRequest) -> None:
    """Raise UsageMistake for a hold that would be registered in times to come: until then, no plan would know it."""
    if is_too_far(workspace, request.registered, request.at.date()):
        raise UsageMistake(
            say("{day} is too far in the future for the registration of a hold.", day=request.registered.isoformat()),
            days_allowed(workspace),
        )


def _refuse_impossible_end(kind: HoldKind, day: date, registered: date) -> None:
    """Raise UsageMistake for a day before the registration, or for money promised for when claims have lapsed."""
    if day < registered:
        raise UsageMistake(
            say("{until} is before the day of registration, {day}.", until=day, day=registered),
            say("Give a later day, or with --registered the day on which it was agreed."),
        )
    if kind in {HoldKind.PROMISE, HoldKind.INSTALMENTS} and day > registered + LONGEST:
        raise UsageMistake(
            say("{until} is more than three years after the day of registration, {day}.", until=day, day=registered),
            say("Check the year. By then the claim would have lapsed."),
        )


def _parts(request: HoldRequest) -> tuple[Instalment, ...]:
    if request.plan is not None:
        return read_instalments(request.plan)
    if request.until is not None and request.amount is not None:
        return (Instalment(request.until, request.amount),)
    raise UsageMistake(
        say("An instalment plan needs at least one part with a date and an amount."),
        say("Give a table with --plan FILE, or one part with --until and --amount."),
    )


def import_holds(
    workspace: Workspace, ledger: Ledger, path: Path, *, estate: str | None, sheet: str | None, by: str, at: datetime
) -> ImportResult:
    """Register every good row of a table of holds, except holds that are already registered."""
    known = tuple(known.name for known in workspace.settings.estates)
    latest = latest_day(workspace, at.date())
    table = read_holds(path, known_estates=known, estate=estate, sheet=sheet, latest=latest)
    good = [(party, hold) for party, hold in table.holds if party.estate in known]
    with ledger.begin() as books:
        added = [books.holds.add(party.case, hold, by=by, at=at) for party, hold in good]
    new = sum(1 for identity in added if identity is not None)
    return ImportResult(
        new=new,
        same=len(added) - new,
        problems=table.problems,
        attention=unknown_estates([party for party, _ in table.holds], known),
    )


def list_holds(ledger: Ledger, *, estate: str | None, include_lifted: bool) -> list[HoldRecord]:
    """List the holds in the order of their entry."""
    with ledger.read() as books:
        return books.holds.all(estate=estate, include_lifted=include_lifted)


def lift(ledger: Ledger, hold: int, *, by: str, at: datetime) -> HoldRecord:
    """End a hold from now on. Raises UsageMistake if there is none of that number, Refused if it is already lifted."""
    with ledger.begin() as books:
        found = {record.id: record for record in books.holds.all(include_lifted=True)}.get(hold)
        if found is None:
            raise UsageMistake(
                say("There is no hold {number}.", number=hold),
                say("`notices hold list` shows the holds."),
            )
        if found.lifted_on is not None:
            raise Refused(
                say("Hold {number} was already lifted on {day}.", number=hold, day=found.lifted_on.isoformat()),
                say("`notices hold list` shows the holds in force."),
            )
        books.holds.lift(hold, by=by, at=at)
    return found
