"""Notices and their deliveries after approval: states, rendered letters, shards and events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import bindparam, insert, select, update

from notices.errors import Refused, UsageMistake
from notices.ledger.base import Book, Happening, portions
from notices.ledger.inputs import RenderedLetter, StateChange
from notices.ledger.reading import notices_of, shard_in
from notices.ledger.records import DeliveryRecord, EventRecord, NoticeRecord, ShardRecord
from notices.ledger.schema import Batch, DeliveryRow, Event, NoticeRow, Shard
from notices.ledger.slots import may_matter, settle
from notices.messages import Message, say
from notices.model import FAILED, State
from notices.rules.states import RENDERABLE, may_follow
from notices.words import word

ASKED_BACK = "asked-back"  # event kind: someone was told to take a letter out of a spooled print job
CHANGING = ("state", "since", "on", "attempt", "message_id", "sha256", "server_code", "server_text")


# Built once: each e-mail changes state twice, and building these statements costs more than the disk write.
DELIVERIES_BY_ID = select(DeliveryRow).where(DeliveryRow.id.in_(bindparam("ids", expanding=True)))
UPDATE_DELIVERY = (
    update(DeliveryRow)
    .where(DeliveryRow.id == bindparam("key"))
    .values({name: bindparam(f"its_{name}") for name in CHANGING})
)
WAITING_FOR_LETTER = (
    select(DeliveryRow.id)
    .where(DeliveryRow.notice_id.in_(bindparam("ids", expanding=True)), DeliveryRow.state.in_(RENDERABLE))
    .order_by(DeliveryRow.id)
)
SET_LETTER_POSITION = (
    update(NoticeRow)
    .where(NoticeRow.id == bindparam("key"))
    .values(shard_id=bindparam("shard"), first_page=bindparam("page"), pages=bindparam("count"))
)


@dataclass(frozen=True, slots=True)
class Link:
    """A notice's predecessor in its case, and the rank of its tier."""

    continues: int | None
    rank: int


