"""approve: number planned notices, and freeze the templates and settings of their letters."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from pydantic import Field

from notices.errors import Refused, UsageMistake
from notices.flow.approval.questions import Asking, Outside, SharedAddresses, is_named, names_of, shared_addresses
from notices.flow.approval.release import as_release
from notices.flow.approval.released import Released
from notices.flow.batch.frozen import Frozen, freeze
from notices.flow.batch.joining import letters_of_owners
from notices.flow.batch.lock import only_one
from notices.flow.batch.options import CommandOptions, SortedSet
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.batch.redecide import redecide, withdraw_changed
from notices.flow.batch.seals import files_in, refuse_changed_facts
from notices.flow.batch.session import InterruptedCommand, Order
from notices.flow.batch.stamping import catch_up
from notices.flow.days import refuse_letter_ahead
from notices.flow.people import refuse_strangers, same_person
from notices.flow.templates.check import refuse_broken
from notices.flow.templates.samples import refuse_samples
from notices.flow.workspace import Workspace, unknown_estate
from notices.ledger import (
    FEW_UNITS,
    BatchRecord,
    Books,
    DecisionRecord,
    Ledger,
    Release,
)
from notices.messages import Message, say
from notices.model import Account, Action, State
from notices.press import place_key
from notices.rules.combining import Holders, Owners, marks_of
from notices.settings import Policy, Tier


class ApproveRequest(CommandOptions):
    """Notices to approve: of `tier` (None: of all tiers), without the `excluded` accounts (each with its reason).

    `included` are accounts that an earlier approval excluded, or that a question is about, and this one approves;
    `looked_at` are those whose questions are answered, and that stay excluded if they were.
    With `only` no other accounts are approved. Who is `alone` cannot be told from a second person, whatever their name.
    """

    tier: str | None = None
    letter_date: date | None = None
    excluded: Mapping[str, str] = Field(default_factory=dict)
    included: SortedSet[str] = frozenset()
    looked_at: SortedSet[str] = frozenset()
    only: SortedSet[str] = frozenset()
    alone: bool = False


@dataclass(frozen=True)
class Approved:
    """Result of `approve`; `attention`: notices that wait for a person or were withdrawn, `notes`: further hints."""

    batch: str
    decisions: Sequence[DecisionRecord]
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
                approved = _Approval(workspace, ledger, books, order, request).carried_out()
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


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A notice that may be released, in compact form: 100,000 of them are in memory at once. `place` sorts them."""

    place: tuple[Any, ...]
    owner: tuple[str, Owners]  # with the estate
    release: Release


