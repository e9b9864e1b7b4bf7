"""Notices and the shards their letters are in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import bindparam, func, insert, select, update

from notices.errors import UsageMistake
from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, chunks, in_units_of
from notices.ledger.deliveries import DeliveriesBook
from notices.ledger.inputs import RenderedLetter, StateChange
from notices.ledger.numbers import ids_of_numbers
from notices.ledger.reading import notices_of, shard_in
from notices.ledger.records import NoticeRecord, ShardRecord
from notices.ledger.spellings import spellings
from notices.messages import say
from notices.model import CaseKey, State
from notices.rules.states import RENDERABLE

WAITING_FOR_LETTER = (
    select(schema.deliveries.c.id)
    .where(
        schema.deliveries.c.notice_id.in_(bindparam("ids", expanding=True)), schema.deliveries.c.state.in_(RENDERABLE)
    )
    .order_by(schema.deliveries.c.id)
)

SET_LETTER_POSITION = (
    update(schema.notices)
    .where(schema.notices.c.id == bindparam("key"))
    .values(shard_id=bindparam("shard"), first_page=bindparam("page"), pages=bindparam("count"))
)


Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Link:
    """A notice's predecessor in its case, and the rank of its tier."""

    continues: int | None
    rank: int


class NoticesBook(Book):
    """Ledger operations for notices."""

    def find(self, number: str) -> NoticeRecord | None:
        """Return the notice of that number, in brackets and figures of either width, or None."""
        found = ids_of_numbers(self.connection, [number])
        return self.with_ids(found.values())[0] if found else None

    def with_ids(self, notice_ids: Collection[int]) -> list[NoticeRecord]:
        """Return the notices of these ids, in id order."""
        return [
            notice
            for portion in chunks(sorted(notice_ids))
            for notice in notices_of(
                self.connection, select(schema.notices.c.id).where(schema.notices.c.id.in_(portion))
            )
        ]

    def of_case(self, case: CaseKey) -> list[NoticeRecord]:
        """Return all notices to this owner, planned and imported ones too, in the order of entry."""
        named = spellings(self.connection).today(case)
        chosen = select(schema.notices.c.id).where(in_units_of(schema.notices, [case], self.connection))
        return [notice for notice in notices_of(self.connection, chosen) if notice.case == named]

    def earlier_steps(self, notice_ids: Collection[int]) -> dict[int, NoticeRecord]:
        """Return for each notice the last one of a lower tier in its case; notices without one are left out."""
        chain: dict[int, Link] = {}
        ahead = set(notice_ids)
        while ahead:
            found = self._links(ahead)
            chain |= found
            ahead = {link.continues for link in found.values() if link.continues is not None} - chain.keys()
        steps = {notice_id: _lower_step(chain, notice_id) for notice_id in notice_ids}
        records = {record.id: record for record in self.with_ids({step for step in steps.values() if step})}
        return {notice_id: records[step] for notice_id, step in steps.items() if step}

    def _links(self, notice_ids: Collection[int]) -> dict[int, Link]:
        links: dict[int, Link] = {}
        for portion in chunks(notice_ids):
            chosen = select(schema.notices.c.id, schema.notices.c.continues_id, schema.notices.c.tier_rank)
            for key, continues, rank in self.connection.execute(chosen.where(schema.notices.c.id.in_(portion))):
                links[key] = Link(continues, rank or 0)
        return links

    def set_rendered(self, letters: Sequence[RenderedLetter], *, at: datetime, by: str) -> None:
        """Record the position of letters in their shards; deliveries waiting for their letter become `rendered`."""
        if not letters:
            return
        self.connection.execute(
            SET_LETTER_POSITION,
            [{"key": it.notice_id, "shard": it.shard_id, "page": it.first_page, "count": it.pages} for it in letters],
        )
        events = [NewEvent("rendered", "notice", it.notice_id, {"shard": it.shard_id}) for it in letters]
        self._record(events, by=by, at=at)
        waiting = self.connection.execute(WAITING_FOR_LETTER, {"ids": [it.notice_id for it in letters]}).scalars()
        DeliveriesBook(self.connection).set_states(
            [StateChange(delivery, State.RENDERED) for delivery in waiting], at=at, by=by
        )

    def on_shared_pages(self, batch: str) -> dict[tuple[int, int], frozenset[int]]:
        """Return the notices (ids) of a batch whose letter is one of several notices, by shard and first page."""
        columns = schema.notices.c
        wanted = (
            select(columns.shard_id, columns.first_page, columns.id)
            .join(schema.shards, schema.shards.c.id == columns.shard_id)
            .join(schema.batches, schema.batches.c.id == schema.shards.c.batch_id)
            .where(schema.batches.c.name == batch)
        )
        places: dict[tuple[int, int], set[int]] = defaultdict(set)
        for shard, page, key in self.connection.execute(wanted):
            places[shard, page].add(key)
        return {place: frozenset(ids) for place, ids in places.items() if len(ids) > 1}

    def usual_pages(self) -> dict[str, int]:
        """Return by tier how many pages most letters for a single unit have that were made so far."""
        columns = schema.notices.c
        shared = select(schema.deliveries.c.notice_id).where(schema.deliveries.c.letter_id.is_not(None))
        wanted = (
            select(columns.tier, columns.pages)
            .where(columns.pages.is_not(None), columns.id.not_in(shared))
            .group_by(columns.tier, columns.pages)
            .order_by(columns.tier, func.count(), columns.pages)  # the last of each tier stays
        )
        return {row.tier: row.pages for row in self.connection.execute(wanted)}

    def add_shard(self, batch: str, *, file: str, sha256: str, pages: int, at: datetime) -> int:
        """Record a shard (a PDF of many letters); return its id."""
        batch_id = select(schema.batches.c.id).where(schema.batches.c.name == batch).scalar_subquery()
        row = insert(schema.shards).values(batch_id=batch_id, file=file, sha256=sha256, pages=pages, made_at=at)
        identity: int = self.connection.execute(row.returning(schema.shards.c.id)).scalar_one()
        return identity

    def shards(self, batch: str) -> list[ShardRecord]:
        """Return the shards of a batch that contain letters, oldest first."""
        holding = select(schema.notices.c.shard_id).where(schema.notices.c.shard_id.is_not(None))
        wanted = (
            select(schema.shards)
            .join(schema.batches)
            .where(schema.batches.c.name == batch, schema.shards.c.id.in_(holding))
            .order_by(schema.shards.c.id)
        )
        return [shard_in(row) for row in self.connection.execute(wanted)]


def _lower_step(chain: Mapping[int, Link], notice_id: int) -> int | None:
    """Walk back to the last notice of a lower tier; the same tier sent again after an undelivered one is skipped."""
    step = chain[notice_id].continues
    while step is not None and chain[step].rank >= chain[notice_id].rank:
        step = chain[step].continues
    return step


def required(found: Found | None, number: str) -> Found:
    """Return the notice found by its number; raises UsageMistake if it is None."""
    if found is None:
        raise UsageMistake(
            say("There is no notice numbered “{number}”.", number=number),
            say("`notices status BATCH` lists the notices of a batch."),
        )
    return found
