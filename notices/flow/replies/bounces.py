"""mail bounces: read returned e-mails, match them to notices, and record each once."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

from notices.errors import Refused
from notices.flow.batch.lock import only_one
from notices.flow.batch.shared_files import LETTERS
from notices.flow.workspace import Workspace
from notices.ledger import (
    Books,
    DeliveryRecord,
    Ledger,
    MailedRecord,
    NewReport,
    ReplyChange,
    ReplyDelivery,
    StateChange,
)
from notices.messages import Message
from notices.model import ReportKind, State
from notices.post.bounces import NotMailError, RawMail, Recipient, Report, messages_in, read_report
from notices.post.verp import token_of_message_id
from notices.rules.bounces import Doubt, ReportFacts, effect_of_report, goes_again
from notices.spelling import comparable_number

PORTION = 200  # messages a transaction, so that an interrupted run loses little
KEPT_TEXT = 500
MailDelivery = DeliveryRecord | ReplyDelivery


@dataclass(frozen=True)
class Bounce:
    """A returned message, with the current `state` of its e-mail; `doubt` says why it did not change the state."""

    file: Path
    index: int
    report: Report
    mailed: MailedRecord | None = None
    recorded: bool = False
    state: State | None = None
    doubt: Doubt | None = None


@dataclass(frozen=True)
class Unread:
    """A file that could not be read, with the reason."""

    file: Path
    problem: Message


@dataclass
class BouncesRead:
    """The messages read, in the order of the files, and the files that could not be read."""

    messages: list[Bounce] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


@dataclass(frozen=True)
class SentMailIndex:
    """Sent e-mails in the ledger, by Message-ID and by the token in their bounce address."""

    by_id: dict[str, MailedRecord]
    by_token: dict[str, MailedRecord]
    by_recipient: dict[str, list[MailedRecord]]

    @classmethod
    def of(cls, mailed: Sequence[MailedRecord]) -> SentMailIndex:
        """Build the index of these e-mails; of several with one Message-ID, the first counts."""
        by_recipient: dict[str, list[MailedRecord]] = defaultdict(list)
        for each in mailed:
            by_recipient[(each.recipient or "").casefold()].append(each)
        tokens = ((token_of_message_id(each.message_id), each) for each in reversed(mailed))
        return cls(
            {each.message_id.lower(): each for each in reversed(mailed)},
            {token: each for token, each in tokens if token is not None},
            by_recipient,
        )

    def find(self, report: Report) -> MailedRecord | None:
        """Return the e-mail that a report is about; None if it names none of ours, or two different ones."""
        named = next((found for it in report.message_ids if (found := self.by_id.get(it.lower()))), None)
        addressed = next((found for it in report.tokens if (found := self.by_token.get(it))), None)
        if named and addressed and named is not addressed:
            return None
        return named or addressed or self._by_number(report)

    def _by_number(self, report: Report) -> MailedRecord | None:
        """Return the e-mail to a failed recipient whose number the report shows, as reports without Message-IDs do."""
        if report.kind not in {ReportKind.FAILED, ReportKind.DELAYED}:
            return None
        told = {name.casefold() for each in report.recipients for name in (each.address, *each.also) if name}
        found = [
            each
            for address in told
            for each in self.by_recipient.get(address, ())
            if each.number and _shows(report.words, each.number)
        ]
        return found[0] if len({each.message_id for each in found}) == 1 else None  # one letter for several units


def _shows(words: str, number: str) -> bool:
    """Return whether a text shows a number, whole and whatever its spaces and widths of brackets."""
    wanted = re.escape(comparable_number(number))
    return re.search(rf"(?<![0-9A-Za-z-]){wanted}(?![0-9])", comparable_number(words)) is not None


def import_bounces(
    workspace: Workspace,
    ledger: Ledger,
    files: Sequence[Path],
    *,
    by: str,
    at: datetime,
    seen: Callable[[], None] = lambda: None,
) -> BouncesRead:
    """Read returned messages and record those about our e-mails; `seen` is called for each message."""
    bounces = BouncesRead()
    with ledger.read() as books:
        index = SentMailIndex.of([*books.reports.mailed(), *books.replies.mailed()])
    raw = _all_messages(files, bounces.unread)
    while portion := list(islice(raw, PORTION)):
        read = [_read(each, index, seen) for each in portion]
        bounces.messages += map(_stripped, _record(workspace, ledger, read, by=by, at=at))
    return bounces


def _all_messages(files: Sequence[Path], unread: list[Unread]) -> Iterator[RawMail]:
    for file in files:
        try:
            yield from messages_in(file)
        except NotMailError as error:
            unread.append(Unread(file, error.problem))


def _read(raw: RawMail, index: SentMailIndex, seen: Callable[[], None]) -> Bounce:
    report = read_report(raw.content)
    seen()
    return Bounce(raw.file, raw.index, report, index.find(report))


def _stripped(each: Bounce) -> Bounce:
    """Return the bounce without the data needed only for matching: a mailbox may hold ten thousand."""
    return replace(each, report=replace(each.report, message_ids=(), tokens=(), mentioned=frozenset(), words=""))


def _record(workspace: Workspace, ledger: Ledger, read: Sequence[Bounce], *, by: str, at: datetime) -> list[Bounce]:
    if not any(each.mailed for each in read):
        return list(read)
    with ExitStack() as locks, ledger.begin() as books:
        free = _lock_batches(workspace, ledger, books, read, locks, by=by)
        return [_recorded(books, each, free, by=by, at=at) for each in read]


def _lock_batches(
    workspace: Workspace, ledger: Ledger, books: Books, read: Sequence[Bounce], locks: ExitStack, *, by: str
) -> frozenset[str]:
    """Lock the batches with an e-mail that is being sent or will be; return those locked, whose run was interrupted."""
    mailed = [each.mailed for each in read if each.mailed]
    batches = {_lock_of(each) for each in mailed if _may_be_sending(_present(books, each))}
    free = set()
    for batch in sorted(batches):
        try:
            locks.enter_context(only_one(workspace, ledger, batch, by=by))
        except Refused:
            continue
        free.add(batch)
    return frozenset(free)


def _lock_of(mailed: MailedRecord) -> str:
    return LETTERS if mailed.reply else mailed.batch


def _present(books: Books, mailed: MailedRecord) -> MailDelivery:
    """Return the e-mail's delivery in its present state."""
    if mailed.reply:
        return books.replies.way(mailed.delivery_id)
    return books.deliveries.with_ids([mailed.delivery_id])[mailed.delivery_id]


