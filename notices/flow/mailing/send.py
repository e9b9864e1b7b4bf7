"""send: e-mail proved letters to a mail server or into the outbox, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from notices.errors import DataNeedsPerson, Refused
from notices.files import copy_as_evidence
from notices.flow.batch.departure import Departure, mark_leaving
from notices.flow.batch.options import CommandOptions, SortedSet
from notices.flow.batch.outgoing import Queue, QueuedLetter, ReadyLetter, set_letter_aside, unchanged_since_proof
from notices.flow.batch.session import BatchSession, InterruptedCommand, Order, not_rendered, open_session
from notices.flow.batch.signing_keys import SigningKeys, refuse_unusable_keys, signing_keys
from notices.flow.caller import Caller
from notices.flow.mailing.build_ahead import BuildContext, build_ahead
from notices.flow.mailing.message import BuiltMail
from notices.flow.mailing.outcomes import SendOutcomes
from notices.flow.mailing.recheck import Recheck
from notices.flow.mailing.retry import deferred_message, due_again
from notices.flow.mailing.smtp import OfficeClosed, send_by_smtp
from notices.flow.workspace import Workspace
from notices.ledger import Ledger, MailFacts, StateChange
from notices.messages import Message, say
from notices.model import Channel, State
from notices.post import spool


class OutsideHours(Refused):
    """Mail is not sent at this hour; nothing was changed."""


@dataclass(frozen=True)
class Sent:
    """Result of `send`: notices spooled, notices sent by state, messages that need a person.

    `left` is the number of messages that the limit left waiting.
    """

    batch: str
    outbox: Path
    transport: str
    spooled: tuple[str, ...]
    attention: tuple[Message, ...]
    tried: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left: int = 0


class SendRequest(CommandOptions):
    """Options of `send`: at most `limit` messages, a trial (`dry_run`), only these deliveries (ids)."""

    limit: int | None = None
    dry_run: bool = Field(default=False, exclude=True)  # a trial is never resumed
    only: SortedSet[int] | None = None


def send(workspace: Workspace, ledger: Ledger, order: Order, request: SendRequest, caller: Caller) -> Sent:
    """Send the e-mails of a batch; a dry run builds and checks them, and logs in to the mail server.

    Raises OutsideHours for SMTP outside the office hours of the settings, Unusable if the server cannot be used.
    """
    mail = workspace.settings.mail
    by_smtp = mail.transport == "smtp"
    if by_smtp and not request.dry_run and not caller.any_hour and not mail.is_open(caller.local_time().timetz()):
        raise OutsideHours(
            say("It is {now}; mail is sent only {hours}.", now=f"{caller.local_time():%H:%M}", hours=mail.office_hours),
            say("Send it then, or now with --now."),
        )
    keys = signing_keys(workspace, caller.secret)
    refuse_unusable_keys(workspace, ledger, order.batch, keys, caller.local_time())
    outcomes = SendOutcomes(order.batch, [])
    spooled: list[str] = []
    left = 0
    with (
        suppress(OfficeClosed),
        open_session(workspace, ledger, "send", order, request.stored(), trial=request.dry_run) as session,
    ):
        unclear = (*_unknown(session), *not_rendered(session, Channel.EMAIL))
        sound, changed = unchanged_since_proof(session, Channel.EMAIL)
        chosen, waiting = _chosen(session, sound, request, caller, by_smtp=by_smtp)
        left = _count_rendered(sound) - _count_rendered(chosen)
        outcomes.attention += [*session.withdrawn, *changed, *waiting, *unclear]
        if request.limit is not None and not session.trial:
            _note_choice(session, chosen)
        queue = Queue(session, chosen)
        if by_smtp:
            send_by_smtp(session, queue, caller, outcomes, keys)
        else:
            _spool_all(session, queue, spooled, outcomes.attention, keys, caller)
    return Sent(
        batch=order.batch,
        outbox=workspace.outbox(order.batch),
        transport=mail.transport,
        spooled=tuple(spooled),
        attention=tuple(outcomes.attention),
        tried=outcomes.by_state if by_smtp else {},
        left=left,
    )


def resume(command: InterruptedCommand) -> Sent:
    """Finish an interrupted `send`."""
    request = SendRequest.model_validate(command.options)
    return send(command.workspace, command.ledger, command.order, request, command.caller)


def _count_rendered(waiting: Sequence[QueuedLetter]) -> int:
    return sum(each.state is State.RENDERED for each in waiting)


def _note_choice(session: BatchSession, chosen: Sequence[QueuedLetter]) -> None:
    """Record the chosen deliveries: once some are deferred, `resume` must not choose others in their place."""
    only = frozenset(each.delivery_id for each in chosen)
    with session.ledger.begin() as books:
        books.commands.narrow(
            "send", {"by": session.order.by, **SendRequest(only=only).stored()}, batch=session.order.batch
        )


def _chosen(
    session: BatchSession, sound: Sequence[QueuedLetter], request: SendRequest, caller: Caller, *, by_smtp: bool
) -> tuple[list[QueuedLetter], list[Message]]:
    """Return the letters to send now, deferred ones first, and messages about those that must wait."""
    wanted = [it for it in sound if request.only is None or it.delivery_id in request.only]
    fresh = [it for it in wanted if it.state is State.RENDERED]
    now = caller.local_time()
    due: list[QueuedLetter] = []
    early: list[QueuedLetter] = []
    for it in wanted:
        if it.state is State.DEFERRED:
            is_due = by_smtp and (caller.any_hour or due_again(it) <= now)
            (due if is_due else early).append(it)
    waiting = []
    if early:
        waiting.append(deferred_message(session, early, now, by_smtp=by_smtp))
    return [*due, *fresh][: request.limit], waiting


def _unknown(session: BatchSession) -> list[Message]:
    states = {summary.notice_id: [state for _, _, state in summary.deliveries] for summary in session.summaries()}
    with session.ledger.read() as books:
        notices = books.notices.with_ids([notice for notice, its in states.items() if State.UNKNOWN in its])
    return [
        say(
            "{notice}: it is unknown whether its e-mail was sent. Look for {message_id} in the mail server's log, then "
            "run `notices mail settle {notice}` with --sent or --resend.",
            notice=notice.number,
            message_id=delivery.message_id,
        )
        for notice in notices
        for delivery in notice.deliveries
        if delivery.channel is Channel.EMAIL and delivery.state is State.UNKNOWN
    ]


def _spool_all(
    session: BatchSession,
    queue: Queue,
    spooled: list[str],
    attention: list[Message],
    keys: SigningKeys,
    caller: Caller,
) -> None:
    """Write the messages into the outbox; add to the numbers spooled, and a message for each that stays."""
    recheck = Recheck(session, attention)
    context = BuildContext(session.frozen, lambda: session.order.at, keys)
    with closing(build_ahead(context, queue, in_hurry=True)) as built:
        for place, letter in enumerate(built):
            caller.mails(place, len(queue))
            ready = queue[place]
            if not session.trial and not recheck.stands(queue, place, caller.local_time()):
                continue
            if isinstance(letter, DataNeedsPerson):
                attention.append(letter.fact)
                set_letter_aside(session, ready, letter.fact)
                continue
            if not session.trial:
                departure = _spool(session, ready, letter, since=recheck.basis)
                if departure.stopped:
                    recheck.stop(departure)
                    continue
            spooled.append(ready.notice.number or "")
    caller.mails(len(queue), len(queue))


def _spool(session: BatchSession, ready: ReadyLetter, letter: BuiltMail, *, since: int) -> Departure:
    """Write one message into the outbox, unless its letter must not leave any more."""
    number, batch = ready.notice.number or "", session.order.batch
    facts = MailFacts(message_id=letter.message_id, sha256=letter.sha256)
    change = StateChange(ready.delivery.id, State.SPOOLED, kind="outbox", mail=facts)
    with session.ledger.begin() as books:
        departure = mark_leaving(
            books, session.frozen, [(ready.entry, change)], since=since, by=session.order.by, at=session.order.at
        )
        # Before the commit, so that what is spooled has its file; and after the last look, so that what must stay, or
        # what another machine spooled first, has none.
        if departure.may_go(ready.entry):
            written = spool(letter.content, number, session.workspace.outbox(batch))
            copy_as_evidence(written.path, session.workspace.sent(batch))
    return departure
