"""todo: what each person has to do by a day, with the date and the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from notices.flow.batch.one_slip import companions
from notices.flow.people import same_person
from notices.flow.standing import Standing, standings_on
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, Ledger, NoticeRecord, SlipRecord
from notices.ledger.purging import FORGOTTEN
from notices.letters.answers import ANSWERS_FILE, Objection, read_objections
from notices.messages import Message, say
from notices.model import FAILED, Action, CaseKey, Channel, HoldKind, State
from notices.rules.commitments import Awaited, awaited
from notices.rules.money import format_grouped
from notices.rules.routing import acting, keeper_of_hard_case
from notices.rules.states import OUTCOME_UNKNOWN
from notices.settings import Work
from notices.words import word


@dataclass(frozen=True, slots=True)
class TodoItem:
    """Something a person has to do; `account` and `notice` are None where it is about neither."""

    handler: str
    due: date
    kind: str
    text: Message
    account: str | None = None
    notice: str | None = None


@dataclass(frozen=True)
class TodoView:
    """Everything that the gatherers of tasks look at, read once."""

    workspace: Workspace
    books: Books
    as_of: date

    @property
    def work(self) -> Work:
        """Settings of who does what."""
        return self.workspace.settings.work

    @cached_property
    def standings(self) -> tuple[Standing, ...]:
        """Accounts of the last lists, as they stand on the day."""
        return tuple(standings_on(self.workspace, self.books, self.as_of))

    @cached_property
    def by_case(self) -> Mapping[CaseKey, Standing]:
        """The same by case, under the names of today."""
        return {self.books.renames.today(each.account.case): each for each in self.standings}

    @cached_property
    def entries(self) -> tuple[DecisionRecord, ...]:
        """Decisions of all batches in use that have a notice, but for those whose data were purged."""
        batches = [batch.name for batch in self.books.batches.all() if batch.discarded is None]
        decisions = (it for name in batches for it in self.books.batches.decisions(name))
        return tuple(it for it in decisions if it.notice and it.account.owner != FORGOTTEN)

    @cached_property
    def slips(self) -> Mapping[int, SlipRecord]:
        """The slip that counts of each notice: the last one."""
        ids = [entry.notice.id for entry in self.entries if entry.notice]
        known = {slip.notice_id: slip for slip in self.books.slips.of_notices(ids) if slip.slip.received <= self.as_of}
        return {key: slip for key, slip in known.items() if not slip.takes_back}

    @cached_property
    def given_telephones(self) -> Mapping[CaseKey, str]:
        """The last telephone number that each owner gave on a slip, by case under the names of today."""
        return {
            self.books.renames.today(it.account.case): self.slips[it.notice.id].slip.telephone
            for it in self.entries
            if it.notice and it.notice.id in self.slips and self.slips[it.notice.id].slip.telephone
        }

    @cached_property
    def objections(self) -> Mapping[str, Objection]:
        """Objections of today's answers.toml, by code."""
        return {each.code: each for each in read_objections(self.workspace.templates / ANSWERS_FILE)}

    def keeper(self, entry: DecisionRecord) -> str:
        """Return who looks after an account: by its last list, else by the batch of the notice."""
        standing = self.by_case.get(self.books.renames.today(entry.account.case))
        return standing.keeper if standing else entry.handler or self.work.supervisor


def todo(workspace: Workspace, ledger: Ledger, *, as_of: date, handler: str | None = None) -> list[TodoItem]:
    """Return what has to be done by a day, by one person if wanted; sorted by person, date and kind."""
    with ledger.read() as books:
        view = TodoView(workspace, books, as_of)
        tasks = [task for gather in GATHERERS for task in gather(view)]
    mine = [task for task in tasks if handler is None or same_person(task.handler, handler)]
    return sorted(mine, key=lambda task: (task.handler, task.due, task.kind, task.account or "", task.notice or ""))


def _commitments(view: TodoView) -> Iterator[TodoItem]:
    """Yield a call (a visit, without a telephone number) before each awaited payment, and its follow-up on the day."""
    for standing in view.standings:
        policy = view.workspace.policy(standing.account.estate)
        if not standing.decision.principal:
            continue
        for each in awaited(standing.history.holds, standing.history.payments, view.as_of, policy):
            yield from _about_payment(view, standing, each)


