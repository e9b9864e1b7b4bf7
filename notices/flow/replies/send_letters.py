"""letter send: put the letters of reply that go by e-mail into the outbox, or send them, as `send` sends notices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from notices.errors import DataNeedsPerson, NoticesError, Unusable
from notices.files import copy_as_evidence
from notices.flow.batch.outside import mark_departure, refuse_older_ledger
from notices.flow.batch.seals import refuse_changed_facts
from notices.flow.batch.signing_keys import SigningKeys, refuse_unusable_centres, signing_keys
from notices.flow.caller import Caller
from notices.flow.mailing.outcomes import state_after
from notices.flow.mailing.retry import due_again
from notices.flow.mailing.send import OutsideHours
from notices.flow.mailing.servers import LeftOff, MailServers, server_of
from notices.flow.mailing.smtp import INTERRUPTED, OfficeClosed
from notices.flow.people import refuse_strangers
from notices.flow.replies.leaving import (
    LeavingOrder,
    lying_ready,
    only_letters,
    outbox_of,
    ready,
    stopped,
    sweep_outbox,
)
from notices.flow.replies.reply_mail import ReplyMail, built_reply
from notices.flow.workspace import Workspace
from notices.interrupts import defer_interrupts
from notices.ledger import NOT_SENT, Ledger, MailFacts, ReplyChange, ReplyDelivery, ReplyRecord
from notices.messages import Message, say
from notices.model import Channel, State
from notices.post import SmtpReply, Verdict, check_addresses, file_stem, spool
from notices.post.connections import SmtpConnections
from notices.post.sent_copies import SentCopies

AGAIN = "notices letter send"
TOO_LARGE = say("Withdraw the letter and hand it over, or raise [mail] max_megabytes.")
REPLY = "reply-delivery"  # of the events of a letter of reply by one channel
Waiting = Sequence[tuple[ReplyRecord, ReplyDelivery]]


@dataclass(frozen=True)
class LettersSent:
    """Result of `letter send`: the letters by their state now, and messages that need a person."""

    states: Mapping[str, State]
    attention: tuple[Message, ...]


def send_letters(workspace: Workspace, ledger: Ledger, order: LeavingOrder, caller: Caller) -> LettersSent:
    """Send the letters that go by e-mail, or put them into the outbox; what must not leave any more stays and is told.

    Each attempt is recorded before it, its outcome after it, and none is made twice. Raises OutsideHours for SMTP
    outside the office hours of the settings, Unusable if a server, or the key for signatures,
    cannot be used.
    """
    refuse_strangers(workspace, order.by)
    by_smtp = workspace.settings.mail.transport == "smtp"
    keys = signing_keys(workspace, caller.secret)
    sending = _Sending(workspace, ledger, order, caller, keys)
    if by_smtp and not sending.may_send():
        raise OutsideHours(
            say(
                "It is {now}; mail is sent only {hours}.",
                now=f"{caller.local_time():%H:%M}",
                hours=workspace.settings.mail.office_hours,
            ),
            say("Send it then, or now with --any-hour."),
        )
    with only_letters(workspace, ledger, by=order.by):
        refuse_older_ledger(workspace, ledger)
        with ledger.begin() as books:
            books.replies.cut_off(by=order.by, at=order.at)  # nobody else is sending: the lock is ours
        with ledger.read() as books:
            refuse_changed_facts(books)
            sweep_outbox(workspace, books)
            sending.attention += lying_ready(workspace, books, Channel.EMAIL, order)
            waiting = ready(books, Channel.EMAIL, order)
            why = stopped(workspace, books, [reply for reply, _ in waiting], order)
        if waiting:
            refuse_unusable_centres(keys, caller.local_time())
        sending.attention += why.values()
        waiting = sending.chosen([each for each in waiting if each[0].id not in why], by_smtp=by_smtp)
        try:
            if by_smtp:
                sending.by_smtp(waiting)
            else:
                sending.into_outbox(waiting)
        finally:
            for batch in sending.batches:
                mark_departure(workspace, ledger, batch)
    return LettersSent(sending.states, tuple(sending.attention))


@dataclass
class _Sending:
    """One `letter send`; `batches` are those whose folders have a copy of something that left."""

    workspace: Workspace
    ledger: Ledger
    order: LeavingOrder
    caller: Caller
    keys: SigningKeys
    states: dict[str, State] = field(default_factory=dict)
    attention: list[Message] = field(default_factory=list)
    batches: dict[str, None] = field(default_factory=dict)

    def may_send(self) -> bool:
        """Return whether mail may be sent at this hour."""
        mail = self.workspace.settings.mail
        return self.caller.any_hour or mail.is_open(self.caller.local_time().timetz())

    def chosen(self, waiting: Waiting, *, by_smtp: bool) -> list[tuple[ReplyRecord, ReplyDelivery]]:
        """Return the letters to send now; what a server deferred has its time, as notices have."""
        now = self.caller.local_time()
        early = [
            (reply, way)
            for reply, way in waiting
            if way.state is State.DEFERRED and not (by_smtp and (self.caller.any_hour or due_again(way) <= now))
        ]
        for reply, way in early:
            then = due_again(way).astimezone(now.tzinfo)
            self.attention.append(
                say(
                    "{number}: deferred by the mail server; try again from {then} on with `notices letter send`.",
                    number=reply.number,
                    then=f"{then:%Y-%m-%d %H:%M}",
                )
                if by_smtp
                else say(
                    "{number}: deferred by the mail server, and cannot go into the outbox. Set [mail] transport to "
                    "smtp again, or withdraw it.",
                    number=reply.number,
                )
            )
        return [each for each in waiting if each not in early]

    def into_outbox(self, waiting: Waiting) -> None:
        """Put the letters into the outbox, each with its copy, before the ledger says so."""
        for reply, way in waiting:
            if (mail := self._built(reply, way)) is None:
                continue
            change = ReplyChange(way.id, State.SPOOLED, kind="outbox", mail=_facts(mail, mail.spooled))
            with self._swept_if_refused(), self.ledger.begin() as books:
                if why := stopped(self.workspace, books, [reply], self.order).get(reply.id):
                    self.attention.append(why)
                    continue
                books.replies.set_states([change], by=self.order.by, at=self.order.at)
                outbox = outbox_of(self.workspace, reply)
                copy_as_evidence(spool(mail.spooled, reply.number, outbox).path, self._kept(reply))
            self.states[reply.number] = State.SPOOLED

    @contextmanager
    def _swept_if_refused(self) -> Iterator[None]:
        """Leave no message in the outbox that the ledger has not recorded; if it cannot say so, the next call does."""
        try:
            yield
        except BaseException:
            with suppress(NoticesError), self.ledger.read() as books:
                sweep_outbox(self.workspace, books)
            raise

    def by_smtp(self, waiting: Waiting) -> None:
        """Send the letters to their servers, in order; Ctrl-C takes effect after the current one."""
        with ExitStack() as stack, suppress(OfficeClosed):
            interrupt = stack.enter_context(defer_interrupts())
            connections = stack.enter_context(SmtpConnections(self.caller.secret, while_waiting=interrupt.at_once))
            servers = MailServers(self.ledger, self.caller, connections, interrupt, AGAIN)
            try:
                for place, (reply, way) in enumerate(waiting):
                    interrupt.check()
                    self._one(servers, reply, way, left=len(waiting) - place)
            except Unusable as error:
                raise Unusable(error.fact, error.remedy, (*error.details, *self.attention)) from error

    def _one(self, servers: MailServers, reply: ReplyRecord, way: ReplyDelivery, *, left: int) -> None:
        if (mail := self._built(reply, way)) is None:
            return
        check_addresses(mail.route)
        if fault := servers.too_large(reply.number, mail.content, mail.route, TOO_LARGE):
            self.attention.append(fault.fact)
            return
        servers.wait_for_turn(mail.route)
        if not self.may_send():
            self.attention.append(
                say("{count} letter(s) wait for the next office hours; then run `notices letter send`.", count=left)
            )
            raise OfficeClosed
        if (why := self._begun(reply, way, mail)) is not None:
            self.attention.append(why)
            return
        try:
            answer = servers.attempt(mail.envelope, mail.content, mail.route)
        except Unusable as error:
            told = {"why": error.fact.as_data()}
            self._set(ReplyChange(way.id, State.RENDERED, kind=NOT_SENT, data=told))
            raise
        except LeftOff:
            told = {"why": INTERRUPTED.as_data()}
            self._set(ReplyChange(way.id, State.RENDERED, kind=NOT_SENT, data=told))
            raise KeyboardInterrupt from None
        self._ended(reply, way, answer)

    def _begun(self, reply: ReplyRecord, way: ReplyDelivery, mail: ReplyMail) -> Message | None:
        """Record that a message is about to be sent, and keep its copy; return why it must not, in one transaction."""
        told = {
            "attempt": way.attempt + 1,
            "server": server_of(mail.route),
            "recipient": mail.envelope.recipient,
            "message_id": mail.message_id,
            "pdf_sha256": reply.sha256,
        }
        sending = ReplyChange(way.id, State.SENDING, mail=_facts(mail, mail.content), data=told)
        with self.ledger.begin() as books:
            if why := stopped(self.workspace, books, [reply], self.order).get(reply.id):
                return why
            books.replies.set_states([sending], by=self.order.by, at=self.caller.local_time())
            with SentCopies(self._kept(reply)) as copies:
                copies.keep(f"{file_stem(reply.number)}.eml", mail.content)
        return None

    def _ended(self, reply: ReplyRecord, way: ReplyDelivery, answer: SmtpReply) -> None:
        late = answer.verdict is Verdict.DEFERRED and self._tried_long_enough(way)
        state = state_after(answer, long_enough=late)
        facts = MailFacts(server_code=answer.code, server_text=answer.text)
        told = {"stage": answer.stage, "code": answer.code, "text": answer.text}
        self._set(ReplyChange(way.id, state, mail=facts, data=told))
        self.states[reply.number] = state
        if what := _message_for(reply.number, answer, state):
            self.attention.append(what)

    def _tried_long_enough(self, way: ReplyDelivery) -> bool:
        with self.ledger.read() as books:
            first = books.attempts.first_attempts([way.id], REPLY)[way.id]
        return self.caller.local_time() >= first + timedelta(hours=self.workspace.settings.mail.give_up_hours)

    def _built(self, reply: ReplyRecord, way: ReplyDelivery) -> ReplyMail | None:
        try:
            with self.ledger.read() as books:
                return built_reply(self.workspace, books, reply, way, self.caller.local_time(), self.keys)
        except DataNeedsPerson as error:
            self.attention.append(error.fact)
            return None

    def _set(self, change: ReplyChange) -> None:
        with self.ledger.begin() as books:
            books.replies.set_states([change], by=self.order.by, at=self.caller.local_time())

    def _kept(self, reply: ReplyRecord) -> Path:
        self.batches[reply.batch] = None
        return self.workspace.batch(reply.batch) / "replies"


def _facts(mail: ReplyMail, content: bytes) -> MailFacts:
    return MailFacts(message_id=mail.message_id, sha256=sha256(content).hexdigest())


def _message_for(number: str, answer: SmtpReply, state: State) -> Message | None:
    """Return the message about an outcome, None if the letter was sent."""
    said = f"{answer.code or ''} {answer.text}".strip()
    if state is State.SENT:
        return None
    if state is State.UNKNOWN:
        return say(
            "{number}: it is unknown whether the e-mail was sent. Look for it in the mail server's log, then run "
            "`notices letter confirm {number}`, with --not-sent if it was not.",
            number=number,
        )
    if state is State.DEFERRED:
        return say(
            "{number}: deferred by the mail server: {answer} Try again later with `notices letter send`.",
            number=number,
            answer=said,
        )
    if answer.verdict is Verdict.DEFERRED:
        return say(
            "{number}: given up, because the mail server keeps deferring it: {answer}", number=number, answer=said
        )
    return say("{number}: rejected by the mail server: {answer} Make it again for paper.", number=number, answer=said)