@dataclass
class _Approval:
    """One approval, inside its transaction; it looks at a page of the batch at a time."""

    workspace: Workspace
    ledger: Ledger
    books: Books
    order: Order
    request: ApproveRequest
    prepared: list[_Prepared] = field(default_factory=list)
    kinds: dict[tuple[Any, ...], DecisionRecord] = field(default_factory=dict)  # one notice for all with such a letter
    changed_rows: list[Account] = field(default_factory=list)
    changed: list[Message] = field(default_factory=list)
    left: list[Message] = field(default_factory=list)
    held: int = 0
    owners: defaultdict[str, set[Owners]] = field(default_factory=lambda: defaultdict(set))  # by what they list

    def carried_out(self) -> Approved:
        """Approve what may be; raises Refused if that is nothing."""
        refuse_changed_facts(self.books)
        batch = self.books.batches.get(self.order.batch)
        shared = self._surveyed(batch)
        second = _SecondPerson.of(self.workspace, batch, self.order.by, alone=self.request.alone)
        asking = Asking(batch.name, self.request.included | self.request.looked_at)
        letter_date = self.request.letter_date or batch.as_of
        today = self.order.at.date()
        for page in self.books.batches.decision_pages(batch.name):
            self._look_at(_planned(page), batch, second, asking, shared, letter_date)
        _refuse_changed_rows(self.books, batch, self.changed_rows)
        waiting, questions = second.messages(self.held), asking.questions
        cautions: tuple[Message, ...] = ()
        numbers: Mapping[int, str] = {}
        if self.prepared:
            refuse_broken(self.workspace, list(self.kinds.values()))
            cautions = refuse_samples(self.workspace, list(self.kinds.values()))
            numbers = self._release(batch, letter_date)
            self._join(batch)
        elif not (self.changed or questions):
            raise self._nothing_left(batch, waiting)
        deadlines = [each.release.deadline for each in self.prepared]
        late = _passed(deadlines, today, typed=self.request.letter_date is not None)
        notes = (*cautions, *self.left, *late, *_years_unknown(self.workspace, deadlines))
        return Approved(batch.name, Released(self.ledger, numbers), (*self.changed, *questions, *waiting), notes)

    def _surveyed(self, batch: BatchRecord) -> SharedAddresses:
        """Refuse mistakes in the request; return the addresses that different owners of the batch share."""
        request = self.request
        named = {*request.excluded, *request.included, *request.looked_at, *request.only}
        few: dict[str, Account] = {}  # one of each estate, and those that the request names

        def accounts() -> Iterator[Account]:
            for page in self.books.batches.decision_pages(batch.name):
                for entry in _planned(page):
                    few.setdefault(entry.account.estate, entry.account)
                    if is_named(entry.account, named):
                        few[entry.account.key] = entry.account
                for entry in page:
                    for mark in marks_of(entry.account) if self._combines else ():
                        self.owners[mark].add(entry.account.case.owners)
                    yield entry.account

        shared = shared_addresses(accounts())
        today = self.order.at.date()
        refuse_mistakes(self.workspace, self.request, (batch.as_of, today), list(few.values()))
        return shared

    def _look_at(
        self,
        planned: Sequence[DecisionRecord],
        batch: BatchRecord,
        second: _SecondPerson,
        asking: Asking,
        shared: SharedAddresses,
        letter_date: date,
    ) -> None:
        chosen = _chosen(planned, self.request)
        free = [entry for entry in chosen if second.leaves(entry)]
        self.held += len(chosen) - len(free)
        self.left += _still_excluded(planned, self.request)
        broken = self.books.seals.changed_plans(free)  # before this transaction changes their rows itself
        self.changed_rows += [entry.account for entry in free if entry.id in broken]
        redecided = redecide(self.books, batch, free, self._policy_of)
        withdraw_changed(self.books, redecided, by=self.order.by, at=self.order.at)
        self.changed += redecided.messages
        self._exclude(planned)
        renamed = self.books.renames.today_of(entry.account.case for entry in free)
        for entry, history in asking.clear(redecided.standing, Outside(shared, renamed, self._policy_of)):
            release = as_release(self.workspace, entry, history, letter_date, batch.as_of)
            account = entry.account
            owner = (account.estate, account.case.owners)
            self.prepared.append(_Prepared((place_key(account), account.key), owner, release))
            decision = entry.decision
            self.kinds.setdefault((account.estate, decision.tier, decision.channels, entry.handler), entry)

    def _exclude(self, planned: Sequence[DecisionRecord]) -> None:
        excluded = self.request.excluded
        named = [entry for entry in planned if is_named(entry.account, excluded)]
        if named:
            self.books.seals.note_changed_plans(named)
        for entry in named:
            for why in (why for name, why in excluded.items() if is_named(entry.account, [name])):
                self.books.batches.exclude(entry.id, why=why, by=self.order.by, at=self.order.at)

    def _release(self, batch: BatchRecord, letter_date: date) -> Mapping[int, str]:
        frozen = freeze(self.workspace, batch.name, len(batch.approvals) + 1)
        self.prepared.sort(key=lambda each: each.place)
        return self.books.approvals.approve(
            batch.name,
            [each.release for each in self.prepared],
            letter_date=letter_date,
            frozen=frozen.relative_to(self.workspace.root).as_posix(),
            files=files_in(frozen),
            by=self.order.by,
            at=self.order.at,
        )

    def _join(self, batch: BatchRecord) -> None:
        """Have the notices of one owner leave in one letter; only owners of several notices are read again."""
        counted = Counter(each.owner for each in self.prepared)
        ids = [each.release.notice_id for each in self.prepared if counted[each.owner] > 1]
        if not self._combines or not ids:
            return
        found = {
            entry.notice.id: entry
            for start in range(0, len(ids), FEW_UNITS)
            for entry in self.books.batches.decisions_of_notices(ids[start : start + FEW_UNITS])
            if entry.notice
        }
        frozen = Frozen(self.workspace, self.books.batches.get(batch.name))
        letters = letters_of_owners(frozen, self.books, [found[key] for key in ids], Holders(self.owners))
        self.books.letters.join(letters, by=self.order.by, at=self.order.at)

    @cached_property
    def _combines(self) -> bool:
        return any(self.workspace.settings.combines(each.name) for each in self.workspace.settings.estates)

    def _policy_of(self, entry: DecisionRecord) -> Policy:
        return self.workspace.policy(entry.account.estate)

    def _nothing_left(self, batch: BatchRecord, waiting: Sequence[Message]) -> Refused:
        return Refused(
            say("Batch {batch} has nothing left that {name} may approve.", batch=batch.name, name=self.order.by),
            waiting[0] if waiting else say("`notices show {batch}` shows the state of its notices.", batch=batch.name),
            [
                *([say("Nothing was changed, and no --exclude recorded.")] if self.request.excluded else ()),
                *self.left,
            ],
        )


def _years_unknown(workspace: Workspace, deadlines: Iterable[date]) -> tuple[Message, ...]:
    """Return a warning for each year of a deadline whose official holidays are not known yet."""
    years = {deadline.year for deadline in deadlines}
    return tuple(
        say(
            "The public holidays of {year} are not known yet: deadlines allow for weekends and [calendar] only.",
            year=year,
        )
        for year in sorted(years)
        if not workspace.working_days.knows(year)
    )


