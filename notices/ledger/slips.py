"""Reason slips that came back: each recorded once, the last one of a notice the one that counts."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, select

from notices.ledger.base import Book, Happening, portions
from notices.ledger.columns import in_json
from notices.ledger.reading import decisions_of
from notices.ledger.records import DecisionRecord, SlipRecord, SlipSource
from notices.ledger.schema import AccountRow, Batch, DecisionRow, NoticeRow, SlipRow
from notices.model import Slip


class SlipsBook(Book):
    """What owners answered, and the answers they got."""

    def add_slip(self, notice_id: int, slip: Slip, source: SlipSource, *, by: str, at: datetime) -> int | None:
        """Record a slip; returns its id, or None where the very same is recorded already.

        What comes in a file is the same however often it comes; what a person types corrects what counts now.
        """
        known = [record for record in self.slips([notice_id]) if _content(record.slip) == _content(slip)]
        typed = source == "typed"
        if known and (not typed or known[-1].id == self._last(notice_id)):
            return None
        turn = self._count(notice_id) if typed else 0
        fingerprint = hashlib.sha256(in_json([turn, *_content(slip)]).encode()).hexdigest()
        row = insert(SlipRow).values(
            notice_id=notice_id, fingerprint=fingerprint, source=source, by=by, entered_at=at, **asdict(slip)
        )
        slip_id = self.connection.execute(row.returning(SlipRow.id)).scalar_one()
        self._record([Happening("slip-received", "notice", notice_id, {"slip": slip_id})], by=by, at=at)
        return slip_id

    def slips(self, notice_ids: Collection[int]) -> list[SlipRecord]:
        """The slips of these notices, in the order in which they were entered."""
        return [
            record for portion in portions(sorted(notice_ids)) for record in self._where(SlipRow.notice_id.in_(portion))
        ]

    def slips_of_batch(self, batch: str) -> list[SlipRecord]:
        """The slips that came back for a batch, in the order in which they were entered."""
        chosen = (
            select(NoticeRow.id)
            .join(DecisionRow, NoticeRow.decision_id == DecisionRow.id)
            .join(AccountRow, DecisionRow.account_id == AccountRow.id)
            .join(Batch, AccountRow.batch_id == Batch.id)
            .where(Batch.name == batch)
        )
        return self._where(SlipRow.notice_id.in_(chosen))

    def decision_of(self, number: str) -> DecisionRecord | None:
        """The account and decision of the notice of that number; None for one unknown or of the time before."""
        accounts = (
            select(DecisionRow.account_id)
            .join(NoticeRow, NoticeRow.decision_id == DecisionRow.id)
            .where(NoticeRow.number == number)
        )
        found = decisions_of(self.connection, accounts)
        return found[0] if found else None

    def record_answer(self, notice_id: int, facts: Mapping[str, object], *, by: str, at: datetime) -> None:
        """Write down that an answer sheet was made."""
        self._record([Happening("answer-made", "notice", notice_id, facts)], by=by, at=at)

    def _last(self, notice_id: int) -> int | None:
        return self.connection.execute(select(func.max(SlipRow.id)).where(SlipRow.notice_id == notice_id)).scalar()

    def _count(self, notice_id: int) -> int:
        return self.connection.execute(select(func.count()).where(SlipRow.notice_id == notice_id)).scalar_one()

    def _where(self, wanted: ColumnElement[bool]) -> list[SlipRecord]:
        rows = self.connection.execute(
            select(SlipRow, NoticeRow.number).join(NoticeRow).where(wanted).order_by(SlipRow.id)
        )
        return [
            SlipRecord(
                id=row.id,
                notice_id=row.notice_id,
                number=row.number or "",
                slip=Slip(row.objections, row.received, row.note, row.promise, row.instalments, row.telephone),
                source=row.source,
                by=row.by,
                entered_at=row.entered_at,
            )
            for row in rows
        ]


def _content(slip: Slip) -> list[object]:
    """What a slip says, without the day on which it came."""
    promised = slip.promise.isoformat() if slip.promise else None
    return [sorted(slip.objections), slip.note, promised, slip.instalments, slip.telephone]