def _about_payment(view: TodoView, standing: Standing, each: Awaited) -> Iterator[TodoItem]:
    amount, day = _amount(each), each.on.isoformat()
    account, keeps = standing.account.key, standing.keeper
    early = each.on - timedelta(days=view.work.call_before_days)
    if early <= view.as_of < each.on:
        phone = _telephone(view, standing)
        kind = "call" if phone else "visit"
        text = (
            say(
                "Remind the owner by telephone ({telephone}): {amount} promised for {day}.",
                telephone=phone,
                amount=amount,
                day=day,
            )
            if phone
            else say(
                "Remind the owner in person, no telephone is known: {amount} promised for {day}.",
                amount=amount,
                day=day,
            )
        )
        yield TodoItem(keeps, early, kind, text, account)
    elif view.as_of >= each.on:
        kind = "promise" if each.kind is HoldKind.PROMISE else "instalment"
        text = (
            say("Broken: {amount} promised for {day} has not come; the next plan escalates.", amount=amount, day=day)
            if each.broken
            else say("See whether {amount} promised for {day} has come, else call.", amount=amount, day=day)
        )
        yield TodoItem(keeps, each.on, kind, text, account)


def _amount(each: Awaited) -> Message:
    if each.amount is None:
        return say("the whole debt")
    return say("{amount} yuan", amount=format_grouped(each.amount))


def _telephone(view: TodoView, standing: Standing) -> str:
    """Return the number that the owner gave on a slip, else that of the list."""
    return view.given_telephones.get(view.books.renames.today(standing.account.case)) or standing.account.telephone


def _hardship(view: TodoView) -> Iterator[TodoItem]:
    """Yield a visit to every owner in hardship who has no instalment plan yet."""
    for standing in view.standings:
        if "plan-needed" in standing.decision.warnings:
            since = max(hold.registered for hold in standing.history.holds if hold.kind is HoldKind.HARDSHIP)
            text = say("The owner is in hardship and has no instalment plan: offer a visit, agree on instalments.")
            yield TodoItem(standing.keeper, since, "visit", text, standing.account.key)


def _work_orders(view: TodoView) -> Iterator[TodoItem]:
    for order in view.books.work_orders.all(only_open=True):
        if order.opened_on <= view.as_of and order.case.owners != (FORGOTTEN,):
            text = say("Work order {number}: {label}.", number=order.number, label=order.label)
            yield TodoItem(order.handler, order.due, "work-order", text, order.case.key, order.notice)


def _answers(view: TodoView) -> Iterator[TodoItem]:
    """Yield the slips without an answer sheet that has left, one task for each person who has to act.

    The slip of a letter for several units is answered once. Where nothing is owed any more, no answer would leave.
    """
    answered = view.books.replies.answered_slips()
    papers = companions(view.books, view.slips)
    answerable = (it for it in view.entries if it.notice and it.notice.id in view.slips)
    owing = {it.notice.id for it in answerable if it.notice and _owes(view, it)}
    for entry in view.entries:
        assert entry.notice is not None  # noqa: S101 - only entries with a notice are looked at
        slip = view.slips.get(entry.notice.id)
        same = papers.get(entry.notice.id, (entry.notice.id,))
        if slip is None or same[0] != entry.notice.id or owing.isdisjoint(same):
            continue
        if any(view.slips[key].id in answered for key in same):
            continue
        within = view.workspace.settings.letters.answer_within_days
        due = view.workspace.working_days.deadline(slip.slip.received, within)
        if slip.slip.says_nothing:
            text = say(
                "The slip of {day} says nothing that is read by machine: look at its picture, and enter it with "
                "`notices slip set {notice}`.",
                day=slip.slip.received.isoformat(),
                notice=slip.number,
            )
            yield TodoItem(view.keeper(entry), due, "answer", text, entry.account.key, entry.notice.number)
            continue
        for who, labels in _acting(view, entry, slip).items():
            text = say("Answer the slip of {day}: {what}.", day=slip.slip.received.isoformat(), what="；".join(labels))
            yield TodoItem(who, due, "answer", text, entry.account.key, entry.notice.number)


def _owes(view: TodoView, entry: DecisionRecord) -> bool:
    standing = view.by_case.get(view.books.renames.today(entry.account.case))
    return standing is not None and bool(standing.decision.principal)


