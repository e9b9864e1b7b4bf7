"""approve: number planned notices, and freeze the templates and settings of their letters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pydantic import Field

from notices.errors import Refused, UsageMistake
from notices.flow.approval.joining import letters_of_owners
from notices.flow.approval.questions import Outside, Standing, ask, is_named, names_of, shared_addresses
from notices.flow.approval.release import as_release
from notices.flow.batch.frozen import Frozen, freeze
from notices.flow.batch.lock import only_one
from notices.flow.batch.options import CommandOptions, SortedSet
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.batch.redecide import redecide, withdraw_changed
from notices.flow.batch.seals import files_in
from notices.flow.batch.session import InterruptedCommand, Order
from notices.flow.batch.stamping import catch_up
from notices.flow.people import refuse_strangers, same_person
from notices.flow.templates.check import refuse_broken
from notices.flow.templates.samples import refuse_samples
from notices.flow.workspace import Workspace, unknown_estate
from notices.ledger import (
    BatchRecord,
    Books,
    DecisionRecord,
    Ledger,
)
from notices.messages import Message, say
from notices.model import Account, Action, State
from notices.press import place_key
from notices.rules.combining import Holders
from notices.settings import Tier


class ApproveRequest(CommandOptions):
    """Notices to approve: of `tier` (None: of all tiers), without the `excluded` accounts (each with its reason).

    `included` are accounts that an earlier approval excluded, or that a question is about, and this one approves.
    With `only` no other accounts are approved. Who is `alone` cannot be told from a second person, whatever their name.
    """

    tier: str | None = None
    letter_date: date | None = None
    excluded: Mapping[str, str] = Field(default_factory=dict)
    included: SortedSet[str] = frozenset()
    only: SortedSet[str] = frozenset()
    alone: bool = False


@dataclass(frozen=True)
class Approved:
    """Result of `approve`; `attention`: notices that wait for a person or were withdrawn, `notes`: further hints."""

    batch: str
    decisions: tuple[DecisionRecord, ...]
    attention: tuple[Message, ...]
    notes: tuple[Message, ...] = ()


def approve(workspace: Workspace, ledger: Ledger, order: Order, request: ApproveRequest) -> Approved:
    """Approve the notices that `order.by` may approve.

    Raises Refused if there are none, or if the ledger is older than what has left.
    """
    refuse_strangers(workspace, order.by)
    with only_one(workspace, ledger, order.batch, by=order.by):
        refuse_older_ledger(workspace, ledger)
        with ledger.begin() as books:
            books.batches.in_use(order.batch)
            options = {"by": order.by, **request.stored()}
            books.commands.start("approve", options, batch=order.batch, at=order.at)
        try:
            with ledger.begin() as books:
                approved = _approve(workspace, books, order, request)
                # In the same transaction: if interrupted in between, `resume` would find nothing left and refuse.
                books.commands.finish("approve", batch=order.batch, at=order.at)
        except (Refused, UsageMistake):  # final; an interruption, a full disk or a broken template is for `resume`
            with ledger.begin() as books:
                books.commands.finish("approve", batch=order.batch, at=order.at)
            raise
    unstamped = catch_up(workspace, ledger, by=order.by, at=order.at)
    return replace(approved, attention=(*approved.attention, *unstamped))


def resume(command: InterruptedCommand) -> Approved:
    """Finish an interrupted `approve`."""
    request = ApproveRequest.model_validate(command.options)
    return approve(command.workspace, command.ledger, command.order, request)


def _approve(workspace: Workspace, books: Books, order: Order, request: ApproveRequest) -> Approved:
    batch = books.batches.get(order.batch)
    everything = books.batches.decisions(batch.name)
    shared = shared_addresses(entry.account for entry in everything)
    combining = any(workspace.settings.combines(estate.name) for estate in workspace.settings.estates)
    holders = Holders.of(entry.account for entry in everything if combining)
    planned = _planned(everything)
    del everything
    refuse_mistakes(workspace, request, batch.as_of, [entry.account for entry in planned])
    chosen = _chosen(planned, request)
    free, waiting = _may_release(workspace, chosen, batch, order.by, alone=request.alone)
    _refuse_changed_rows(books, batch, free)
    redecided = redecide(books, batch, free, lambda entry: workspace.policy(entry.account.estate))
    withdraw_changed(books, redecided, by=order.by, at=order.at)
    books.seals.note_changed_plans([entry for entry in planned if is_named(entry.account, request.excluded)])
    for entry in planned:
        for why in (why for name, why in request.excluded.items() if is_named(entry.account, [name])):
            books.batches.exclude(entry.id, why=why, by=order.by, at=order.at)
    renamed = books.renames.today_of(entry.account.case for entry in free)
    outside = Outside(shared, renamed, lambda entry: workspace.policy(entry.account.estate))
    asked = ask(batch.name, redecided.standing, outside, request.included)
    cautions: tuple[Message, ...] = ()
    if asked.clear:
        refuse_broken(workspace, [entry for entry, _ in asked.clear])
        cautions = refuse_samples(workspace, [entry for entry, _ in asked.clear])
        _release(workspace, books, order, asked.clear, request)
        if combining:
            _join(workspace, books, order, [entry for entry, _ in asked.clear], holders)
    elif not (redecided.changed or redecided.asked or asked.questions):
        raise Refused(
            say("Batch {batch} has nothing left that {name} may approve.", batch=batch.name, name=order.by),
            waiting[0] if waiting else say("`notices show {batch}` shows the state of its notices.", batch=batch.name),
            [
                *([say("Nothing was changed, and no --exclude recorded.")] if request.excluded else ()),
                *_still_excluded(planned, request),
            ],
        )
    numbers = {entry.id for entry, _ in asked.clear}
    attention, left = (*redecided.messages, *asked.questions, *waiting), _still_excluded(planned, request)
    del planned, chosen, free, redecided, asked  # gigabytes for 100,000 accounts, and the following needs as much again
    released = (entry for page in books.batches.decision_pages(batch.name) for entry in page if entry.id in numbers)
    decisions = tuple(sorted(released, key=_in_order_of_numbers))
    return Approved(batch.name, decisions, attention, (*cautions, *left, *_years_unknown(workspace, decisions)))


def _in_order_of_numbers(entry: DecisionRecord) -> list[tuple[int, str]]:
    """Return a sort key for a notice's number: digits count as numbers, with leading zeros or without."""
    number = entry.notice.number if entry.notice else None
    return [(int(piece or 0), "") if piece.isdecimal() else (-1, piece) for piece in re.split(r"(\d+)", number or "")]


