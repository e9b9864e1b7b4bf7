"""Retries of e-mails that a mail server deferred: when each may be tried again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain

from notices.flow.batch.outgoing import QueuedLetter
from notices.flow.batch.session import BatchSession
from notices.flow.workspace import Workspace
from notices.ledger import DeliveryRecord, Ledger, ReplyDelivery
from notices.messages import Message, say
from notices.model import State

# minutes until a deferred e-mail may be tried again, by the number of attempts so far
PAUSES = (5, 15, 30, 60, 120, 240)


def due_again(delivery: DeliveryRecord | QueuedLetter | ReplyDelivery) -> datetime:
    """Return the time from which a deferred e-mail may be tried again."""
    return delivery.since + timedelta(minutes=PAUSES[min(delivery.attempt, len(PAUSES)) - 1])


def due_mail(workspace: Workspace, ledger: Ledger, batch: str, now: datetime) -> frozenset[int]:
    """Return the deferred deliveries that may be tried again."""
    if workspace.settings.mail.transport != "smtp":
        return frozenset()
    with ledger.read() as books:
        return frozenset(
            delivery.id
            for entry in chain.from_iterable(books.batches.decision_pages(batch))
            if entry.notice
            for delivery in entry.notice.deliveries
            if delivery.state is State.DEFERRED and due_again(delivery) <= now
        )


def deferred_message(session: BatchSession, early: Sequence[QueuedLetter], now: datetime, *, by_smtp: bool) -> Message:
    """Return the message about deferred e-mails that are not tried now."""
    if not by_smtp:
        return say(
            "{count} message(s) were deferred by the mail server and cannot go into the outbox. Set [mail] transport "
            "to smtp again, or withdraw the notices.",
            count=len(early),
        )
    then = min(map(due_again, early)).astimezone(now.tzinfo)
    return say(
        "{count} message(s) were deferred by the mail server; try again from {then} on with `notices resume {batch}`.",
        count=len(early),
        batch=session.order.batch,
        then=f"{then:%Y-%m-%d %H:%M}",
    )
