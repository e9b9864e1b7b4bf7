"""Notices and their deliveries after approval: states, rendered letters, shards and events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from notices.errors import Refused
from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, chunks
from notices.ledger.inputs import StateChange
from notices.ledger.reading import notices_of
from notices.ledger.records import DeliveryRecord
from notices.ledger.slots import affects_slots, update_slots
from notices.messages import Message, say
from notices.model import FAILED, State
from notices.rules.states import may_follow
from notices.words import word

ASKED_BACK = "asked-back"  # event kind: someone was told to take a letter out of a spooled print job
CHANGING = ("state", "since", "on", "cause", "attempt", "message_id", "sha256", "server_code", "server_text")


# Built once: each e-mail changes state twice, and building these statements costs more than the disk write.
DELIVERIES_BY_ID = select(schema.deliveries).where(schema.deliveries.c.id.in_(bindparam("ids", expanding=True)))
UPDATE_DELIVERY = (
    update(schema.deliveries)
    .where(schema.deliveries.c.id == bindparam("key"))
    .values({name: bindparam(f"its_{name}") for name in CHANGING})
)


class DeliveriesBook(Book):
    """Ledger operations for deliveries."""

    def set_states(self, changes: Sequence[StateChange], *, at: datetime, by: str) -> None:
        """Change delivery states and record the events; raises Refused, changing none, if one transition is invalid."""
        now = self.with_ids([change.delivery_id for change in changes])
        if len(now) != len(changes):
            raise ValueError("each change is of one delivery on record, and of no other's")
        self._refuse_invalid_transitions(changes, now)
        self._write(changes, now, at=at)
        self._record((_event_of(change, now[change.delivery_id]) for change in changes), by=by, at=at)
        update_slots(
            self.connection,
            {now[it.delivery_id].notice_id for it in changes if affects_slots(now[it.delivery_id].state, it.state)},
        )

    def record_recall(self, delivery_ids: Collection[int], *, by: str, at: datetime) -> None:
        """Record that someone was told to take these out of a spooled print job, once per spooling."""
        told = self.recalled(delivery_ids)
        new = [key for key in delivery_ids if key not in told]
        self._record([NewEvent(ASKED_BACK, "delivery", key) for key in new], by=by, at=at)

    def recalled(self, delivery_ids: Collection[int]) -> frozenset[int]:
        """Return those of these deliveries that someone was told to take out since they were last spooled."""
        last: dict[int, str] = {}
        for portion in chunks(delivery_ids):
            wanted = select(schema.events.c.what_id, schema.events.c.kind).where(
                schema.events.c.what == "delivery",
                schema.events.c.what_id.in_(portion),
                schema.events.c.kind.in_([ASKED_BACK, State.SPOOLED.value]),
            )
            last.update((row.what_id, row.kind) for row in self.connection.execute(wanted.order_by(schema.events.c.id)))
        return frozenset(key for key, kind in last.items() if kind == ASKED_BACK)

    def with_ids(self, delivery_ids: Collection[int]) -> dict[int, DeliveryRecord]:
        """Return these deliveries in their present state, by id."""
        found: dict[int, DeliveryRecord] = {}
        for portion in chunks(delivery_ids):
            rows = self.connection.execute(DELIVERIES_BY_ID, {"ids": portion})
            found.update((row.id, DeliveryRecord(**row._mapping)) for row in rows)
        return found

    def _refuse_invalid_transitions(self, changes: Sequence[StateChange], now: Mapping[int, DeliveryRecord]) -> None:
        wrong = [
            change
            for change in changes
            if not may_follow(now[change.delivery_id].channel, now[change.delivery_id].state, change.state)
        ]
        if not wrong:
            return
        ids = {now[change.delivery_id].notice_id for change in wrong}
        numbers = {
            notice.id: notice.number or notice.owner
            for notice in notices_of(self.connection, select(schema.notices.c.id).where(schema.notices.c.id.in_(ids)))
        }
        raise Refused(
            say("{count} delivery(ies) cannot change to the requested state.", count=len(wrong)),
            say("Run `notices status` to see their present state."),
            [
                _invalid_transition(numbers[now[it.delivery_id].notice_id], now[it.delivery_id], it.state)
                for it in wrong
            ],
        )

    def _write(self, changes: Sequence[StateChange], now: Mapping[int, DeliveryRecord], *, at: datetime) -> None:
        if not changes:
            return
        self.connection.execute(UPDATE_DELIVERY, [_values(change, now[change.delivery_id], at) for change in changes])


def _values(change: StateChange, now: DeliveryRecord, at: datetime) -> dict[str, Any]:
    outcome = change.state in FAILED or change.state is State.DELIVERED
    mail = change.mail
    return {
        "key": now.id,
        "its_state": change.state,
        "its_since": at,
        "its_on": change.on if outcome else now.on,
        "its_cause": change.cause if outcome else now.cause,
        "its_attempt": now.attempt + (change.state is State.SENDING),
        "its_message_id": mail.message_id or now.message_id,
        "its_sha256": mail.sha256 or now.sha256,
        "its_server_code": now.server_code if mail.server_code is None else mail.server_code,
        "its_server_text": now.server_text if mail.server_text is None else mail.server_text,
    }


def _event_of(change: StateChange, now: DeliveryRecord) -> NewEvent:
    told = {"from": now.state.value, "to": change.state.value, **change.data}
    return NewEvent(change.kind or change.state.value, "delivery", now.id, told)


def _invalid_transition(number: str, now: DeliveryRecord, state: State) -> Message:
    return say(
        "{number} by {channel} is {now}; it cannot become {state}.",
        number=number,
        channel=word(now.channel),
        now=word(now.state),
        state=word(state),
    )