def _years_unknown(workspace: Workspace, released: Sequence[DecisionRecord]) -> tuple[Message, ...]:
    """Return a warning for each year of a deadline whose official holidays are not known yet."""
    years = {entry.notice.deadline.year for entry in released if entry.notice and entry.notice.deadline}
    return tuple(
        say(
            "The public holidays of {year} are not known yet: deadlines allow for weekends and [calendar] only.",
            year=year,
        )
        for year in sorted(years)
        if not workspace.working_days.knows(year)
    )


def _planned(entries: Sequence[DecisionRecord]) -> list[DecisionRecord]:
    return [
        entry
        for entry in entries
        if entry.decision.action is Action.ISSUE and entry.notice and entry.notice.state is State.PLANNED
    ]


def refuse_mistakes(workspace: Workspace, request: ApproveRequest, as_of: date, planned: Sequence[Account]) -> None:
    """Raise UsageMistake for an unknown estate, tier or account, or a letter date before `as_of`."""
    if request.letter_date is not None and request.letter_date < as_of:
        raise UsageMistake(
            say(
                "{day} is before {as_of}, the day that the amounts were calculated for.",
                day=request.letter_date.isoformat(),
                as_of=as_of.isoformat(),
            ),
            say("Give a later --letter-date, or plan with an earlier --as-of."),
        )
    strangers = {account.estate for account in planned} - {estate.name for estate in workspace.settings.estates}
    if strangers:
        raise unknown_estate(min(strangers), tuple(estate.name for estate in workspace.settings.estates))
    policies = [workspace.settings.policy, *(workspace.policy(account.estate) for account in planned)]
    tiers = {tier.name: tier.title for policy in policies for tier in policy.tiers}
    if request.tier is not None and request.tier not in tiers:
        raise UsageMistake(
            say("The policy has no tier “{tier}”.", tier=request.tier),
            say("Name one of {tiers}.", tiers=", ".join(f"{title} ({name})" for name, title in sorted(tiers.items()))),
        )
    unknown = (request.excluded.keys() | request.included | request.only) - {
        name for each in planned for name in names_of(each)
    }
    if unknown:
        raise UsageMistake(
            say("Nothing is planned for {accounts}.", accounts=", ".join(sorted(unknown))),
            say("Name the accounts as `notices show BATCH` does."),
        )


def _chosen(planned: Sequence[DecisionRecord], request: ApproveRequest) -> list[DecisionRecord]:
    """Return the planned notices that the request approves."""
    return [
        entry
        for entry in planned
        if not is_named(entry.account, request.excluded)
        and (entry.excluded is None or is_named(entry.account, request.included))
        and (request.tier is None or entry.decision.tier == request.tier)
        and (not request.only or is_named(entry.account, request.only))
    ]


