"""Approvals: planned notices get their number, date and position in the case."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from notices.errors import Refused
from notices.ledger import schema
from notices.ledger.base import FEW_UNITS, Book, NewEvent, chunks, in_units_of
from notices.ledger.batches import FROZEN_FILES, BatchesBook
from notices.ledger.inputs import Release
from notices.ledger.notices import NoticesBook
from notices.ledger.numbers import numbers_for
from notices.ledger.reading import notices_of
from notices.ledger.records import NoticeRecord
from notices.ledger.seals import SEAL, new_seal
from notices.ledger.slots import Slots, respelt, slots_for, write_slots
from notices.ledger.spellings import spellings
from notices.messages import say
from notices.model import CaseKey, State
from notices.words import word

NO_FILES: Mapping[str, str] = MappingProxyType({})


class ApprovalsBook(Book):
    """Ledger operations for approving batches."""

    def approve(
        self,
        batch: str,
        releases: Sequence[Release],
        *,
        letter_date: date,
        frozen: str,
        files: Mapping[str, str] = NO_FILES,
        by: str,
        at: datetime,
    ) -> dict[int, str]:
        """Approve planned notices; return their numbers by notice id, without gaps in each series.

        `frozen` is the folder that keeps the templates and settings of the letters, `files` the SHA-256 of each file in
        it. The events seal what is approved: these files, and all data of each notice that decide its letter.
        Raises Refused if a notice is no longer planned, if its case already has a notice of its tier, or if another
        notice to its owner is on its way out.
        """
        numbers = numbers_for(self.connection, releases)
        told = {FROZEN_FILES: dict(files)}
        approval = self._write_approval(batch, told, letter_date=letter_date, frozen=frozen, by=by, at=at)
        its = {"approval_id": approval, "date": letter_date, "entered_at": at}
        standing: list[Row[Any]] = []
        for start in range(0, len(releases), FEW_UNITS):  # in slices: a large batch need not fit in memory
            portion = releases[start : start + FEW_UNITS]
            notices = self._planned_notices(batch, portion)
            case_numbers = self._case_numbers(portion, notices)
            holdings = [
                (notice.id, slots_for(notice.case, case_numbers[notice.id], notice.tier, [State.APPROVED]))
                for notice in notices.values()
            ]
            standing += self._conflicts({notice.case for notice in notices.values()}, holdings)
            if not standing:
                self._write_notices(portion, numbers, case_numbers, its)
                write_slots(self.connection, holdings)
                self._mark_approved(notices, numbers, by=by, at=at)
        if standing:
            raise _in_conflict(standing)
        return numbers

    def _write_notices(
        self,
        releases: Sequence[Release],
        numbers: Mapping[int, str],
        case_numbers: Mapping[int, int],
        its: Mapping[str, Any],
    ) -> None:
        self.connection.execute(
            update(schema.notices)
            .where(schema.notices.c.id == bindparam("key"))
            .values(
                number=bindparam("its_number"),
                case_no=bindparam("its_case"),
                tier_rank=bindparam("its_rank"),
                continues_id=bindparam("continued"),
                deadline=bindparam("its_deadline"),
                **its,
            ),
            [
                {
                    "key": release.notice_id,
                    "its_number": numbers[release.notice_id],
                    "its_case": case_numbers[release.notice_id],
                    "its_rank": release.tier_rank,
                    "continued": release.continues,
                    "its_deadline": release.deadline,
                }
                for release in releases
            ],
        )

    def _planned_notices(self, batch: str, releases: Sequence[Release]) -> dict[int, NoticeRecord]:
        found: dict[int, NoticeRecord] = {}
        for portion in chunks([release.notice_id for release in releases]):
            wanted = select(schema.notices.c.id).where(schema.notices.c.id.in_(portion))
            found.update((notice.id, notice) for notice in notices_of(self.connection, wanted))
        stale = [notice for notice in found.values() if notice.batch != batch or notice.state is not State.PLANNED]
        if stale or len(found) != len(releases):
            raise Refused(
                say("Some of the notices to approve are no longer planned in batch {batch}.", batch=batch),
                say("Check with `notices show {batch}`, then approve again.", batch=batch),
                [
                    say("{unit} {owner}: {state}", unit=it.case.unit, owner=it.owner, state=word(it.state))
                    for it in stale
                ],
            )
        return found

    def _case_numbers(self, releases: Sequence[Release], notices: Mapping[int, NoticeRecord]) -> dict[int, int]:
        """Return the case number of each notice: that of the notice it continues, or the owner's highest plus one."""
        newest = self._newest_cases([notice.case for notice in notices.values()])
        continued: dict[int, int] = {}
        for portion in chunks([it.continues for it in releases if it.continues is not None]):
            known = select(schema.notices.c.id, schema.notices.c.case_no).where(schema.notices.c.id.in_(portion))
            continued |= {key: case_no for key, case_no in self.connection.execute(known) if case_no is not None}
        return {
            it.notice_id: newest.get(notices[it.notice_id].case, 0) + 1
            if it.continues is None
            else continued[it.continues]
            for it in releases
        }

    def _newest_cases(self, cases: Sequence[CaseKey]) -> dict[CaseKey, int]:
        if not cases:
            return {}
        key = (schema.notices.c.estate, schema.notices.c.unit, schema.notices.c.case_owners)
        numbered = in_units_of(schema.notices, cases, self.connection) & schema.notices.c.case_no.is_not(None)
        rows = self.connection.execute(select(*key, func.max(schema.notices.c.case_no)).where(numbered).group_by(*key))
        newest: dict[CaseKey, int] = {}
        known = spellings(self.connection)
        for estate, unit, owners, number in rows:  # an owner's rows can differ in spelling
            case = known.today(CaseKey(estate, unit, owners))
            newest[case] = max(newest.get(case, 0), number or 0)
        return newest

    def _conflicts(self, cases: Collection[CaseKey], holdings: Sequence[tuple[int, Slots]]) -> list[Row[Any]]:
        """Return the notices in conflict; the schema's constraints would not say which they are."""
        wanted = {mark for _, held in holdings for mark in (held.slot, held.pending)}
        return [row for row in self._marked(cases) if not wanted.isdisjoint(_marks(row))]

    def _marked(self, cases: Collection[CaseKey]) -> Sequence[Row[Any]]:
        """Return the notices of these cases' units that hold a mark."""
        # As one value: PostgreSQL takes columns that were empty when it counted for a short way to few rows.
        holding = func.coalesce(schema.notices.c.slot, schema.notices.c.pending).is_not(None)
        return self.connection.execute(
            select(schema.notices).where(in_units_of(schema.notices, cases, self.connection), holding)
        ).all()

    def _write_approval(
        self, batch: str, told: Mapping[str, object], *, letter_date: date, frozen: str, by: str, at: datetime
    ) -> int:
        record = BatchesBook(self.connection).get(batch)
        row = insert(schema.approvals).values(
            batch_id=record.id, number=len(record.approvals) + 1, letter_date=letter_date, frozen=frozen, by=by, at=at
        )
        approval: int = self.connection.execute(row.returning(schema.approvals.c.id)).scalar_one()
        self._record([NewEvent("approved", "batch", record.id, {"approval": approval, **told})], by=by, at=at)
        return approval

    def _mark_approved(
        self, notices: Mapping[int, NoticeRecord], numbers: Mapping[int, str], *, by: str, at: datetime
    ) -> None:
        for portion in chunks(notices):
            released = schema.deliveries.c.notice_id.in_(portion)
            planned = released & (schema.deliveries.c.state == State.PLANNED)
            self.connection.execute(update(schema.deliveries).where(planned).values(state=State.APPROVED, since=at))
            decided = select(schema.notices.c.decision_id).where(schema.notices.c.id.in_(portion))
            self.connection.execute(
                update(schema.decisions).where(schema.decisions.c.id.in_(decided)).values(excluded=None)
            )
        change = {"from": State.PLANNED.value, "to": State.APPROVED.value}
        for portion in chunks(notices):
            self._record(self._sealed(portion, numbers), by=by, at=at)
        happenings = [
            NewEvent("approved", "delivery", delivery.id, change)
            for notice in notices.values()
            for delivery in notice.deliveries
            if delivery.state is State.PLANNED
        ]
        self._record(happenings, by=by, at=at)

    def _sealed(self, notice_ids: Sequence[int], numbers: Mapping[int, str]) -> list[NewEvent]:
        """Return the events that approve these notices, with a seal over each as the ledger has it now."""
        earlier = NoticesBook(self.connection).earlier_steps(notice_ids)
        return [
            NewEvent("approved", "notice", key, {"number": numbers[key], SEAL: new_seal(entry, earlier.get(key))})
            for entry in BatchesBook(self.connection).decisions_of_notices(notice_ids)
            if entry.notice is not None and (key := entry.notice.id)
        ]


def _in_conflict(standing: Sequence[Row[Any]]) -> Refused:
    return Refused(
        say("Approval conflicts with {count} notice(s) of the same tier or still on the way.", count=len(standing)),
        say("Nothing was approved. Approve again: these accounts will be decided anew."),
        [
            say("{unit} {owner}: {tier} {number}", unit=it.unit, owner=it.owner, tier=it.tier, number=it.number or "")
            for it in standing
        ],
    )


def _marks(row: Row[Any]) -> set[str | None]:
    """Return a notice's marks, in the spelling of today."""
    return {respelt(mark) for mark in (row.slot, row.pending) if mark is not None}