def _may_be_sending(now: MailDelivery) -> bool:
    return now.state is State.SENDING or goes_again(now)


def _recorded(books: Books, each: Bounce, free: frozenset[str], *, by: str, at: datetime) -> Bounce:
    if each.mailed is None:
        return each
    now = _present(books, each.mailed)
    if _may_be_sending(now) and _lock_of(each.mailed) not in free:
        return replace(each, state=now.state, doubt=Doubt.BEING_SENT)
    about = _about_us(each.report, now)
    what = "reply-delivery" if each.mailed.reply else "delivery"
    follows = effect_of_report(_told(each.report, about, now), now, books.attempts.last_attempt(now.id, what))
    add = books.replies.add_report if each.mailed.reply else books.reports.add
    if not add(_new_report(each.report, about, now), by=by, at=at):
        return replace(each, state=now.state, doubt=follows.doubt)
    for state in follows.states:
        on = _day(each.report, at)
        if each.mailed.reply:
            books.replies.set_states([ReplyChange(now.id, state, kind="report", on=on)], by=by, at=at)
        else:
            books.deliveries.set_states([StateChange(now.id, state, kind="report", on=on)], by=by, at=at)
    stands = follows.states[-1] if follows.states else now.state
    return replace(each, recorded=True, state=stands, doubt=follows.doubt)


def _about_us(report: Report, now: MailDelivery) -> Recipient | None:
    """Return the report's entry for our recipient, listed by address or by an alias of it."""
    ours = (now.recipient or "").casefold()
    return next(
        (each for each in report.recipients if ours in {name.casefold() for name in (each.address, *each.also)}), None
    )


def _told(report: Report, about: Recipient | None, now: MailDelivery) -> ReportFacts:
    """Summarise what a report says of our only recipient.

    A report without an entry for him is about him if it names nobody or its text mentions him.
    """
    if about is not None:
        limits = about.limits_sender
        return ReportFacts(about.kind, about.final, about_us=True, dated=report.date, limits_sender=limits)
    about_us = not report.recipients or (now.recipient or "").casefold() in report.mentioned
    limits = any(each.limits_sender for each in report.recipients)
    return ReportFacts(report.kind, report.final, about_us=about_us, dated=report.date, limits_sender=limits)


def _new_report(report: Report, about: Recipient | None, now: MailDelivery) -> NewReport:
    shown = about or (report.recipients[0] if report.recipients else Recipient(""))
    return NewReport(
        key=_key(report, now.id),
        delivery_id=now.id,
        kind=about.kind if about else report.kind,
        final=about.final if about else report.final,
        address=shown.address or None,
        status=shown.status,
        reply=shown.reply,
        diagnostic=shown.diagnostic[:KEPT_TEXT],
        sender=report.sender[:KEPT_TEXT],
        dated=report.date,
    )


def _key(report: Report, delivery_id: int) -> str:
    """Return a key that identifies a report, whichever file it is in and however often it is read.

    Reports differ in Message-ID, date or kind; one without a Message-ID is identified by its whole content.
    """
    dated = report.date.astimezone(UTC).isoformat() if report.date else ""
    words = [str(delivery_id), report.own_id, dated, report.kind.value]
    if not report.own_id:
        words += [
            report.sender.lower(),
            *sorted(f"{it.address.lower()} {it.kind} {it.status}" for it in report.recipients),
        ]
    return hashlib.sha256("\n".join(words).encode("utf-8", "surrogatepass")).hexdigest()


def _day(report: Report, at: datetime) -> date:
    """Return the date of the report in the office's zone, that of `at`, but no later than today."""
    return min(report.date.astimezone(at.tzinfo).date(), at.date()) if report.date else at.date()


def unmatched(bounce: Bounce) -> bool:
    """Return whether this is a delivery report or complaint about a message that is not ours."""
    return bounce.mailed is None and bounce.report.kind in {
        ReportKind.FAILED,
        ReportKind.DELAYED,
        ReportKind.DELIVERED,
        ReportKind.COMPLAINT,
    }