def _refuse_changed_rows(books: Books, batch: BatchRecord, chosen: Sequence[DecisionRecord]) -> None:
    """Raise Refused, naming the accounts, if another program has changed what was planned: approving would seal it."""
    changed = books.seals.changed_plans(chosen)
    if not changed and not books.seals.is_changed_batch(batch):
        return
    raise Refused(
        say(
            "Batch {batch} is not as it was planned: another program changed its rows in the ledger.", batch=batch.name
        ),
        say(
            "Restore the ledger from a backup, leave these accounts out with --exclude, or discard the batch and plan "
            "it again. `notices ledger verify` names every changed row."
        ),
        [
            say("{account}: its rows were changed.", account=entry.account.key)
            for entry in chosen
            if entry.id in changed
        ],
    )


def _still_excluded(planned: Sequence[DecisionRecord], request: ApproveRequest) -> tuple[Message, ...]:
    """Return a message for each notice that an earlier approval excluded, and that stays so."""
    left = [e for e in planned if e.excluded is not None and not is_named(e.account, request.included)]
    return tuple(
        say(
            "{account} stays excluded ({why}); --include {account} approves it.",
            account=entry.account.key,
            why=entry.excluded,
        )
        for entry in left
    )


def _may_release(
    workspace: Workspace, chosen: Sequence[DecisionRecord], batch: BatchRecord, by: str, *, alone: bool
) -> tuple[list[DecisionRecord], tuple[Message, ...]]:
    """Return the notices that `by` may approve, and a message about the others."""
    names = workspace.settings.people.names
    planners = {received.planned_by for received in batch.lists} | {batch.planned_by}
    planner_known = not names or all(any(same_person(planner, name) for name in names) for planner in planners)
    second_person = planner_known and not alone and not any(same_person(by, planner) for planner in planners)
    free = [entry for entry in chosen if second_person or _tier(workspace, entry).approval is None]
    held = len(chosen) - len(free)
    if not held:
        return free, ()
    if alone:
        return free, (
            say(
                "{count} notice(s) stay planned: their tier needs approval by a second person, who logs in as an "
                "approver, or runs `notices approve {batch} --by NAME`.",
                count=held,
                batch=batch.name,
            ),
        )
    if not planner_known:
        return free, (
            say(
                "{count} notice(s) stay planned: their tier needs two people from [people], but {planner}, who planned "
                "the batch, is not listed there. Plan it again with --again --by NAME of a listed person.",
                count=held,
                planner=", ".join(sorted(planners)),
            ),
        )
    return free, (
        say(
            "{count} notice(s) stay planned: {planner} planned the batch, and their tier needs approval by a second "
            "person: `notices approve {batch} --by NAME`.",
            count=held,
            planner=", ".join(sorted(planners)),
            batch=batch.name,
        ),
    )


def still_waiting(workspace: Workspace, ledger: Ledger, order: Order, request: ApproveRequest) -> tuple[Message, ...]:
    """Return a message if an approval that was carried out left notices to a second person."""
    with ledger.read() as books:
        batch = books.batches.get(order.batch)
        left = [
            entry
            for entry in _planned(books.batches.decisions(batch.name))
            if not is_named(entry.account, request.excluded)
            and entry.excluded is None
            and request.tier in {None, entry.decision.tier}
        ]
    return _may_release(workspace, left, batch, order.by, alone=request.alone)[1]


def _tier(workspace: Workspace, entry: DecisionRecord) -> Tier:
    return workspace.policy(entry.account.estate).tier(entry.decision.tier or "")


def _join(
    workspace: Workspace, books: Books, order: Order, released: Sequence[DecisionRecord], holders: Holders
) -> None:
    """Have the notices of one owner leave in one letter."""
    ordered = sorted(released, key=_in_order_of_places)
    frozen = Frozen(workspace, books.batches.get(order.batch))
    letters = letters_of_owners(frozen, books, ordered, holders)
    books.letters.join(letters, by=order.by, at=order.at)


def _in_order_of_places(entry: DecisionRecord) -> tuple[object, str]:
    return place_key(entry.account), entry.account.key


def _release(
    workspace: Workspace,
    books: Books,
    order: Order,
    standing: Sequence[Standing],
    request: ApproveRequest,
) -> None:
    batch = books.batches.get(order.batch)
    letter_date = request.letter_date or batch.as_of
    number = len(batch.approvals) + 1
    frozen = freeze(workspace, batch.name, number)
    ordered = sorted(standing, key=lambda pair: _in_order_of_places(pair[0]))
    books.approvals.approve(
        batch.name,
        [as_release(workspace, entry, history, letter_date, batch.as_of) for entry, history in ordered],
        letter_date=letter_date,
        frozen=frozen.relative_to(workspace.root).as_posix(),
        files=files_in(frozen),
        by=order.by,
        at=order.at,
    )
