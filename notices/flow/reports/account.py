"""Everything that happened with one owner, in one column of time; plain records for the command line and for a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from notices.flow.register.account_records import AccountRecord, found_account, record_of
from notices.flow.status import SharedLetter, letters_of_notices
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, EventRecord, Ledger, NoticeRecord, ReplyRecord
from notices.messages import Message, say
from notices.model import ZERO, HoldKind
from notices.words import period_of, word

KINDS_OF_DAY = (
    "charge", "decision", "letter", "delivery", "report", "slip", "payment", "promise", "hold", "claim", "rename",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened, on a day; `at` is its time where it has one, `words` are a server's or carrier's."""

    day: date
    at: datetime | None
    kind: str
    what: Message
    amount: Decimal | None = None
    batch: str | None = None
    notice: str | None = None
    words: str = ""
    by: str | None = None


@dataclass(frozen=True, slots=True)
class AccountHistory:
    """An account's record, what its newest list says about it, and its column of time, oldest first."""

    record: AccountRecord
    newest: DecisionRecord | None
    happenings: tuple[Happening, ...]
    shared: Mapping[int, SharedLetter] = field(default_factory=dict)  # letters for several units, by notice


def account_history(workspace: Workspace, ledger: Ledger, words: str) -> AccountHistory:
    """Return everything about the account that these words name; raises as `found_account` does."""
    with ledger.read() as books:
        case = found_account(workspace, books, words)
        record = record_of(books, case)
        listed = books.batches.decisions_of_case(case)
        shared = letters_of_notices(books, [notice.id for notice in record.notices])
        titles = {tier.name: tier.title for tier in workspace.policy(case.estate).tiers}
        happenings = [
            *(it for entry in listed for it in _listed(books, entry)),
            *(
                it
                for notice in record.notices
                for it in _letters(books, notice, titles.get(notice.tier, notice.tier), shared.get(notice.id))
            ),
            *_replies(record),
            *(it for letter in record.letters for it in _letters_of_reply(books, letter)),
            *_register(record),
        ]
    in_order = sorted(enumerate(happenings), key=lambda it: (it[1].day, KINDS_OF_DAY.index(it[1].kind), it[0]))
    return AccountHistory(record, listed[-1] if listed else None, tuple(it for _, it in in_order), shared)


def _listed(books: Books, entry: DecisionRecord) -> Iterator[Happening]:
    """Yield the charges as a list showed them, and the decision on them."""
    batch = books.batches.get(entry.batch)
    for charge in entry.account.charges:
        what = say(
            "{item}, {period}: due {due}, waived {waived}, paid {paid}",
            item=charge.item,
            period=period_of(charge),
            due=charge.due,
            waived=charge.waived,
            paid=charge.paid,
        )
        yield Happening(batch.list_date, None, "charge", what, charge.owed, entry.batch, by=batch.planned_by)
    decision = entry.decision
    what = say(
        "{action}: {reason}. {detail}",
        action=word(decision.action),
        reason=word(decision.reason),
        detail=decision.detail,
    )
    yield Happening(batch.as_of, batch.planned_at, "decision", what, decision.total, entry.batch, by=batch.planned_by)


def _letters(books: Books, notice: NoticeRecord, title: str, shared: SharedLetter | None) -> Iterator[Happening]:
    """Yield a notice's letter, which may be `shared`, its deliveries' movements, and reports that came by e-mail."""
    zone = books.batches.zone
    if notice.date is not None:
        what = say("{tier}, to be answered by {day}", tier=title, day=notice.deadline or "–")
        yield Happening(notice.date, None, "letter", what, notice.total, notice.batch, notice.number)
        if shared is not None:
            said = shared.said_to(notice.case.key)
            yield Happening(notice.date, None, "letter", said, None, notice.batch, notice.number)
    for delivery in notice.deliveries:
        events = books.events.of("delivery", delivery.id)
        day = delivery.on or notice.date
        if not events and day is not None:  # imported
            what = say("{channel}: {state}", channel=word(delivery.channel), state=word(delivery.state))
            yield Happening(day, None, "delivery", what, None, notice.batch, notice.number)
        for event in events:
            if event.kind == "report":
                continue
            at = event.at.astimezone(zone)
            now = str(event.data.get("to") or event.kind)
            what = say("{channel}: {state}", channel=word(delivery.channel), state=word(now))
            yield Happening(
                at.date(), at, "delivery", what, None, notice.batch, notice.number, _words_of(event), event.by
            )
        for report in books.reports.of_delivery(delivery.id):
            at = (report.dated or report.entered_at).astimezone(zone)
            what = say("{channel}: {state}", channel=word(delivery.channel), state=word(report.kind))
            words = " ".join(it for it in (report.status, report.reply, report.diagnostic) if it)
            yield Happening(at.date(), at, "report", what, None, notice.batch, notice.number, words, report.by)
        if delivery.server_text:
            at = delivery.since.astimezone(zone)
            what = say("{channel}: the server's answer", channel=word(delivery.channel))
            words = f"{delivery.server_code or ''} {delivery.server_text}".strip()
            yield Happening(at.date(), at, "report", what, None, notice.batch, notice.number, words)