def _acting(view: TodoView, entry: DecisionRecord, slip: SlipRecord) -> Mapping[str, list[str]]:
    """Return who answers which objections; an offer or a remark alone is for whoever looks after the account."""
    found: dict[str, list[str]] = {}
    keeps = view.keeper(entry)
    for code in slip.slip.objections:
        objection = view.objections.get(code)
        who = acting(objection.acts(entry.decision.scope), keeps, view.work) if objection else keeps
        found.setdefault(who, []).append(objection.label if objection else code)
    return found or {keeps: [slip.slip.note or slip.slip.instalments or str(slip.slip.promise)]}


def _addresses(view: TodoView) -> Iterator[TodoItem]:
    """Yield the owners of whom a new address is to be looked for: the last letter came back, or nobody knows them."""
    for standing in view.standings:
        if not standing.decision.principal:
            continue
        last = max(standing.history.notices, key=lambda it: (it.date, it.id or 0), default=None)
        unknown = [it for it in standing.history.holds if it.kind is HoldKind.OWNER_UNKNOWN]
        if last is not None and last.state is State.UNDELIVERED:
            since = max(way.on or last.date for way in last.deliveries)
            text = say("The last letter came back: look for the owner's address and telephone number.")
            yield TodoItem(standing.keeper, since, "address", text, standing.account.key, last.number)
        elif unknown and standing.decision.action is Action.HOLD:
            text = say("Nobody knows this owner: find out who it is, and their address.")
            yield TodoItem(standing.keeper, unknown[-1].registered, "address", text, standing.account.key)


def _releases(view: TodoView) -> Iterator[TodoItem]:
    """Yield each batch and tier with notices that nobody has released; a later list of the estate replaces a batch."""
    waiting: dict[tuple[str, str, str], int] = {}
    for entry in (standing.entry for standing in view.standings):
        if entry.state is State.PLANNED:
            key = (entry.batch, entry.decision.tier or "", entry.account.estate)
            waiting[key] = waiting.get(key, 0) + 1
    for (name, tier_name, estate), count in waiting.items():
        batch = view.books.batches.get(name)
        if batch.as_of > view.as_of:
            continue
        tier = next((each for each in view.workspace.policy(estate).tiers if each.name == tier_name), None)
        title = tier.title if tier else tier_name
        text = (
            say(
                "Release {count} × {tier} of {estate} in batch {batch}: somebody other than {planner} must.",
                planner=batch.planned_by,
                count=count,
                tier=title,
                estate=estate,
                batch=name,
            )
            if tier and tier.approval == "second-person"
            else say(
                "Release {count} × {tier} of {estate} in batch {batch}.",
                count=count,
                tier=title,
                estate=estate,
                batch=name,
            )
        )
        yield TodoItem(view.work.manager, batch.as_of, "release", text)


def _unsettled(view: TodoView) -> Iterator[TodoItem]:
    for entry, notice, _ in _in_states(view, OUTCOME_UNKNOWN, Channel.EMAIL):
        text = say("Find out whether the e-mail was sent, then `notices mail settle {notice}`.", notice=notice.number)
        yield _about(view, entry, notice, "settle", text, _since(view, notice, OUTCOME_UNKNOWN))


def _letters(view: TodoView) -> Iterator[TodoItem]:
    """Yield the letters of reply that wait to leave or to be confirmed, whose outcome is unknown, or that came back."""
    letters = view.books.replies.all()
    newest = {(reply.kind, reply.subject): reply.id for reply in letters}
    for reply in letters:
        if reply.id != newest[reply.kind, reply.subject]:
            continue  # made again since it came back
        if reply.case.owners == (FORGOTTEN,):
            continue
        states = {way.state: way for way in reply.deliveries}
        told: tuple[str, Message, State | None] | None = next(
            ((kind, text, state) for state, kind, text in _of_letter(reply.number) if state in states), None
        )
        if not reply.deliveries:
            told = (
                "letter",
                say("{number}: no channel can reach this owner; hand it over.", number=reply.number),
                None,
            )
        if told is None:
            continue
        kind, text, state = told
        since = states[state].since.astimezone(view.workspace.settings.calendar.zone).date() if state else reply.date
        entry = view.books.replies.entry_of(reply)
        yield TodoItem(view.keeper(entry), since, kind, text, reply.case.key, reply.number)


