"""Letters of several notices: which notices leave together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, chunks
from notices.ledger.deliveries import LETTER, DeliveriesBook
from notices.ledger.records import DeliveryRecord
from notices.model import State
from notices.rules.states import OPEN

JOINED = "joined"  # event kind: the delivery leaves in one letter with others


@dataclass(frozen=True, slots=True)
class LetterMate:
    """A notice in a letter of several: its delivery, number, account, and the number of the notice that leads it."""

    delivery_id: int
    notice_id: int
    decision_id: int
    number: str
    letter: int
    letter_number: str
    account: str
    unit: str


class LettersBook(Book):
    """Ledger operations for letters of several notices."""

    def join(self, letters: Sequence[Sequence[int]], *, by: str, at: datetime) -> None:
        """Have the released notices (ids) of each letter leave together, led by the first; each has the same channels.

        Raises ValueError if they have not.
        """
        ways = self._ways([key for letter in letters for key in letter])
        places: dict[int, int] = {}
        for lead, *others in letters:
            for other in others:
                if ways[other].keys() != ways[lead].keys():
                    raise ValueError("the notices of one letter leave by the same channels")
            for key in (lead, *others):
                places |= {delivery: ways[lead][channel] for channel, delivery in ways[key].items()}
        DeliveriesBook(self.connection).set_letters(places)
        events = [NewEvent(JOINED, "delivery", key, {LETTER: letter}) for key, letter in places.items()]
        self._record(events, by=by, at=at)

    def _ways(self, notice_ids: Collection[int]) -> dict[int, dict[str, int]]:
        ways: dict[int, dict[str, int]] = defaultdict(dict)
        columns = schema.deliveries.c
        for portion in chunks(notice_ids):
            rows = select(columns.notice_id, columns.channel, columns.id).where(columns.notice_id.in_(portion))
            for notice, channel, key in self.connection.execute(rows):
                ways[notice][channel] = key
        return ways

    def with_mates(self, notice_ids: Collection[int], states: Collection[State] = OPEN) -> frozenset[int]:
        """Return these notices and all others in their letters, as far as deliveries are in one of these states."""
        letters: set[int] = set()
        columns = schema.deliveries.c
        for portion in chunks(notice_ids):
            mine = select(columns.letter_id).where(
                columns.notice_id.in_(portion), columns.letter_id.is_not(None), columns.state.in_(states)
            )
            letters.update(key for key in self.connection.execute(mine).scalars() if key is not None)
        return frozenset({*notice_ids, *(it.notice_id for it in self._in(letters))})

    def of_deliveries(self, delivery_ids: Collection[int]) -> dict[int, list[DeliveryRecord]]:
        """Return the deliveries of each of these letters (ids of the leading deliveries), the leading one first.

        A delivery that leads no letter of several is left out.
        """
        found: dict[int, list[DeliveryRecord]] = defaultdict(list)
        for it in self._in(delivery_ids):
            found[it.letter_id or 0].append(it)
        return dict(found)

    def led_by(self, notice_ids: Collection[int], states: Collection[State]) -> dict[int, tuple[int, ...]]:
        """Return the other notices (ids) in the letters that each of these leads, where they have such a state."""
        found: dict[int, dict[int, None]] = defaultdict(dict)
        own, other = schema.deliveries.alias("own"), schema.deliveries.alias("other")
        for portion in chunks(notice_ids):
            rows = (
                select(own.c.notice_id, other.c.notice_id)
                .join(other, other.c.letter_id == own.c.id)
                .where(own.c.notice_id.in_(portion), own.c.state.in_(states), other.c.id != own.c.id)
                .order_by(other.c.id)
            )
            for lead, mate in self.connection.execute(rows):
                found[lead][mate] = None
        return {lead: tuple(its) for lead, its in found.items()}

    def mates_of(self, notice_ids: Collection[int]) -> dict[int, list[LetterMate]]:
        """Return for each of these notices all notices in its letters, itself included, the leading one first."""
        mine: dict[int, set[int]] = defaultdict(set)
        columns = schema.deliveries.c
        for portion in chunks(notice_ids):
            rows = select(columns.notice_id, columns.letter_id).where(
                columns.notice_id.in_(portion), columns.letter_id.is_not(None)
            )
            for notice, letter in self.connection.execute(rows):
                mine[notice].add(letter)
        letters: dict[int, list[LetterMate]] = defaultdict(list)
        for mate in self._mates({letter for its in mine.values() for letter in its}):
            letters[mate.letter].append(mate)
        return {
            notice: [mate for letter in sorted(its) for mate in letters[letter]] for notice, its in mine.items() if its
        }

    def units_of(self, delivery_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
        """Return the units of each of these letters for several (ids of the leading deliveries)."""
        units: dict[int, dict[str, None]] = defaultdict(dict)
        for mate in self._mates(delivery_ids):
            units[mate.letter][mate.unit] = None
        return {letter: tuple(its) for letter, its in units.items()}

    def all_mates(self) -> list[LetterMate]:
        """Return every notice that is in a letter of several, by letter, the leading one first."""
        return list(self._mates(None))

    def _mates(self, letters: Collection[int] | None) -> Iterator[LetterMate]:
        columns = schema.deliveries.c
        lead = schema.deliveries.alias("lead")
        leader = schema.notices.alias("leader")
        wanted = (
            select(
                columns.id,
                columns.notice_id,
                schema.notices.c.decision_id,
                schema.notices.c.number,
                columns.letter_id,
                leader.c.number.label("letter_number"),
                schema.accounts.c.key,
                schema.accounts.c.shown_unit,
            )
            .select_from(schema.deliveries)
            .join(schema.notices, schema.notices.c.id == columns.notice_id)
            .join(schema.decisions, schema.decisions.c.id == schema.notices.c.decision_id)
            .join(schema.accounts, schema.accounts.c.id == schema.decisions.c.account_id)
            .join(lead, lead.c.id == columns.letter_id)
            .join(leader, leader.c.id == lead.c.notice_id)
            .order_by(columns.letter_id, columns.id)
        )
        portions = [None] if letters is None else chunks(letters)
        for portion in portions:
            for row in self.connection.execute(
                wanted if portion is None else wanted.where(columns.letter_id.in_(portion))
            ):
                yield LetterMate(
                    row.id,
                    row.notice_id,
                    row.decision_id,
                    row.number or "",
                    row.letter_id,
                    row.letter_number or "",
                    row.key,
                    row.shown_unit,
                )

    def _in(self, letters: Collection[int]) -> list[DeliveryRecord]:
        return DeliveriesBook(self.connection).in_letters(letters)
