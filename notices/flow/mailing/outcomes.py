"""What a mail server's answer means for a notice, and what a person is told of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from notices.flow.batch.outgoing import ReadyLetter
from notices.flow.batch.session import BatchSession
from notices.flow.mailing.message import BuiltMail
from notices.ledger import MailFacts, StateChange
from notices.messages import Message, say
from notices.model import State
from notices.post import Answer, Verdict

# In the order in which they are told of.
STATES = {
    Verdict.SENT: State.SENT,
    Verdict.DEFERRED: State.DEFERRED,
    Verdict.REFUSED: State.REFUSED,
    Verdict.UNKNOWN: State.UNKNOWN,
}


@dataclass
class SendOutcomes:
    """What became of the messages so far, by state, and what needs a person."""

    batch: str
    attention: list[Message]
    _numbers: dict[State, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, number: str, state: State) -> None:
        """Count one."""
        self._numbers[state].append(number)

    @property
    def by_state(self) -> dict[str, tuple[str, ...]]:
        """The notices by what the server said of them; a state that none is in has an empty tuple."""
        return {state.value: tuple(self._numbers.get(state, ())) for state in STATES.values()}


def state_after(answer: Answer, *, long_enough: bool) -> State:
    """The delivery's state; what was put off for `long_enough` counts as refused."""
    return State.REFUSED if answer.verdict is Verdict.DEFERRED and long_enough else STATES[answer.verdict]


def message_for(number: str, answer: Answer, state: State, batch: str) -> Message | None:
    """What a person should know of it; None where all is well."""
    said = f"{answer.code or ''} {answer.text}".strip()
    if state is State.SENT:
        return None
    if state is State.UNKNOWN:
        return say(
            "{notice}: the connection ended in the middle of the message; nobody knows whether it went. Look for "
            "it in the mail server's log, then `notices mail settle {notice}` with --sent or --resend.",
            notice=number,
        )
    if state is State.DEFERRED:
        return say(
            "{notice}: the mail server puts it off: {answer} `notices resume {batch}` tries again later.",
            notice=number,
            answer=said,
            batch=batch,
        )
    if answer.verdict is Verdict.DEFERRED:
        return say("{notice}: given up, the mail server still puts it off: {answer}", notice=number, answer=said)
    return say("{notice}: the mail server refuses it for good: {answer}", notice=number, answer=said)


class Attempts:
    """The record that one `send` keeps: an attempt is committed, for good, before anything of it is done.

    What came of one is committed together with the beginning of the next, so that each message waits for the disk
    once. Whoever is about to wait for anything else calls `write_down` first: killed in the meantime, the last message
    would be one of which nobody knows whether it went.
    """

    def __init__(self, at: BatchSession, now: Callable[[], datetime]) -> None:
        self._at = at
        self._now = now
        self._outcomes: list[StateChange] = []

    def begin(self, ready: ReadyLetter, letter: BuiltMail, server: str) -> None:
        """Write down that a message is about to be handed over, and as which bytes to whom."""
        told = {
            "attempt": ready.delivery.attempt + 1,
            "server": server,
            "recipient": letter.envelope.recipient,
            "message_id": letter.message_id,
            "sha256": letter.sha256,
            "pdf_sha256": letter.pdf_sha256,
        }
        facts = MailFacts(message_id=letter.message_id, sha256=letter.sha256)
        self._commit([*self._outcomes, StateChange(ready.delivery.id, State.SENDING, mail=facts, data=told)])

    def end(self, change: StateChange) -> None:
        """Say what came of it; it stands in the ledger with the next `begin` or `write_down`."""
        self._outcomes.append(change)

    def write_down(self) -> None:
        """Write down what came of the last one, if that is not done yet."""
        if self._outcomes:
            self._commit(self._outcomes)

    close = write_down

    def _commit(self, changes: list[StateChange]) -> None:
        with self._at.ledger.begin() as books:
            books.deliveries.set_states(changes, by=self._at.order.by, at=self._now())
        self._outcomes = []
