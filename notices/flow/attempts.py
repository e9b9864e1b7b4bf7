"""Attempts to hand e-mails over, written down: each before it begins, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from notices.flow.composing import Letter
from notices.flow.ready import Ready
from notices.flow.stage import Stage
from notices.ledger import MailFacts, StateChange
from notices.model import State


class Attempts:
    """The record that one `send` keeps: an attempt is committed, for good, before anything of it is done.

    What came of one is committed together with the beginning of the next, so that each message waits for the disk
    once. Whoever is about to wait for anything else calls `write_down` first: killed in the meantime, the last message
    would be one of which nobody knows whether it went.
    """

    def __init__(self, at: Stage, now: Callable[[], datetime]) -> None:
        self._at = at
        self._now = now
        self._outcomes: list[StateChange] = []

    def begin(self, ready: Ready, letter: Letter, server: str) -> None:
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
            books.set_states(changes, by=self._at.order.by, at=self._now())
        self._outcomes = []
