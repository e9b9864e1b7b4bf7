"""Returned reason slips: each recorded once; the last one of a notice counts."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, select

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, chunks
from notices.ledger.columns import in_json
from notices.ledger.numbers import ids_of_numbers
from notices.ledger.reading import decisions_of
from notices.ledger.records import DecisionRecord, SlipRecord, SlipSource
from notices.model import Slip

RECEIVED = "slip-received"  # kind of events
KEPT = "files"  # key in it: the files that are kept of the slip, with their SHA-256


class SlipsBook(Book):
    """Ledger operations for reason slips and the answers to them."""

    def add(
        self,
        notice_id: int,
        slip: Slip,
        source: SlipSource,
        *,
        by: str,
        at: datetime,
        files: Mapping[str, str] | None = None,
    ) -> int | None:
        """Record a slip; return its id, or None if an identical one is recorded.

        A slip from a file is recorded once, however often it is imported; a typed slip is also recorded if it repeats
        an earlier one that has been superseded, because it corrects the one that counts now. `files` is the SHA-256 of
        each file that is kept of it, by its path in the workspace.
        """
        known = [record for record in self.of_notices([notice_id]) if _content(record.slip) == _content(slip)]
        typed = source in {"typed", "taken-back"}
        if known and (not typed or known[-1].id == self._last(notice_id)):
            return None
        turn = self._count(notice_id) if typed else 0
        fingerprint = hashlib.sha256(in_json([turn, *_content(slip)]).encode()).hexdigest()
        row = insert(schema.slips).values(
            notice_id=notice_id, fingerprint=fingerprint, source=source, by=by, entered_at=at, **asdict(slip)
        )
        slip_id: int = self.connection.execute(row.returning(schema.slips.c.id)).scalar_one()
        told = {"slip": slip_id, **({KEPT: dict(files)} if files else {})}
        self._record([NewEvent(RECEIVED, "notice", notice_id, told)], by=by, at=at)
        return slip_id

    def last(self, notice_id: int) -> SlipRecord | None:
        """Return the slip of a notice that counts: its last one, unless that was taken back."""
        known = self.of_notices([notice_id])
        return known[-1] if known and not known[-1].takes_back else None

    def kept_files(self) -> dict[str, str]:
        """Return the SHA-256 of the files kept of slips by their paths; earlier versions recorded none."""
        wanted = select(schema.events.c.data).where(schema.events.c.what == "notice", schema.events.c.kind == RECEIVED)
        found: dict[str, str] = {}
        for data in self.connection.execute(wanted).scalars():
            found |= data.get(KEPT, {})
        return found

    def same(self, notice_id: int, slip: Slip) -> int | None:
        """Return the id of the notice's last slip of the same content, or None."""
        known = [it.id for it in self.of_notices([notice_id]) if _content(it.slip) == _content(slip)]
        return known[-1] if known else None

    def of_notices(self, notice_ids: Collection[int]) -> list[SlipRecord]:
        """Return the slips of these notices, in the order of entry."""
        return [
            record
            for portion in chunks(sorted(notice_ids))
            for record in self._where(schema.slips.c.notice_id.in_(portion))
        ]

    def of_batch(self, batch: str) -> list[SlipRecord]:
        """Return the slips returned for a batch, in the order of entry."""
        chosen = (
            select(schema.notices.c.id)
            .select_from(schema.notices)
            .join(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
            .join(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .where(schema.batches.c.name == batch)
        )
        return self._where(schema.slips.c.notice_id.in_(chosen))

    def decision_of(self, number: str) -> DecisionRecord | None:
        """Return the decision, with its account, of the notice of that number; None if it is unknown or imported."""
        accounts = (
            select(schema.decisions.c.account_id)
            .join(schema.notices, schema.notices.c.decision_id == schema.decisions.c.id)
            .where(schema.notices.c.id.in_(ids_of_numbers(self.connection, [number]).values()))
        )
        found = decisions_of(self.connection, accounts)
        return found[0] if found else None

    def record_answer(self, notice_id: int, facts: Mapping[str, object], *, by: str, at: datetime) -> None:
        """Record that an answer sheet was made."""
        self._record([NewEvent("answer-made", "notice", notice_id, facts)], by=by, at=at)

    def _last(self, notice_id: int) -> int | None:
        return self.connection.execute(
            select(func.max(schema.slips.c.id)).where(schema.slips.c.notice_id == notice_id)
        ).scalar()

    def _count(self, notice_id: int) -> int:
        return self.connection.execute(select(func.count()).where(schema.slips.c.notice_id == notice_id)).scalar_one()

    def _where(self, wanted: ColumnElement[bool]) -> list[SlipRecord]:
        rows = self.connection.execute(
            select(schema.slips, schema.notices.c.number)
            .select_from(schema.slips)
            .join(schema.notices)
            .where(wanted)
            .order_by(schema.slips.c.id)
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
    """Return the content of a slip without the day it was received."""
    promised = slip.promise.isoformat() if slip.promise else None
    return [sorted(slip.objections), slip.note, promised, slip.instalments, slip.telephone]
