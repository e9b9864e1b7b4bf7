"""Imported history: notices that were sent before this program was used."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import insert, select, update

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, Values, chunks, in_units_of, insert_all
from notices.ledger.history_corrections import Identity, NoticeIndex, correction, merge_rows, notice_key
from notices.ledger.inputs import ImportedNotice, Outcome
from notices.ledger.numbers import ids_of_numbers, move_on
from notices.ledger.reading import notices_of
from notices.ledger.records import REFUSED, DeliveryRecord, NoticeRecord
from notices.ledger.renumber import renumber
from notices.ledger.spellings import spellings
from notices.model import PastDelivery
from notices.rules.states import NO_REPORT_YET

WRITTEN = frozenset({"new", "changed"})


class ImportsBook(Book):
    """Ledger operations for imported notices."""

    def add(self, notices: Sequence[ImportedNotice], *, by: str, at: datetime) -> list[Outcome]:
        """Record notices sent before this program was used; return an outcome for each, in the given order.

        A notice already on record with the same facts is left alone; new or different facts update it, with an event.
        """
        known_as = spellings(self.connection)
        notices = [replace(notice, case=known_as.today(notice.case)) for notice in notices]
        once = merge_rows(notices)
        register = self._register(once.values())
        outcomes: dict[Identity, Outcome] = {}
        new: list[ImportedNotice] = []
        for key, notice in once.items():
            known = register.find(notice)
            if known is None:
                new.append(notice)
                outcomes[key] = "new"
            else:
                outcomes[key] = self._compare(known, notice, by=by, at=at)
        self._add(new, by=by, at=at)
        renumber(self.connection, {once[key].case for key, outcome in outcomes.items() if outcome in WRITTEN})
        return _outcomes_in_order(notices, once, outcomes)

    def move_numbers_on(self, used: Mapping[str, int]) -> list[str]:
        """Let each series of numbers go on after the imported ones; return the next number of each that has moved."""
        return move_on(self.connection, used)

    def _register(self, notices: Collection[ImportedNotice]) -> NoticeIndex:
        register = NoticeIndex()
        numbers = [notice.number for notice in notices if notice.number]
        wanted = [
            select(schema.notices.c.id).where(schema.notices.c.id.in_(portion))
            for portion in chunks(ids_of_numbers(self.connection, numbers).values())
        ]
        if notices:
            cases = {notice.case for notice in notices}
            wanted.append(
                select(schema.notices.c.id).where(
                    in_units_of(schema.notices, cases, self.connection), schema.notices.c.imported
                )
            )
        known = {notice.id: notice for ids in wanted for notice in notices_of(self.connection, ids)}
        for notice in known.values():
            register.add(notice)
        return register

    def _compare(self, known: NoticeRecord, notice: ImportedNotice, *, by: str, at: datetime) -> Outcome:
        if known.case != notice.case:
            return "taken"
        if not known.imported:
            return "own"
        told = correction(known, notice)
        if not told:
            return "same"
        if told.fields:
            fields = {**told.fields, "tier_rank": notice.tier_rank}
            self.connection.execute(update(schema.notices).where(schema.notices.c.id == known.id).values(fields))
            self._record([NewEvent("corrected", "notice", known.id, {"fields": sorted(told.fields)})], by=by, at=at)
        for delivery, now in told.changed:
            self._change(delivery, now, by=by, at=at)
        if told.added:
            self.connection.execute(insert(schema.deliveries), [_delivery(known.id, it, at) for it in told.added])
            self._record([NewEvent("corrected", "notice", known.id, {"ways": len(told.added)})], by=by, at=at)
        return "changed"

    def _change(self, known: DeliveryRecord, now: PastDelivery, *, by: str, at: datetime) -> None:
        state = known.state if now.state in NO_REPORT_YET else now.state
        row = update(schema.deliveries).where(schema.deliveries.c.id == known.id)
        self.connection.execute(
            row.values(
                state=state,
                since=known.since if state is known.state else at,
                on=now.on or (known.on if state is known.state else None),
                cause=REFUSED if now.refused else (known.cause if state is known.state else None),
                recipient=known.recipient if now.to is None else now.to,
            )
        )
        change = {"from": known.state.value, "to": state.value}
        self._record([NewEvent("corrected", "delivery", known.id, change)], by=by, at=at)

    def _add(self, notices: Sequence[ImportedNotice], *, by: str, at: datetime) -> None:
        ids = insert_all(self.connection, schema.notices, [_notice(notice, at) for notice in notices])
        deliveries = [
            _delivery(notice_id, delivery, at)
            for notice_id, notice in zip(ids, notices, strict=True)
            for delivery in notice.deliveries
        ]
        if deliveries:
            self.connection.execute(insert(schema.deliveries), deliveries)
        self._record((NewEvent("imported", "notice", notice_id) for notice_id in ids), by=by, at=at)


def _outcomes_in_order(
    notices: Sequence[ImportedNotice],
    once: Mapping[Identity, ImportedNotice],
    outcomes: Mapping[Identity, Outcome],
) -> list[Outcome]:
    """Return an outcome for each row as given; repeated rows of a notice written by the first one are "same"."""
    told: set[Identity] = set()
    in_order: list[Outcome] = []
    for notice in notices:
        key = notice_key(notice)
        if once[key].case != notice.case:
            in_order.append("taken")
        else:
            in_order.append("same" if key in told and outcomes[key] in WRITTEN else outcomes[key])
            told.add(key)
    return in_order


def _notice(notice: ImportedNotice, at: datetime) -> Values:
    return {
        "imported": True,
        "number": notice.number,
        "estate": notice.case.estate,
        "unit": notice.case.unit,
        "owner": notice.owner,
        "case_owners": notice.case.owners,
        "tier": notice.tier,
        "tier_rank": notice.tier_rank,
        "date": notice.date,
        "deadline": notice.deadline,
        "entered_at": at,
    }


def _delivery(notice_id: int, delivery: PastDelivery, at: datetime) -> Values:
    return {
        "notice_id": notice_id,
        "channel": delivery.channel,
        "recipient": delivery.to,
        "state": delivery.state,
        "since": at,
        "on": delivery.on,
        "cause": REFUSED if delivery.refused else None,
        "attempt": 0,
    }