def _passed(deadlines: Sequence[date], today: date, *, typed: bool) -> tuple[Message, ...]:
    """Return a message if letters would demand payment by a day that has passed.

    Raises UsageMistake if that comes from a date that a person typed for the letters.
    """
    passed = [deadline for deadline in deadlines if deadline < today]
    if not passed:
        return ()
    told = say(
        "{count} letter(s) demand payment by {day}, which has passed.", count=len(passed), day=min(passed).isoformat()
    )
    if typed:
        raise UsageMistake(told, say("Give a later --letter-date."))
    return (told,)


def _planned(entries: Sequence[DecisionRecord]) -> list[DecisionRecord]:
    return [
        entry
        for entry in entries
        if entry.decision.action is Action.ISSUE and entry.notice and entry.notice.state is State.PLANNED
    ]


def refuse_mistakes(
    workspace: Workspace, request: ApproveRequest, days: tuple[date, date], planned: Sequence[Account]
) -> None:
    """Raise UsageMistake for an unknown estate, tier or account, or an impossible letter date.

    `days` are that of the plan and today: letters are not dated before the first, nor too far from the second.
    """
    as_of, today = days
    if request.letter_date is not None and request.letter_date < as_of:
        raise UsageMistake(
            say(
                "{day} is before {as_of}, the day that the amounts were calculated for.",
                day=request.letter_date.isoformat(),
                as_of=as_of.isoformat(),
            ),
            say("Give a later --letter-date, or plan with an earlier --as-of."),
        )
    if request.letter_date is not None:
        refuse_letter_ahead(workspace, request.letter_date, today)
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
    unknown = (request.excluded.keys() | request.included | request.looked_at | request.only) - {
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


def _refuse_changed_rows(books: Books, batch: BatchRecord, changed: Sequence[Account]) -> None:
    """Raise Refused, naming the accounts, if another program has changed what was planned: approving would seal it."""
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
        [say("{account}: its rows were changed.", account=account.key) for account in changed],
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


@dataclass(frozen=True)
class _SecondPerson:
    """Notices that need a second person to be released; `is_second`: the person who approves is one."""

    workspace: Workspace
    batch: str
    planners: frozenset[str]
    alone: bool
    planner_known: bool
    is_second: bool

    @classmethod
    def of(cls, workspace: Workspace, batch: BatchRecord, by: str, *, alone: bool) -> _SecondPerson:
        """Return it for a batch: its planners are those of all its lists."""
        names = workspace.settings.people.names
        planners = frozenset({received.planned_by for received in batch.lists} | {batch.planned_by})
        known = not names or all(any(same_person(planner, name) for name in names) for planner in planners)
        second = known and not alone and not any(same_person(by, planner) for planner in planners)
        return cls(workspace, batch.name, planners, alone, known, second)

    def leaves(self, entry: DecisionRecord) -> bool:
        """Return whether a notice may be released by who asks."""
        return self.is_second or _tier(self.workspace, entry).approval is None

    def messages(self, held: int) -> tuple[Message, ...]:
        """Return a message about so many notices that wait for a second person."""
        if not held:
            return ()
        if self.alone:
            return (
                say(
                    "{count} notice(s) stay planned: their tier needs approval by a second person, who logs in as an "
                    "approver, or runs `notices approve {batch} --by NAME`.",
                    count=held,
                    batch=self.batch,
                ),
            )
        planner = ", ".join(sorted(self.planners))
        if not self.planner_known:
            return (
                say(
                    "{count} notice(s) stay planned: their tier needs two people from [people], but {planner}, who "
                    "planned the batch, is not listed there. Plan it again with --again --by NAME of a listed person.",
                    count=held,
                    planner=planner,
                ),
            )
        return (
            say(
                "{count} notice(s) stay planned: {planner} planned the batch, and their tier needs approval by a "
                "second person: `notices approve {batch} --by NAME`.",
                count=held,
                planner=planner,
                batch=self.batch,
            ),
        )


def still_waiting(workspace: Workspace, ledger: Ledger, order: Order, request: ApproveRequest) -> tuple[Message, ...]:
    """Return a message if an approval that was carried out left notices to a second person."""
    with ledger.read() as books:
        batch = books.batches.get(order.batch)
        second = _SecondPerson.of(workspace, batch, order.by, alone=request.alone)
        held = sum(
            not second.leaves(entry)
            for page in books.batches.decision_pages(batch.name)
            for entry in _planned(page)
            if not is_named(entry.account, request.excluded)
            and entry.excluded is None
            and request.tier in {None, entry.decision.tier}
        )
    return second.messages(held)


def _tier(workspace: Workspace, entry: DecisionRecord) -> Tier:
    return workspace.policy(entry.account.estate).tier(entry.decision.tier or "")