def _words_of(event: EventRecord) -> str:
    """Return what a server or carrier said, as far as the event tells it."""
    told = (event.data.get(name) for name in ("told", "text", "reason", "result", "waybill", "job", "why"))
    return ", ".join(str(it) for it in told if isinstance(it, str | int) and it)


def _replies(record: AccountRecord) -> Iterator[Happening]:
    for returned in record.slips:
        slip = returned.slip
        if returned.takes_back:
            what = say("slip taken back: it is about other units of its letter")
            yield Happening(
                slip.received, returned.entered_at, "slip", what, None, None, returned.number, by=returned.by
            )
            continue
        said = "; ".join(it for it in (", ".join(slip.objections), slip.note, slip.instalments) if it)
        what = say("slip: {said}", said=said or "–")
        yield Happening(slip.received, returned.entered_at, "slip", what, None, None, returned.number, by=returned.by)
        if slip.promise is not None:
            what = say("says on the slip that they pay by {day}", day=slip.promise.isoformat())
            yield Happening(
                slip.received, returned.entered_at, "slip", what, None, None, returned.number, by=returned.by
            )


def _letters_of_reply(books: Books, letter: ReplyRecord) -> Iterator[Happening]:
    """Yield a letter of reply, each movement of it, and the reports that came by e-mail."""
    zone, number = books.batches.zone, letter.number
    what = say("{kind} to {notice}", kind=word(letter.kind), notice=letter.notice or "–")
    yield Happening(
        letter.date, letter.entered_at, "letter", what, letter.principal, letter.batch, number, by=letter.by
    )
    for way in letter.deliveries:
        for event in books.events.of("reply-delivery", way.id):
            if event.kind != "report":
                at, now = event.at.astimezone(zone), str(event.data.get("to") or event.kind)
                what = say("{channel}: {state}", channel=word(way.channel), state=word(now))
                words = _words_of(event)
                yield Happening(at.date(), at, "delivery", what, None, letter.batch, number, words, event.by)
        for report in books.replies.reports_of(way.id):
            at = (report.dated or report.entered_at).astimezone(zone)
            what = say("{channel}: {state}", channel=word(way.channel), state=word(report.kind))
            words = " ".join(it for it in (report.status, report.reply, report.diagnostic) if it)
            yield Happening(at.date(), at, "report", what, None, letter.batch, number, words, report.by)


def _register(record: AccountRecord) -> Iterator[Happening]:
    for paid in record.payments:
        what = say("payment")
        yield Happening(
            paid.payment.date, paid.entered_at, "payment", what, paid.payment.amount, words=paid.note, by=paid.by
        )
        if paid.taken_back_at is not None:
            at = paid.taken_back_at
            what = say("payment taken back: {why}", why=paid.why or "")
            yield Happening(at.date(), at, "payment", what, -paid.payment.amount)
    for held in record.holds:
        hold = held.hold
        kind = "promise" if hold.kind in {HoldKind.PROMISE, HoldKind.INSTALMENTS} else "hold"
        until = hold.until.isoformat() if hold.until else "–"
        what = say("{kind}, until {day}", kind=word(hold.kind), day=until)
        amount = hold.amount or sum((it.amount for it in hold.instalments), ZERO) or None
        yield Happening(hold.registered, held.entered_at, kind, what, amount, words=hold.note, by=held.by)
        if held.lifted_on is not None:
            what = say("{kind} lifted", kind=word(hold.kind))
            yield Happening(held.lifted_on, None, kind, what, by=held.lifted_by)
    for claim in record.claims:
        what = say("charges from {day} on are this owner's", day=claim.claimed_from.isoformat())
        yield Happening(claim.entered_at.date(), claim.entered_at, "claim", what, by=claim.by)
    for rename in record.renames:
        what = say("{old} is {new}", old="、".join(rename.old.owners), new="、".join(rename.new.owners))
        yield Happening(rename.entered_at.date(), rename.entered_at, "rename", what, by=rename.by)
        if rename.undone_at is not None:
            what = say(
                "{old} is not {new} after all", old="、".join(rename.old.owners), new="、".join(rename.new.owners)
            )
            yield Happening(rename.undone_at.date(), rename.undone_at, "rename", what, by=rename.undone_by)
