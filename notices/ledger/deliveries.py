"""What becomes of a notice after its release: rendered, spooled, sent, delivered, come back, or taken back."""

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

ASKED_BACK = "asked-back"  # an event's kind: a person was told to take a letter out of what lies spooled
CHANGING = ("state", "since", "on", "attempt", "message_id", "sha256", "server_code", "server_text")


# Put together once: an e-mail that leaves changes its state twice, and putting these together costs more than the disk.
OF_IDS = select(DeliveryRow).where(DeliveryRow.id.in_(bindparam("ids", expanding=True)))
CHANGE = (
    update(DeliveryRow)
    .where(DeliveryRow.id == bindparam("key"))
    .values({name: bindparam(f"its_{name}") for name in CHANGING})
)
WAITING_FOR_LETTER = (
    select(DeliveryRow.id)
    .where(DeliveryRow.notice_id.in_(bindparam("ids", expanding=True)), DeliveryRow.state.in_(RENDERABLE))
    .order_by(DeliveryRow.id)
)
STANDS = (
    update(NoticeRow)
    .where(NoticeRow.id == bindparam("key"))
    .values(shard_id=bindparam("shard"), first_page=bindparam("page"), pages=bindparam("count"))
)


@dataclass(frozen=True, slots=True)
class Link:
    """Which notice this one continues, and how far up the escalation it stands."""

    continues: int | None
    rank: int


class DeliveriesBook(Book):
    """Where each notice stands by each of its ways."""

    def notice(self, number: str) -> NoticeRecord | None:
        """The notice of that number, or None."""
        found = notices_of(self.connection, select(NoticeRow.id).where(NoticeRow.number == number))
        return found[0] if found else None

    def notices(self, notice_ids: Collection[int]) -> list[NoticeRecord]:
        """The notices of these ids, in the order of the ids."""
        return [
            notice
            for portion in portions(sorted(notice_ids))
            for notice in notices_of(self.connection, select(NoticeRow.id).where(NoticeRow.id.in_(portion)))
        ]

    def earlier_steps(self, notice_ids: Collection[int]) -> dict[int, NoticeRecord]:
        """For each of these notices the last one of a lower tier in its case, where there is one."""
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
        """Move deliveries on, each with its event; raises Refused, and moves none, where one may not go there."""
        now = self._deliveries([change.delivery_id for change in changes])
        if len(now) != len(changes):
            raise ValueError("each change is of one delivery on record, and of no other's")
        self._refuse_the_impossible(changes, now)
        self._write(changes, now, at=at)
        self._record((_happening(change, now[change.delivery_id]) for change in changes), by=by, at=at)
        settle(
            self.connection,
            {now[it.delivery_id].notice_id for it in changes if may_matter(now[it.delivery_id].state, it.state)},
        )

    def ask_back(self, delivery_ids: Collection[int], *, by: str, at: datetime) -> None:
        """Write down that somebody was told to take these out of what lies spooled, once for each spooling."""
        told = self.asked_back(delivery_ids)
        new = [key for key in delivery_ids if key not in told]
        self._record([Happening(ASKED_BACK, "delivery", key) for key in new], by=by, at=at)

    def asked_back(self, delivery_ids: Collection[int]) -> frozenset[int]:
        """Of these deliveries those that somebody was told to take out since they were spooled."""
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
        """Say where letters stand; their deliveries that waited for it become `rendered`."""
        if not letters:
            return
        self.connection.execute(
            STANDS,
            [{"key": it.notice_id, "shard": it.shard_id, "page": it.first_page, "count": it.pages} for it in letters],
        )
        events = [Happening("rendered", "notice", it.notice_id, {"shard": it.shard_id}) for it in letters]
        self._record(events, by=by, at=at)
        waiting = self.connection.execute(WAITING_FOR_LETTER, {"ids": [it.notice_id for it in letters]}).scalars()
        self.set_states([StateChange(delivery, State.RENDERED) for delivery in waiting], at=at, by=by)

    def add_shard(self, batch: str, *, file: str, sha256: str, pages: int, at: datetime) -> int:
        """Record a PDF of many letters; returns its id."""
        batch_id = select(Batch.id).where(Batch.name == batch).scalar_subquery()
        row = insert(Shard).values(batch_id=batch_id, file=file, sha256=sha256, pages=pages, made_at=at)
        return self.connection.execute(row.returning(Shard.id)).scalar_one()

    def shards(self, batch: str) -> list[ShardRecord]:
        """The shards of a batch that hold letters, the oldest first."""
        holding = select(NoticeRow.shard_id).where(NoticeRow.shard_id.is_not(None))
        wanted = select(Shard).join(Batch).where(Batch.name == batch, Shard.id.in_(holding)).order_by(Shard.id)
        return [shard_in(row) for row in self.connection.execute(wanted)]

    def events(self, what: str, what_id: int) -> list[EventRecord]:
        """All that happened to something, the oldest first."""
        wanted = select(Event).where(Event.what == what, Event.what_id == what_id).order_by(Event.id)
        return [EventRecord(**row._mapping) for row in self.connection.execute(wanted)]

    def _deliveries(self, delivery_ids: Sequence[int]) -> dict[int, DeliveryRecord]:
        found: dict[int, DeliveryRecord] = {}
        for portion in portions(delivery_ids):
            rows = self.connection.execute(OF_IDS, {"ids": portion})
            found.update((row.id, DeliveryRecord(**row._mapping)) for row in rows)
        return found

    def _refuse_the_impossible(self, changes: Sequence[StateChange], now: Mapping[int, DeliveryRecord]) -> None:
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
            say("{count} delivery(ies) cannot go on like this.", count=len(wrong)),
            say("Look at where they stand with `notices status`."),
            [_contradiction(numbers[now[it.delivery_id].notice_id], now[it.delivery_id], it.state) for it in wrong],
        )

    def _write(self, changes: Sequence[StateChange], now: Mapping[int, DeliveryRecord], *, at: datetime) -> None:
        if not changes:
            return
        self.connection.execute(CHANGE, [_values(change, now[change.delivery_id], at) for change in changes])


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


def _happening(change: StateChange, now: DeliveryRecord) -> Happening:
    told = {"from": now.state.value, "to": change.state.value, **change.data}
    return Happening(change.kind or change.state.value, "delivery", now.id, told)


def _contradiction(number: str, now: DeliveryRecord, state: State) -> Message:
    return say(
        "{number} by {channel} is {now}; it cannot become {state}.",
        number=number,
        channel=word(now.channel),
        now=word(now.state),
        state=word(state),
    )


def _lower_step(chain: Mapping[int, Link], notice_id: int) -> int | None:
    """Back from notice to notice; the same tier again, after one that came back, is no step."""
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
