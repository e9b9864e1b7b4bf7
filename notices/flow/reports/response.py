"""report: response to notices, money collected, reasons, promises, and what lapses in the next twelve months."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import chain

from notices.errors import NoticesError, UsageMistake
from notices.flow.reports.commitments import OpenPromise, open_promises
from notices.flow.reports.masking import shown_account
from notices.flow.status import letters_of_notices
from notices.flow.workspace import Workspace, unknown_estate
from notices.garbage import search_put_off
from notices.intake.party import match_estate
from notices.ledger import BookedPayment, Books, GoneNotice, Ledger, ListedAccount, ReturnedSlip
from notices.letters.answers import ANSWERS_FILE, Objection, read_objections
from notices.messages import say
from notices.model import ZERO, Payment
from notices.rules.balances import standings
from notices.rules.limitation import years_after
from notices.rules.response import (
    MONTHS_AHEAD,
    MonthAtStake,
    OpenCharge,
    Reaction,
    changes_of_counts,
    expected_share,
    limitation_calendar,
    months_from,
    paid_within,
    responded_within,
    share_within,
)
from notices.settings import Policy

LEAP_DAY = timedelta(days=1)
FIRST, SECOND = 15, 30  # days after which a response is measured


@dataclass(frozen=True)
class ReportRequest:
    """A report as asked for: of one batch or all, one estate or all, on what happened in a span of days.

    `as_of` is today; `names` shows the owners' names, which are masked otherwise.
    """

    as_of: date
    batch: str | None = None
    since: date | None = None
    until: date | None = None
    estate: str | None = None
    names: bool = False

    def covers(self, day: date | None) -> bool:
        """Return whether a day is in the span that was asked for."""
        return day is not None and (self.since or day) <= day <= (self.until or day)


@dataclass(frozen=True, slots=True)
class TierResponse:
    """Response to the notices of one tier in one batch: shares as numbers from 0 to 1, money in yuan."""

    batch: str
    tier: str
    sent: int
    paid_15: Decimal | None
    paid_30: Decimal | None
    responded_15: Decimal | None
    responded_30: Decimal | None
    expected: Decimal | None
    collected: Decimal


@dataclass(frozen=True, slots=True)
class Collected:
    """Money that came in on a day from the owners of a building, with the handler of their accounts."""

    day: date
    estate: str
    building: str
    handler: str
    amount: Decimal
    payments: int


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """A number of slips with an objection; the change is that between the last two batches with slips."""

    group: str
    objection: str
    label: str
    count: int
    change: int | None


@dataclass(frozen=True, slots=True)
class UndeliveredNotice:
    """A notice of which every delivery failed and that no later one of the case made up for.

    `letter` is the number of its letter if that was for several units, else empty.
    """

    batch: str
    notice: str
    account: str
    tier: str
    date: date | None
    handler: str
    letter: str = ""


@dataclass(frozen=True)
class ResponseReport:
    """All parts of a report, each ready to be shown as a table."""

    request: ReportRequest
    tiers: tuple[TierResponse, ...]
    collected: tuple[Collected, ...]
    reasons: tuple[ReasonCount, ...]
    undelivered: tuple[UndeliveredNotice, ...]
    promises: tuple[OpenPromise, ...]
    limitation: tuple[MonthAtStake, ...]

    @cached_property
    def total(self) -> Decimal:
        """Money collected in all, in yuan."""
        return sum((it.amount for it in self.collected), ZERO)

    def collected_by(self, key: Callable[[Collected], str]) -> list[tuple[str, Decimal, int]]:
        """Return amount and number of payments for each value of the key, the biggest amount first."""
        amounts, payments = defaultdict[str, Decimal](Decimal), Counter[str]()
        for it in self.collected:
            amounts[key(it)] += it.amount
            payments[key(it)] += it.payments
        ranked = sorted(amounts, key=lambda name: (-amounts[name], name))
        return [(name, amounts[name], payments[name]) for name in ranked]


def report(workspace: Workspace, ledger: Ledger, request: ReportRequest) -> ResponseReport:
    """Gather a report. Raises UsageMistake for an unknown batch or estate, or a span that ends before it begins."""
    if request.since and request.until and request.until < request.since:
        raise UsageMistake(
            say("--until {until} is before --since {since}.", until=request.until, since=request.since),
            say("Give the first day with --since and the last with --until."),
        )
    estate = None if request.estate is None else _known_estate(workspace, request.estate)
    with ledger.read() as books, search_put_off():  # a third of the time
        if request.batch is not None:
            books.batches.get(request.batch)
        return _Gathering(workspace, books, request, estate).report()


def _known_estate(workspace: Workspace, name: str) -> str:
    known = tuple(estate.name for estate in workspace.settings.estates)
    found = match_estate(name, known)
    if found not in known:
        raise unknown_estate(name, known)
    return found


class _Gathering:
    """One reading of the ledger for a report."""

    def __init__(self, workspace: Workspace, books: Books, request: ReportRequest, estate: str | None) -> None:
        self.workspace, self.books, self.request, self.estate = workspace, books, request, estate
        self.cases = books.response.cases()
        self.gone = books.response.gone(self.cases, estate)
        self.listed = books.response.listed(self.cases, estate)
        self.newest = {it.case: it for it in self.listed}
        self.booked = books.response.payments(self.cases, self.listed, estate)
        self.slips = books.response.slips(estate)
        self.payments = defaultdict[int, list[Payment]](list)
        for it in self.booked:
            self.payments[it.case].append(it.payment)

    def report(self) -> ResponseReport:
        """Return the report that was asked for."""
        chosen = [it for it in self.gone if self._is_asked_for(it.batch) and it.went and self.request.covers(it.went)]
        credited = self._credited()
        return ResponseReport(
            request=self.request,
            tiers=tuple(self._tiers(chosen, credited)),
            collected=tuple(self._collected(credited)),
            reasons=tuple(self._reasons()),
            undelivered=tuple(self._undelivered()),
            promises=tuple(self._promises()),
            limitation=tuple(self._limitation()),
        )

    def _is_asked_for(self, batch: str) -> bool:
        return self.request.batch in {None, batch}

    def _credited(self) -> list[tuple[BookedPayment, GoneNotice | None]]:
        """Return each payment with the notice it is credited to: the last one that went to its owner before it."""
        went = defaultdict[int, list[GoneNotice]](list)
        for notice in sorted((it for it in self.gone if it.went), key=lambda it: (it.went, it.id)):
            went[notice.case].append(notice)
        return [
            (paid, next((it for it in reversed(went.get(paid.case, ())) if it.went and it.went <= day), None))
            for paid in self.booked
            for day in [paid.payment.date]
        ]

    def _tiers(
        self, chosen: Sequence[GoneNotice], credited: Iterable[tuple[BookedPayment, GoneNotice | None]]
    ) -> Iterable[TierResponse]:
        promised = defaultdict[int, list[date]](list)
        for hold in self.books.holds.commitments(self.estate):
            promised[self.cases.of(hold.case)].append(hold.hold.registered)
        returned = {slip.notice_id: slip.received for slip in self.slips}
        brought_in = defaultdict[int, Decimal](Decimal)
        for paid, notice in credited:
            if notice is not None and self.request.covers(paid.payment.date):
                brought_in[notice.id] += paid.payment.amount
        rows = defaultdict[tuple[str, str], list[GoneNotice]](list)
        for notice in chosen:
            rows[notice.batch, notice.tier].append(notice)
        for (batch, tier), notices in rows.items():
            answered = [
                it
                for it in notices
                if it.case in self.payments or it.case in promised or it.id in returned or it.principal <= ZERO
            ]
            reactions = [
                Reaction(
                    went=it.went,
                    principal=it.principal,
                    payments=self.payments.get(it.case, ()),
                    promises=promised.get(it.case, ()),
                    slips=(returned[it.id],) if it.id in returned else (),
                )
                for it in answered
                if it.went is not None
            ]
            silent = Counter(it.went for it in notices if it.went is not None)
            silent.subtract(it.went for it in reactions)
            yield TierResponse(
                batch=batch,
                tier=tier,
                sent=len(notices),
                paid_15=share_within(reactions, silent, FIRST, self.request.as_of, paid_within),
                paid_30=share_within(reactions, silent, SECOND, self.request.as_of, paid_within),
                responded_15=share_within(reactions, silent, FIRST, self.request.as_of, responded_within),
                responded_30=share_within(reactions, silent, SECOND, self.request.as_of, responded_within),
                expected=self._expected(tier, notices),
                collected=sum((brought_in[it.id] for it in notices if it.id in brought_in), ZERO),
            )

    def _expected(self, tier: str, notices: Iterable[GoneNotice]) -> Decimal | None:
        shares, without = Counter[Decimal](), 0
        for estate, count in Counter(self.cases.estate(it.case) for it in notices).items():
            known = next((it for it in self.workspace.policy(estate).tiers if it.name == tier), None)
            if known is None or known.expected_response is None:
                without += count
            else:
                shares[known.expected_response] += count
        return expected_share(shares, without)

    def _collected(self, credited: Iterable[tuple[BookedPayment, GoneNotice | None]]) -> Iterable[Collected]:
        amounts, numbers = (
            defaultdict[tuple[date, str, str, str], Decimal](Decimal),
            Counter[tuple[date, str, str, str]](),
        )
        paying = {it.case for it in self.booked}
        appearances = defaultdict[int, list[ListedAccount]](list)
        for account in self.listed:
            if account.case in paying:
                appearances[account.case].append(account)
        for paid, notice in credited:
            day = paid.payment.date
            if not self.request.covers(day) or (
                self.request.batch and (notice is None or notice.batch != self.request.batch)
            ):
                continue
            where = _account_on(appearances.get(paid.case, ()), day)
            key = (
                day,
                self.cases.estate(paid.case),
                where.building if where else "",
                (where.handler if where else None) or "",
            )
            amounts[key] += paid.payment.amount
            numbers[key] += 1
        return (Collected(*key, amounts[key], numbers[key]) for key in sorted(amounts))

    def _reasons(self) -> Iterable[ReasonCount]:
        slips = [it for it in self.slips if self.request.covers(it.received)]
        now, before = self._last_two_batches(slips)
        asked_for = [it for it in slips if self._is_asked_for(it.batch)]
        told = {it.code: it for it in self._objections()}
        total = _ticked(asked_for)
        changes = changes_of_counts(_ticked(now), _ticked(before) if before else None)
        order = {code: place for place, code in enumerate(told)}
        for code in sorted(total.keys() | changes.keys(), key=lambda it: (order.get(it, len(order)), it)):
            known = told.get(code)
            yield ReasonCount(
                group=known.group if known else "",
                objection=code,
                label=known.label if known else code,
                count=total[code],
                change=changes.get(code),
            )

    def _last_two_batches(self, slips: Sequence[ReturnedSlip]) -> tuple[list[ReturnedSlip], list[ReturnedSlip]]:
        """Return the slips of the batch (the newest one unless another was asked for), and of the one before it."""
        newest_first = [it.name for it in reversed(self.books.batches.all())]
        answered = [name for name in newest_first if any(it.batch == name for it in slips)]
        last = self.request.batch or (answered[0] if answered else None)
        if last is None:
            return [], []
        estates = {it.estate for it in slips if it.batch == last}
        earlier = newest_first[newest_first.index(last) + 1 :]
        theirs = [it for it in self.slips if not estates or it.estate in estates]
        before = next((name for name in earlier if any(it.batch == name for it in theirs)), None)
        return [it for it in slips if it.batch == last], [it for it in theirs if it.batch == before]

    def _objections(self) -> tuple[Objection, ...]:
        try:
            return read_objections(self.workspace.templates / ANSWERS_FILE)
        except NoticesError:  # the codes are shown as they are; `doctor` and `answer` say what is wrong with the file
            return ()

    def _undelivered(self) -> Iterable[UndeliveredNotice]:
        arrived = {it.case: it.id for it in self.gone if it.went and not it.failed}
        found = [
            it
            for it in self.gone
            if it.failed
            and arrived.get(it.case, 0) <= it.id
            and self._is_asked_for(it.batch)
            and self.request.covers(it.went or it.date)
        ]
        shared = letters_of_notices(self.books, [it.id for it in found])
        for it in found:
            account = shown_account(self.cases[it.case], names=self.request.names)
            letter = shared[it.id].number if it.id in shared else ""
            yield UndeliveredNotice(
                it.batch, it.number or "", account, it.tier, it.went or it.date, it.handler or "", letter
            )

    def _promises(self) -> Iterable[OpenPromise]:
        whose = None if self.request.batch is None else {it.case for it in self.gone if it.batch == self.request.batch}
        return (
            it
            for it in open_promises(
                self.workspace,
                self.books,
                self.books.holds.commitments(self.estate, in_force=True),
                self.cases,
                self.newest,
                self.payments,
                self.request,
            )
            if (whose is None or self.cases.of(it.case) in whose) and self.request.covers(it.date)
        )

    def _limitation(self) -> list[MonthAtStake]:
        """Return the calendar of what the newest list of each account still leaves open."""
        batch = self.request.batch
        whose = None if batch is None else {it.case for it in self.listed if it.batch == batch}
        accounts = {it.id: it for case, it in self.newest.items() if whose is None or case in whose}
        found = self.books.response.demands(self.cases, self.estate)
        demands = {case: tuple(day for day in days if day <= self.request.as_of) for case, days in found.items()}
        policies = {
            name: self.workspace.policy(name) for name in {self.cases.estate(it.case) for it in accounts.values()}
        }
        by_years = defaultdict[int, list[OpenCharge]](list)
        again = {key: it for key, it in accounts.items() if any(self._since_list(it))}
        still = [it for key, it in accounts.items() if key not in again]
        for key, due_date, balance in chain(
            self._unpaid(still, demands, policies.values()), self._paid_since(again, policies)
        ):
            case = accounts[key].case
            years = policies[self.cases.estate(case)].limitation_years
            by_years[years].append(OpenCharge(case, due_date, balance, demands.get(case, ())))
        calendars = [limitation_calendar(charges, years, self.request.as_of) for years, charges in by_years.items()]
        calendars = calendars or [limitation_calendar((), 1, self.request.as_of)]
        return [
            MonthAtStake(months[0].month, sum(it.accounts for it in months), sum((it.principal for it in months), ZERO))
            for months in zip(*calendars, strict=True)
        ]

    def _unpaid(
        self, accounts: Sequence[ListedAccount], demands: Mapping[int, Sequence[date]], policies: Collection[Policy]
    ) -> Iterator[tuple[int, date, Decimal]]:
        """Yield the balances of accounts without a payment since their list, as they were decided on.

        A charge can only lapse within the twelve months if its due date or a demand says so; few demands are so old.
        """
        years = [it.limitation_years for it in policies] or [0]
        first, last = self.request.as_of, months_from(self.request.as_of, MONTHS_AHEAD + 1)[-1]
        since, until = years_after(first, -max(years)) - LEAP_DAY, years_after(last, -min(years))
        told = {case for case, days in demands.items() if any(since <= day <= until for day in days)}
        yield from self.books.response.left_over([it.id for it in accounts if it.case in told])
        yield from self.books.response.left_over([it.id for it in accounts if it.case not in told], (since, until))

    def _paid_since(
        self, again: Mapping[int, ListedAccount], policies: Mapping[str, Policy]
    ) -> Iterator[tuple[int, date, Decimal]]:
        """Yield the balances of accounts with payments since their list, worked out again."""
        owed = self.books.response.owed(again.keys())
        again = {key: it for key, it in again.items() if not self._is_settled(it, owed.get(key, ZERO), policies)}
        charges = self.books.response.charges(again.keys())
        claims = self.books.claims.of_cases({self.cases[it.case] for it in again.values()})
        claimed = {self.cases.of(it.case): it.claimed_from for it in claims}
        for key, it in again.items():
            for standing in standings(
                charges.get(key, ()),
                self.payments[it.case],
                it.list_date,
                self.request.as_of,
                policies[self.cases.estate(it.case)],
                claimed_from=claimed.get(it.case),
            ):
                if standing.claimable:
                    yield key, standing.charge.due_date, standing.balance

    def _is_settled(self, account: ListedAccount, owed: Decimal, policies: Mapping[str, Policy]) -> bool:
        """Return whether payments since the list cover all that is open in it, due or not."""
        if policies[self.cases.estate(account.case)].late_fee.before_principal:
            return False
        return sum((it.amount for it in self._since_list(account)), ZERO) >= owed

    def _since_list(self, account: ListedAccount) -> Iterator[Payment]:
        payments = self.payments.get(account.case, ())
        return (it for it in payments if it.date > account.list_date and not it.seen_in_list)


def _ticked(slips: Iterable[ReturnedSlip]) -> Counter[str]:
    return Counter(code for slip in slips for code in slip.objections)


def _account_on(appearances: Sequence[ListedAccount], day: date) -> ListedAccount | None:
    """Return an owner's account in the last list decided on up to that day, or else in the first."""
    before = [it for it in appearances if it.as_of <= day]
    return before[-1] if before else appearances[0] if appearances else None
