"""Send e-mails to a mail server one by one; each attempt is recorded before, its outcome after."""

from __future__ import annotations

from contextlib import ExitStack, closing
from datetime import timedelta

from notices.errors import DataNeedsPerson, Unusable
from notices.flow.batch.outgoing import Queue, ReadyLetter, set_letter_aside
from notices.flow.batch.session import BatchSession
from notices.flow.batch.signing_keys import SigningKeys
from notices.flow.caller import Caller
from notices.flow.mailing.build_ahead import BuildContext, build_ahead
from notices.flow.mailing.message import BuiltMail, route_of
from notices.flow.mailing.outcomes import Attempts, SendOutcomes, message_for, state_after
from notices.flow.mailing.recheck import Recheck
from notices.flow.mailing.servers import LeftOff, MailServers, server_of
from notices.interrupts import DeferredInterrupt, defer_interrupts
from notices.ledger import NOT_SENT, MailFacts, StateChange
from notices.messages import say
from notices.model import State
from notices.post import Verdict, check_addresses, file_stem
from notices.post.connections import SmtpConnections
from notices.post.sent_copies import SentCopies
from notices.settings import Route

INTERRUPTED = say("Interrupted before the mail server took anything of it.")
TOO_LARGE = say("Withdraw the notice and print it, or raise [mail] max_megabytes.")


class OfficeClosed(Exception):  # noqa: N818 - says what happened
    """The office hours ended before the queue did; `resume` continues."""


def send_by_smtp(
    session: BatchSession, queue: Queue, caller: Caller, outcomes: SendOutcomes, keys: SigningKeys
) -> None:
    """Send the messages in order, adding to `outcomes`; a trial stops after the login.

    Ctrl-C takes effect after the current message, or at once where the server has taken nothing of it. Raises Unusable
    if a server cannot be used, OfficeClosed if the office hours end first; unsent messages keep their states.
    """
    kinds = sorted(queue.kinds)
    routes = list(dict.fromkeys(session.workspace.settings.mail.route(kind.estate, kind.tier) for kind in kinds))
    for route in routes:
        check_addresses(route)
    with ExitStack() as stack:
        interrupt = stack.enter_context(defer_interrupts())
        attempts = Attempts(session, caller.local_time)
        connections = stack.enter_context(SmtpConnections(caller.secret, attempts.commit_outcomes, interrupt.at_once))
        copies = stack.enter_context(SentCopies(session.workspace.sent(session.order.batch)))
        run = SmtpRun(session, caller, outcomes, attempts, connections, copies, interrupt, keys)
        try:
            for route in routes if session.trial else ():
                run.servers.log_in(route)
            run.all(queue, in_hurry=not any(route.per_minute or route.per_hour for route in routes))
        except Unusable as error:
            raise Unusable(error.fact, error.remedy, (*error.details, *outcomes.attention)) from error


