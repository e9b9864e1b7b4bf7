"""Notices and their deliveries after approval: states, rendered letters, shards and events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from notices.errors import Refused
from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, chunks
from notices.ledger.inputs import StateChange
from notices.ledger.reading import notices_of
from notices.ledger.records import DeliveryRecord, JobState
from notices.ledger.slots import affects_slots, update_slots
from notices.messages import Message, say
from notices.model import FAILED, Channel, State
from notices.rules.states import NOT_LEFT, may_follow
from notices.words import word

LETTER_CHANGED = "letter-changed"  # event kind: another notice left the letter, which is made again without it
LETTER = "letter"  # in the data of an event: the delivery that leads the letter, whose change this one follows
ASKED_BACK = "asked-back"  # event kind: someone was told to take a letter out of a spooled print job
CHANGING = ("state", "since", "on", "cause", "attempt", "message_id", "sha256", "server_code", "server_text")


# Built once: each e-mail changes state twice, and building these statements costs more than the disk write.
DELIVERIES_BY_ID = select(schema.deliveries).where(schema.deliveries.c.id.in_(bindparam("ids", expanding=True)))
UPDATE_DELIVERY = (
    update(schema.deliveries)
    .where(schema.deliveries.c.id == bindparam("key"))
    .values({name: bindparam(f"its_{name}") for name in CHANGING})
)


SET_LETTER = (
    update(schema.deliveries)
    .where(schema.deliveries.c.id == bindparam("key"))
    .values(letter_id=bindparam("its_letter"))
)


class DeliveriesBook(Book):
    """Ledger operations for deliveries."""

    def set_states(self, changes: Sequence[StateChange], *, at: datetime, by: str) -> None:
        """Change delivery states and record the events; raises Refused, changing none, if one transition is invalid.

        What becomes of one delivery of a letter of several notices becomes of all, unless it is withdrawn: then the
        letter is made again without it.
        """
        now = self.with_ids([change.delivery_id for change in changes])
        if len(now) != len(changes):
            raise ValueError("each change is of one delivery on record, and of no other's")
        self._refuse_invalid_transitions(changes, now)
        followers = self._followers(changes, now)
        self._change([*changes, *followers], now | self.with_ids([it.delivery_id for it in followers]), at=at, by=by)
        gone = [now[it.delivery_id] for it in changes if it.state is State.WITHDRAWN]
        self._leave_letters([it for it in gone if it.letter_id is not None], at=at, by=by)

    def _followers(self, changes: Sequence[StateChange], now: Mapping[int, DeliveryRecord]) -> list[StateChange]:
        """Return the changes of the other deliveries in the same letters."""
        leading = {
            letter: change
            for change in changes
            if change.state is not State.WITHDRAWN and (letter := now[change.delivery_id].letter_id) is not None
        }
        return [
            replace(leading[letter], delivery_id=it.id, data={**leading[letter].data, LETTER: letter})
            for it in self.in_letters(leading)
            if it.id not in now
            and (letter := it.letter_id or 0)
            and may_follow(it.channel, it.state, leading[letter].state)
        ]

    def in_letters(self, letters: Iterable[int]) -> list[DeliveryRecord]:
        """Return the deliveries that leave in these letters (ids of the leading deliveries), the leading one first."""
        found: list[DeliveryRecord] = []
        for portion in chunks(letters):
            wanted = select(schema.deliveries).where(schema.deliveries.c.letter_id.in_(portion))
            rows = self.connection.execute(wanted.order_by(schema.deliveries.c.letter_id, schema.deliveries.c.id))
            found += [DeliveryRecord(**row._mapping) for row in rows]
        return found

    def _leave_letters(self, gone: Sequence[DeliveryRecord], *, at: datetime, by: str) -> None:
        """Take withdrawn deliveries out of their letters, and have what is left of each letter made again."""
        self.set_letters(dict.fromkeys((it.id for it in gone), None))
        before = {it.letter_id: it.state for it in gone}
        rest = defaultdict[int, list[DeliveryRecord]](list)
        for it in self.in_letters(letter for letter in before if letter is not None):
            rest[it.letter_id or 0].append(it)
        self.set_letters(
            {it.id: its[0].id if len(its) > 1 else None for its in rest.values() for it in its},
        )
        again = [
            it
            for letter, its in rest.items()
            for it in its
            if it.state in NOT_LEFT or (it.state, before[letter]) == (State.SPOOLED, State.SPOOLED)
        ]
        self._take_out_of_jobs([it.id for it in again if it.channel is Channel.PRINT and it.state is State.SPOOLED])
        data = say("another unit was taken out of the letter").as_data()
        changes = [
            StateChange(it.id, State.SET_ASIDE, kind=LETTER_CHANGED, data=data)
            for it in again
            if it.state not in {State.PLANNED, State.APPROVED}
        ]
        self._change(changes, {it.id: it for it in again}, at=at, by=by)
        waiting = [it.id for it in again if it.state is State.APPROVED]
        self._record([NewEvent(LETTER_CHANGED, "delivery", key, data) for key in waiting], by=by, at=at)

    def set_letters(self, letters: Mapping[int, int | None]) -> None:
        """Set the letter that each of these deliveries leaves in: that of the leading delivery, None for its own."""
        if letters:
            self.connection.execute(SET_LETTER, [{"key": key, "its_letter": letter} for key, letter in letters.items()])

    def _take_out_of_jobs(self, delivery_ids: Collection[int]) -> None:
        """Have the next version of their open print jobs made without these letters, which will be in another job."""
        for portion in chunks(delivery_ids):
            opened = select(schema.jobs.c.id, schema.jobs.c.version).where(schema.jobs.c.state == JobState.SPOOLED)
            for job in self.connection.execute(opened).all():
                inside = (schema.job_items.c.job_id == job.id) & schema.job_items.c.left_out.is_(None)
                self.connection.execute(
                    update(schema.job_items)
                    .where(inside, schema.job_items.c.delivery_id.in_(portion))
                    .values(left_out=job.version + 1)
                )

    def _change(
        self, changes: Sequence[StateChange], now: Mapping[int, DeliveryRecord], *, at: datetime, by: str
    ) -> None:
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