def _of_letter(number: str) -> Iterator[tuple[State, str, Message]]:
    """Yield what is to do about a letter of reply in each state in which somebody has to act, with the kind of task."""
    settle = say(
        "{number}: find out whether the e-mail was sent, then `notices letter confirm {number}`.", number=number
    )
    yield State.SENDING, "settle", settle
    yield State.UNKNOWN, "settle", settle
    ready = say("{number}: ready; `notices letter send` or `notices letter print` lets it leave.", number=number)
    yield State.RENDERED, "letter", ready
    yield State.DEFERRED, "letter", say("{number}: deferred; `notices letter send` tries again.", number=number)
    spooled = say("{number}: in the outbox or a print job; then `notices letter confirm {number}`.", number=number)
    yield State.SPOOLED, "letter", spooled
    back = say("{number}: came back; make it again for another way, or hand it over.", number=number)
    for state in sorted(FAILED):
        yield state, "letter", back


def _set_aside(view: TodoView) -> Iterator[TodoItem]:
    told: set[int] = set()
    for entry, notice, batch in _in_states(view, frozenset({State.SET_ASIDE}), *Channel):
        if notice.id not in told:
            told.add(notice.id)
            text = say("Set aside: `notices render {batch}` makes it again, or withdraw it.", batch=batch)
            yield _about(view, entry, notice, "set-aside", text, _since(view, notice, frozenset({State.SET_ASIDE})))


def _in_states(
    view: TodoView, states: frozenset[State], *channels: Channel
) -> Iterator[tuple[DecisionRecord, NoticeRecord, str]]:
    for entry in view.entries:
        notice = entry.notice
        if notice and any(way.channel in channels and way.state in states for way in notice.deliveries):
            yield entry, notice, entry.batch


def _since(view: TodoView, notice: NoticeRecord, states: frozenset[State]) -> date:
    moments = [way.since for way in notice.deliveries if way.state in states]
    return min(moments).astimezone(view.workspace.settings.calendar.zone).date()


def _about(view: TodoView, entry: DecisionRecord, notice: NoticeRecord, kind: str, text: Message, on: date) -> TodoItem:
    return TodoItem(view.keeper(entry), on, kind, text, entry.account.key, notice.number)


def _referred(view: TodoView) -> Iterator[TodoItem]:
    """Yield what the rule book refers to a person; after several letters it is the manager's."""
    for standing in view.standings:
        if standing.decision.action is Action.REFER:
            account, notices = standing.account, standing.history.notices
            case = view.books.renames.today(account.case)
            scope, handler = standing.decision.scope, standing.handler
            who = keeper_of_hard_case(case, scope, handler, view.work, notices=len(notices))
            last = max((it.deadline or it.date for it in notices), default=view.as_of)
            text = say(
                "{reason}: {detail} {amount} yuan are owed.",
                reason=word(standing.decision.reason),
                detail=standing.decision.detail,
                amount=format_grouped(standing.decision.principal),
            )
            yield TodoItem(who, min(last, view.as_of), "refer", text, account.key)


def _limitation(view: TodoView) -> Iterator[TodoItem]:
    for standing in view.standings:
        limit = standing.decision.limitation_date
        if limit is not None and "limitation-soon" in standing.decision.warnings and limit >= view.as_of:
            text = say(
                "Limitation on {day}: only a demand on paper with proof of delivery, or a court, helps.",
                day=limit.isoformat(),
            )
            yield TodoItem(view.work.manager, limit, "limitation", text, standing.account.key)


def _doubtful_slips(view: TodoView) -> Iterator[TodoItem]:
    for scan in view.books.scans.waiting():
        entry = view.books.slips.decision_of(scan.number)
        if entry is not None and entry.notice is not None:
            text = say(
                "Judge {count} doubtful mark(s) on the scanned slip: `notices slip review`.", count=len(scan.doubtful)
            )
            yield _about(view, entry, entry.notice, "review", text, scan.received)


def _unmatched_payments(view: TodoView) -> Iterator[TodoItem]:
    for line in view.books.statements.waiting():
        text = say(
            "Say whose {amount} yuan of {day} are: `notices payment match`.",
            amount=format_grouped(line.waiting),
            day=line.date.isoformat(),
        )
        yield TodoItem(view.work.supervisor, line.date, "payment", text)


# One function for each kind of task, or for kinds that come from one source.
GATHERERS: tuple[Callable[[TodoView], Iterable[TodoItem]], ...] = (
    _commitments,
    _hardship,
    _work_orders,
    _answers,
    _addresses,
    _releases,
    _unsettled,
    _letters,
    _set_aside,
    _referred,
    _limitation,
    _doubtful_slips,
    _unmatched_payments,
)
