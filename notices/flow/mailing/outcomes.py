"""Outcomes of sending: delivery states, messages to the user, and the record of attempts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from notices.flow.batch.departure import Departure, last_look
from notices.flow.batch.outgoing import ReadyLetter
from notices.flow.batch.session import BatchSession
from notices.flow.mailing.message import BuiltMail
from notices.ledger import MailFacts, StateChange
from notices.messages import Message, say
from notices.model import State
from notices.post import SmtpReply, Verdict

# in the order in which they are reported
STATES = {
    Verdict.SENT: State.SENT,
    Verdict.DEFERRED: State.DEFERRED,
    Verdict.REFUSED: State.REFUSED,
    Verdict.UNKNOWN: State.UNKNOWN,
}


@dataclass
class SendOutcomes:
    """Outcomes so far: notices by delivery state, and messages that need a person."""

    batch: str
    attention: list[Message]
    _numbers: dict[State, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, number: str, state: State) -> None:
        """Add a notice."""
        self._numbers[state].append(number)

    @property
    def by_state(self) -> dict[str, tuple[str, ...]]:
        """Notice numbers by state; states without notices have an empty tuple."""
        return {state.value: tuple(self._numbers.get(state, ())) for state in STATES.values()}


def state_after(answer: SmtpReply, *, long_enough: bool) -> State:
    """Return the delivery's state; a message deferred for `long_enough` counts as refused."""
    return State.REFUSED if answer.verdict is Verdict.DEFERRED and long_enough else STATES[answer.verdict]


def message_for(number: str, answer: SmtpReply, state: State, batch: str) -> Message | None:
    """Return the message to the user about an outcome, or None if the e-mail was sent."""
    said = f"{answer.code or ''} {answer.text}".strip()
    if state is State.SENT:
        return None
    if state is State.UNKNOWN:
        return say(
            "{notice}: the connection broke during transfer; it is unknown whether the e-mail was sent. Look for it in "
            "the mail server's log, then run `notices mail settle {notice}` with --sent or --resend.",
            notice=number,
        )
    if state is State.DEFERRED:
        return say(
            "{notice}: deferred by the mail server: {answer} Try again later with `notices resume {batch}`.",
            notice=number,
            answer=said,
            batch=batch,
        )
    if answer.verdict is Verdict.DEFERRED:
        return say(
            "{notice}: given up, because the mail server keeps deferring it: {answer}", notice=number, answer=said
        )
    return say("{notice}: rejected by the mail server: {answer}", notice=number, answer=said)


class Attempts:
    """Recorder of the attempts of one `send`: each is committed before it starts, unless its letter must stay by then.

    An outcome is committed together with the start of the next attempt, so that each message waits for the disk once.
    Call `commit_outcomes` before waiting for anything else: if the program is killed meanwhile, the outcome of the last
    message would be unknown.
    """

    def __init__(self, session: BatchSession, now: Callable[[], datetime]) -> None:
        self._session = session
        self._now = now
        self._outcomes: list[StateChange] = []

    def begin(
        self, ready: ReadyLetter, letter: BuiltMail, server: str, *, since: int, keep: Callable[[], None]
    ) -> Departure:
        """Record that a message is about to be sent, with its recipient and checksums, and `keep` its copy.

        If something that stops the letter was recorded after the event `since`, it is withdrawn instead, in the same
        transaction.
        """
        told = {
            "attempt": ready.delivery.attempt + 1,
            "server": server,
            "recipient": letter.envelope.recipient,
            "message_id": letter.message_id,
            "sha256": letter.sha256,
            "pdf_sha256": letter.pdf_sha256,
        }
        facts = MailFacts(message_id=letter.message_id, sha256=letter.sha256)
        sending = StateChange(ready.delivery.id, State.SENDING, mail=facts, data=told)
        session, by, now = self._session, self._session.order.by, self._now()
        with session.ledger.begin() as books:
            departure = last_look(books, session.frozen, [ready.entry], since=since, by=by, at=now)
            may_go = departure.may_go(ready.entry)
            books.deliveries.set_states([*self._outcomes, *([sending] if may_go else [])], by=by, at=now)
            if may_go:
                keep()
        self._outcomes = []
        return departure

    def end(self, change: StateChange) -> None:
        """Note the outcome of the attempt; the next `begin` or `commit_outcomes` commits it."""
        self._outcomes.append(change)

    def commit_outcomes(self) -> None:
        """Commit the outcome of the last attempt, unless that is done."""
        if not self._outcomes:
            return
        with self._session.ledger.begin() as books:
            books.deliveries.set_states(self._outcomes, by=self._session.order.by, at=self._now())
        self._outcomes = []

    close = commit_outcomes
