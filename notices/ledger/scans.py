"""Scanned slips: each page of a file once; those with doubtful marks wait until a person has judged them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import ColumnElement, insert, select, update

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent
from notices.ledger.inputs import NewScan
from notices.ledger.records import DoubtfulMark, ScanRecord

RECEIVED, SETTLED = "scan-received", "scan-settled"  # kinds of events
KEPT = "files"  # key in the first: the pictures with their SHA-256


class ScansBook(Book):
    """Ledger operations for scanned slips."""

    def of_page(self, sha256: str, page: int) -> ScanRecord | None:
        """Return the scanned slip recorded from a page of a file, or None."""
        found = self._where((schema.scans.c.sha256 == sha256) & (schema.scans.c.page == page))
        return found[0] if found else None

    def of_notice(self, notice_id: int) -> list[ScanRecord]:
        """Return the scanned slips of a notice, in the order of entry."""
        return self._where(schema.scans.c.notice_id == notice_id)

    def waiting(self, notice_id: int | None = None) -> list[ScanRecord]:
        """Return the scanned slips that wait for a person, of one notice or of all, in the order of entry."""
        waits = schema.scans.c.slip_id.is_(None)
        return self._where(waits if notice_id is None else waits & (schema.scans.c.notice_id == notice_id))

    def with_id(self, scan_id: int) -> ScanRecord | None:
        """Return a scanned slip, or None."""
        found = self._where(schema.scans.c.id == scan_id)
        return found[0] if found else None

    def add(
        self,
        scan: NewScan,
        received: date,
        *,
        slip_id: int | None,
        by: str,
        at: datetime,
        files: Mapping[str, str] | None = None,
    ) -> int:
        """Record a scanned slip, with the slip recorded from it unless it waits; return its id.

        `files` is the SHA-256 of each picture that is kept of it, by its path in the workspace.
        """
        values = asdict(scan) | {"doubtful": [asdict(mark) for mark in scan.doubtful]}
        row = insert(schema.scans).values(**values, slip_id=slip_id, received=received, by=by, entered_at=at)
        scan_id: int = self.connection.execute(row.returning(schema.scans.c.id)).scalar_one()
        told = {"scan": scan_id, "doubtful": [mark.objection for mark in scan.doubtful], KEPT: dict(files or {})}
        self._record([NewEvent(RECEIVED, "notice", scan.notice_id, told)], by=by, at=at)
        return scan_id

    def kept_files(self, notice_ids: Collection[int] | None = None) -> dict[str, str]:
        """Return the SHA-256 of the pictures of scanned slips, of these notices or of all, by their paths.

        Earlier versions recorded none.
        """
        wanted = select(schema.events.c.data).where(schema.events.c.what == "notice", schema.events.c.kind == RECEIVED)
        if notice_ids is not None:
            wanted = wanted.where(schema.events.c.what_id.in_(notice_ids))
        found: dict[str, str] = {}
        for data in self.connection.execute(wanted).scalars():
            found |= data.get(KEPT, {})
        return found

    def settle(self, scans: Sequence[ScanRecord], slip_id: int, *, by: str, at: datetime) -> None:
        """Record that a person has judged these scanned slips, and the slip that holds instead."""
        for scan in scans:
            self.connection.execute(update(schema.scans).where(schema.scans.c.id == scan.id).values(slip_id=slip_id))
        told = [NewEvent(SETTLED, "notice", it.notice_id, {"scan": it.id, "slip": slip_id}) for it in scans]
        self._record(told, by=by, at=at)

    def _where(self, wanted: ColumnElement[bool]) -> list[ScanRecord]:
        rows = self.connection.execute(
            select(schema.scans, schema.notices.c.number)
            .select_from(schema.scans)
            .join(schema.notices)
            .where(wanted)
            .order_by(schema.scans.c.id)
        )
        return [
            ScanRecord(
                id=row.id,
                notice_id=row.notice_id,
                number=row.number or "",
                slip_id=row.slip_id,
                sha256=row.sha256,
                page=row.page,
                received=row.received,
                objections=row.objections,
                doubtful=tuple(DoubtfulMark(**mark) for mark in row.doubtful),
                signed=row.signed,
                picture=row.picture,
                written=row.written,
                by=row.by,
                entered_at=row.entered_at,
            )
            for row in rows
        ]