class SmtpRun:
    """One `send`."""

    def __init__(
        self,
        session: BatchSession,
        caller: Caller,
        outcomes: SendOutcomes,
        attempts: Attempts,
        connections: SmtpConnections,
        copies: SentCopies,
        interrupt: DeferredInterrupt,
        keys: SigningKeys,
    ) -> None:
        self.session = session
        self.caller = caller
        self.outcomes = outcomes
        self.attempts = attempts
        self.copies = copies
        self.interrupt = interrupt
        self.keys = keys
        self.servers = MailServers(session.ledger, caller, connections, interrupt, "notices resume", self._pause)
        self.recheck = Recheck(session, outcomes.attention)

    def all(self, queue: Queue, *, in_hurry: bool) -> None:
        """Send the queue, as long as mail may be sent."""
        with closing(self.attempts):
            waiting = self.attempts.commit_outcomes
            context = BuildContext(self.session.frozen, self.caller.local_time, self.keys, waiting)
            built = build_ahead(context, queue, in_hurry=in_hurry)
            with closing(built):
                for done, letter in enumerate(built):
                    self.caller.mails(done, len(queue))
                    self.interrupt.check()
                    if not (self._may_send() and self._one(queue, done, letter)):
                        self.outcomes.attention.append(
                            say(
                                "{count} message(s) wait for the next office hours; then run `notices resume {batch}`.",
                                count=len(queue) - done,
                                batch=self.session.order.batch,
                            )
                        )
                        raise OfficeClosed
            self.caller.mails(len(queue), len(queue))

    def _pause(self, seconds: float) -> None:
        self.attempts.commit_outcomes()
        self.interrupt.pause(seconds)

    def _may_send(self) -> bool:
        mail = self.session.workspace.settings.mail
        return self.session.trial or self.caller.any_hour or mail.is_open(self.caller.local_time().timetz())

    def _one(self, queue: Queue, place: int, letter: BuiltMail | DataNeedsPerson) -> bool:
        """Send one message or set it aside; return False if the office closed while it waited for its turn."""
        ready = queue[place]
        route = route_of(self.session.frozen, ready)
        if not self._stands(queue, place):
            return True
        if isinstance(letter, DataNeedsPerson):
            self._set_aside(ready, letter)
        elif fault := self.servers.too_large(_number(ready), letter.content, route, TOO_LARGE):
            self._set_aside(ready, fault)
        elif self.session.trial:
            self.outcomes.add(_number(ready), State.SENT)
        else:
            self.servers.wait_for_turn(route)
            if not self._may_send():
                return False
            if self._stands(queue, place):
                self._send(ready, letter, route)
        return True

    def _stands(self, queue: Queue, place: int) -> bool:
        return self.session.trial or self.recheck.stands(queue, place, self.caller.local_time())

    def _set_aside(self, ready: ReadyLetter, fault: DataNeedsPerson) -> None:
        self.outcomes.attention.append(fault.fact)
        set_letter_aside(self.session, ready, fault.fact)

    def _send(self, ready: ReadyLetter, letter: BuiltMail, route: Route) -> None:
        """Send one message: take a last look, save a copy, record the attempt, send, record the outcome."""
        name = f"{file_stem(_number(ready))}.eml"
        departure = self.attempts.begin(
            ready,
            letter,
            server_of(route),
            since=self.recheck.basis,
            keep=lambda: self.copies.keep(name, letter.content),
        )
        if departure.stopped:
            self.copies.remove(name)
            self.recheck.stop(departure)
            return
        try:
            answer = self.servers.attempt(letter.envelope, letter.content, route)
        except Unusable as error:
            why = {"why": error.fact.as_data()}
            self.attempts.end(StateChange(ready.delivery.id, State.RENDERED, kind=NOT_SENT, data=why))
            raise
        except LeftOff:
            why = {"why": INTERRUPTED.as_data()}
            self.attempts.end(StateChange(ready.delivery.id, State.RENDERED, kind=NOT_SENT, data=why))
            raise KeyboardInterrupt from None
        late = answer.verdict is Verdict.DEFERRED and self._tried_long_enough(ready)
        state = state_after(answer, long_enough=late)
        facts = MailFacts(server_code=answer.code, server_text=answer.text)
        told = {"stage": answer.stage, "code": answer.code, "text": answer.text}
        self.attempts.end(StateChange(ready.delivery.id, state, mail=facts, data=told))
        self.outcomes.add(_number(ready), state)
        if what := message_for(_number(ready), answer, state, self.session.order.batch):
            self.outcomes.attention.append(what)

    def _tried_long_enough(self, ready: ReadyLetter) -> bool:
        with self.session.ledger.read() as books:
            first = books.attempts.first_attempts([ready.delivery.id])[ready.delivery.id]
        return self.caller.local_time() >= first + timedelta(hours=self.session.workspace.settings.mail.give_up_hours)


def _number(ready: ReadyLetter) -> str:
    return ready.notice.number or ""
