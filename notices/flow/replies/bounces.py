"""mail bounces: what came back by e-mail is understood, matched to its notice, and written down once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

from notices.errors import Refused
from notices.flow.batch.lock import only_one
from notices.flow.workspace import Workspace
from notices.ledger import Books, DeliveryRecord, Ledger, MailedRecord, NewReport, StateChange
from notices.messages import Message
from notices.model import ReportKind, State
from notices.post.bounces import NotMailError, RawMail, Recipient, Report, messages_in, read_report
from notices.post.verp import token_of_message_id
from notices.rules.bounces import Doubt, Told, consequence, goes_again

PORTION = 200  # messages between two entries in the ledger: what is read is not lost when the next one takes long
KEPT_TEXT = 500


@dataclass(frozen=True)
class Bounce:
    """A message that came back; `doubt` says why it changed less than it tells, `state` where its e-mail stands now."""

    file: Path
    index: int
    report: Report
    mailed: MailedRecord | None = None
    recorded: bool = False
    state: State | None = None
    doubt: Doubt | None = None


@dataclass(frozen=True)
class Unread:
    """A file that could not be read, and why."""

    file: Path
    problem: Message


@dataclass
class BouncesRead:
    """All that came back, in the order of the files, and the files that could not be read."""

    messages: list[Bounce] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


@dataclass(frozen=True)
class SentMailIndex:
    """The e-mails that the ledger knows, by Message-ID and by the token that their bounce address has."""

    by_id: dict[str, MailedRecord]
    by_token: dict[str, MailedRecord]

    @classmethod
    def of(cls, mailed: Sequence[MailedRecord]) -> SentMailIndex:
        """The register of these e-mails."""
        tokens = ((token_of_message_id(each.message_id), each) for each in mailed)
        return cls(
            {each.message_id.lower(): each for each in mailed},
            {token: each for token, each in tokens if token is not None},
        )

    def find(self, report: Report) -> MailedRecord | None:
        """The e-mail that a report is about; None where it names none of ours, or two different ones."""
        named = next((found for it in report.message_ids if (found := self.by_id.get(it.lower()))), None)
        addressed = next((found for it in report.tokens if (found := self.by_token.get(it))), None)
        if named and addressed and named.delivery_id != addressed.delivery_id:
            return None
        return named or addressed


def import_bounces(
    workspace: Workspace,
    ledger: Ledger,
    files: Sequence[Path],
    *,
    by: str,
    at: datetime,
    seen: Callable[[], None] = lambda: None,
) -> BouncesRead:
    """Read what came back and write down what is about our e-mails; `seen` is called once a message."""
    bounces = BouncesRead()
    with ledger.read() as books:
        index = SentMailIndex.of(books.reports.mailed())
    raw = _all_messages(files, bounces.unread)
    while portion := list(islice(raw, PORTION)):
        read = [_understood(each, index, seen) for each in portion]
        bounces.messages += map(_in_short, _write_down(workspace, ledger, read, by=by, at=at))
    return bounces


def _all_messages(files: Sequence[Path], unread: list[Unread]) -> Iterator[RawMail]:
    for file in files:
        try:
            yield from messages_in(file)
        except NotMailError as error:
            unread.append(Unread(file, error.problem))


def _understood(raw: RawMail, index: SentMailIndex, seen: Callable[[], None]) -> Bounce:
    report = read_report(raw.content)
    seen()
    return Bounce(raw.file, raw.index, report, index.find(report))


def _in_short(each: Bounce) -> Bounce:
    """Without what only the matching needed: a mailbox may hold ten thousand."""
    return replace(each, report=replace(each.report, message_ids=(), tokens=(), mentioned=frozenset()))


def _write_down(workspace: Workspace, ledger: Ledger, read: Sequence[Bounce], *, by: str, at: datetime) -> list[Bounce]:
    if not any(each.mailed for each in read):
        return list(read)
    with ExitStack() as held, ledger.begin() as books:
        free = _hold_what_is_being_sent(workspace, books, read, held)
        return [_entered(books, each, free, by=by, at=at) for each in read]


def _hold_what_is_being_sent(
    workspace: Workspace, books: Books, read: Sequence[Bounce], held: ExitStack
) -> frozenset[str]:
    """The batches of which something is `sending` or about to be although nobody sends: of these, a run was cut off."""
    now = books.deliveries.with_ids({each.mailed.delivery_id for each in read if each.mailed})
    batches = {each.mailed.batch for each in read if each.mailed and _may_be_in_hand(now[each.mailed.delivery_id])}
    free = set()
    for batch in sorted(batches):
        try:
            held.enter_context(only_one(workspace.batches, batch))
        except Refused:
            continue
        free.add(batch)
    return frozenset(free)


def _may_be_in_hand(now: DeliveryRecord) -> bool:
    return now.state is State.SENDING or goes_again(now)


def _entered(books: Books, each: Bounce, free: frozenset[str], *, by: str, at: datetime) -> Bounce:
    if each.mailed is None:
        return each
    now = books.deliveries.with_ids([each.mailed.delivery_id])[each.mailed.delivery_id]
    if _may_be_in_hand(now) and each.mailed.batch not in free:
        return replace(each, state=now.state, doubt=Doubt.BEING_SENT)
    about = _about_us(each.report, now)
    follows = consequence(_told(each.report, about, now), now, books.attempts.last_tried(now.id))
    if not books.reports.add(_new_report(each.report, about, now), by=by, at=at):
        return replace(each, state=now.state, doubt=follows.doubt)
    for state in follows.states:
        change = StateChange(now.id, state, kind="report", on=_day(each.report, at))
        books.deliveries.set_states([change], by=by, at=at)
    stands = follows.states[-1] if follows.states else now.state
    return replace(each, recorded=True, state=stands, doubt=follows.doubt)


def _about_us(report: Report, now: DeliveryRecord) -> Recipient | None:
    """What the report says of our recipient, by his own address or as what he is an alias of."""
    ours = (now.recipient or "").casefold()
    return next(
        (each for each in report.recipients if ours in {name.casefold() for name in (each.address, *each.also)}), None
    )


def _told(report: Report, about: Recipient | None, now: DeliveryRecord) -> Told:
    """Our message had one recipient: a report that names nobody, or whose text names him too, is about him."""
    if about is not None:
        return Told(about.kind, about.final, about_us=True, dated=report.date)
    about_us = not report.recipients or (now.recipient or "").casefold() in report.mentioned
    return Told(report.kind, report.final, about_us=about_us, dated=report.date)


def _new_report(report: Report, about: Recipient | None, now: DeliveryRecord) -> NewReport:
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
    """The same for the same report, in whichever file and however often it comes; of two reports never the same.

    Message-ID, date and kind tell reports apart; one without a Message-ID is known by all that it says.
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
    """The day that the report bears, by its own clock; never one to come."""
    return min(report.date.date(), at.date()) if report.date else at.date()


def unmatched(bounce: Bounce) -> bool:
    """Whether it reports about a message, and none of ours is that message."""
    return bounce.mailed is None and bounce.report.kind in {
        ReportKind.FAILED,
        ReportKind.DELAYED,
        ReportKind.DELIVERED,
        ReportKind.COMPLAINT,
    }