class DeliveriesBook(Book):
    """Ledger operations for notices and their deliveries."""

    def notice(self, number: str) -> NoticeRecord | None:
        """Return the notice of that number, or None."""
        found = notices_of(self.connection, select(NoticeRow.id).where(NoticeRow.number == number))
        return found[0] if found else None

    def notices(self, notice_ids: Collection[int]) -> list[NoticeRecord]:
        """Return the notices of these ids, in id order."""
        return [
            notice
            for portion in portions(sorted(notice_ids))
            for notice in notices_of(self.connection, select(NoticeRow.id).where(NoticeRow.id.in_(portion)))
        ]

    def earlier_steps(self, notice_ids: Collection[int]) -> dict[int, NoticeRecord]:
        """Return for each notice the last one of a lower tier in its case; notices without one are left out."""
        chain: dict[int, Link] = {}
        ahead = set(notice_ids)
        while ahead:
            found = self._links(ahead)
            chain |= found
            ahead = {link.continues for link in found.values() if link.continues is not None} - chain.keys()
        steps = {notice_id: _lower_step(chain, notice_id) for notice_id in notice_ids}
        records = {record.id: record for record in self.notices({step for step in steps.values() if step})}
        return {notice_id: records[step] for notice_id, step in steps.items() if step}

    def _links(self, notice_ids: Collection[int]) -> dict[int, Link]:
        links: dict[int, Link] = {}
        for portion in portions(notice_ids):
            chosen = select(NoticeRow.id, NoticeRow.continues_id, NoticeRow.tier_rank)
            for key, continues, rank in self.connection.execute(chosen.where(NoticeRow.id.in_(portion))):
                links[key] = Link(continues, rank or 0)
        return links

    def set_states(self, changes: Sequence[StateChange], *, at: datetime, by: str) -> None:
        """Change delivery states and record the events; raises Refused, changing none, if one transition is invalid."""
        now = self._deliveries([change.delivery_id for change in changes])
        if len(now) != len(changes):
            raise ValueError("each change is of one delivery on record, and of no other's")
        self._refuse_invalid_transitions(changes, now)
        self._write(changes, now, at=at)
        self._record((_event_of(change, now[change.delivery_id]) for change in changes), by=by, at=at)
        settle(
            self.connection,
            {now[it.delivery_id].notice_id for it in changes if may_matter(now[it.delivery_id].state, it.state)},
        )

    def ask_back(self, delivery_ids: Collection[int], *, by: str, at: datetime) -> None:
        """Record that someone was told to take these out of a spooled print job, once per spooling."""
        told = self.asked_back(delivery_ids)
        new = [key for key in delivery_ids if key not in told]
        self._record([Happening(ASKED_BACK, "delivery", key) for key in new], by=by, at=at)

    def asked_back(self, delivery_ids: Collection[int]) -> frozenset[int]:
        """Return those of these deliveries that someone was told to take out since they were last spooled."""
        last: dict[int, str] = {}
        for portion in portions(delivery_ids):
            wanted = select(Event.what_id, Event.kind).where(
                Event.what == "delivery",
                Event.what_id.in_(portion),
                Event.kind.in_([ASKED_BACK, State.SPOOLED.value]),
            )
            last.update((row.what_id, row.kind) for row in self.connection.execute(wanted.order_by(Event.id)))
        return frozenset(key for key, kind in last.items() if kind == ASKED_BACK)

    def set_rendered(self, letters: Sequence[RenderedLetter], *, at: datetime, by: str) -> None:
        """Record the position of letters in their shards; deliveries waiting for their letter become `rendered`."""
        if not letters:
            return
        self.connection.execute(
            SET_LETTER_POSITION,
            [{"key": it.notice_id, "shard": it.shard_id, "page": it.first_page, "count": it.pages} for it in letters],
        )
        events = [Happening("rendered", "notice", it.notice_id, {"shard": it.shard_id}) for it in letters]
        self._record(events, by=by, at=at)
        waiting = self.connection.execute(WAITING_FOR_LETTER, {"ids": [it.notice_id for it in letters]}).scalars()
        self.set_states([StateChange(delivery, State.RENDERED) for delivery in waiting], at=at, by=by)

    def add_shard(self, batch: str, *, file: str, sha256: str, pages: int, at: datetime) -> int:
        """Record a shard (a PDF of many letters); return its id."""
        batch_id = select(Batch.id).where(Batch.name == batch).scalar_subquery()
        row = insert(Shard).values(batch_id=batch_id, file=file, sha256=sha256, pages=pages, made_at=at)
        return self.connection.execute(row.returning(Shard.id)).scalar_one()

    def shards(self, batch: str) -> list[ShardRecord]:
        """Return the shards of a batch that contain letters, oldest first."""
        holding = select(NoticeRow.shard_id).where(NoticeRow.shard_id.is_not(None))
        wanted = select(Shard).join(Batch).where(Batch.name == batch, Shard.id.in_(holding)).order_by(Shard.id)
        return [shard_in(row) for row in self.connection.execute(wanted)]

    def events(self, what: str, what_id: int) -> list[EventRecord]:
        """Return the events of one object, oldest first; `what` is its type, such as "delivery" or "notice"."""
        wanted = select(Event).where(Event.what == what, Event.what_id == what_id).order_by(Event.id)
        return [EventRecord(**row._mapping) for row in self.connection.execute(wanted)]

    def _deliveries(self, delivery_ids: Sequence[int]) -> dict[int, DeliveryRecord]:
        found: dict[int, DeliveryRecord] = {}
        for portion in portions(delivery_ids):
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
        numbers = {
            notice.id: notice.number or notice.owner
            for notice in self.notices({now[change.delivery_id].notice_id for change in wrong})
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
        "its_attempt": now.attempt + (change.state is State.SENDING),
        "its_message_id": mail.message_id or now.message_id,
        "its_sha256": mail.sha256 or now.sha256,
        "its_server_code": now.server_code if mail.server_code is None else mail.server_code,
        "its_server_text": now.server_text if mail.server_text is None else mail.server_text,
    }


def _event_of(change: StateChange, now: DeliveryRecord) -> Happening:
    told = {"from": now.state.value, "to": change.state.value, **change.data}
    return Happening(change.kind or change.state.value, "delivery", now.id, told)


def _invalid_transition(number: str, now: DeliveryRecord, state: State) -> Message:
    return say(
        "{number} by {channel} is {now}; it cannot become {state}.",
        number=number,
        channel=word(now.channel),
        now=word(now.state),
        state=word(state),
    )


def _lower_step(chain: Mapping[int, Link], notice_id: int) -> int | None:
    """Walk back to the last notice of a lower tier; the same tier sent again after an undelivered one is skipped."""
    step = chain[notice_id].continues
    while step is not None and chain[step].rank >= chain[notice_id].rank:
        step = chain[step].continues
    return step


Found = TypeVar("Found")


def required(found: Found | None, number: str) -> Found:
    """What was found of a notice by its number; raises UsageMistake where that is nothing."""
    if found is None:
        raise UsageMistake(
            say("There is no notice numbered “{number}”.", number=number),
            say("`notices status BATCH` lists the notices of a batch."),
        )
    return found
