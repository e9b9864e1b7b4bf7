"""Claims: from which day on the charges of a unit are its new owner's, as a person said."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import insert, select

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, in_units_of
from notices.ledger.records import ClaimRecord
from notices.ledger.spellings import spellings
from notices.model import CaseKey


class ClaimsBook(Book):
    """Ledger operations for claims."""

    def add(self, case: CaseKey, claimed_from: date, *, by: str, at: datetime) -> int:
        """Record a claim, which replaces an earlier one of the same owner; return its id."""
        row = insert(schema.claims).values(
            estate=case.estate,
            unit=case.unit,
            case_owners=case.owners,
            claimed_from=claimed_from,
            by=by,
            entered_at=at,
        )
        claim_id: int = self.connection.execute(row.returning(schema.claims.c.id)).scalar_one()
        self._record([NewEvent("account-claimed", "claim", claim_id)], by=by, at=at)
        return claim_id

    def of_cases(self, cases: Collection[CaseKey]) -> list[ClaimRecord]:
        """Return the claims of these owners in the order of entry; of several the last one counts."""
        known = spellings(self.connection)
        wanted = {known.today(case) for case in cases}
        rows = self.connection.execute(
            select(schema.claims).where(in_units_of(schema.claims, cases, self.connection)).order_by(schema.claims.c.id)
        )
        found = [
            ClaimRecord(
                id=row.id,
                case=known.today(CaseKey(row.estate, row.unit, row.case_owners)),
                claimed_from=row.claimed_from,
                by=row.by,
                entered_at=row.entered_at.astimezone(self.zone),
            )
            for row in rows
        ]
        return [record for record in found if record.case in wanted]
