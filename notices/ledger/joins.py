"""Joins: units that a person said to be one owner's, or to be owned by people who only have the same name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent
from notices.ledger.records import JoinRecord
from notices.ledger.spellings import spellings
from notices.model import CaseKey


class JoinsBook(Book):
    """Ledger operations for joined accounts."""

    def add(self, one: CaseKey, other: CaseKey, *, together: bool, by: str, at: datetime) -> int:
        """Record that two accounts of one estate and name are one owner's, or not `together`; return the join's id."""
        row = insert(schema.joins).values(
            estate=one.estate,
            unit=one.unit,
            other_unit=other.unit,
            case_owners=one.owners,
            together=together,
            by=by,
            entered_at=at,
        )
        join_id: int = self.connection.execute(row.returning(schema.joins.c.id)).scalar_one()
        kind = "accounts-joined" if together else "accounts-kept-apart"
        self._record([NewEvent(kind, "join", join_id)], by=by, at=at)
        return join_id

    def all(self) -> list[JoinRecord]:
        """Return what was said of all accounts, in the order of entry, under their names of today."""
        known = spellings(self.connection)
        return [
            JoinRecord(
                id=row.id,
                one=known.today(CaseKey(row.estate, row.unit, row.case_owners)),
                other=known.today(CaseKey(row.estate, row.other_unit, row.case_owners)),
                together=row.together,
                by=row.by,
                entered_at=row.entered_at.astimezone(self.zone),
            )
            for row in self.connection.execute(select(schema.joins).order_by(schema.joins.c.id))
        ]

    def of_case(self, case: CaseKey) -> list[JoinRecord]:
        """Return what was said of an account, in the order of entry."""
        named = spellings(self.connection).today(case)
        return [it for it in self.all() if named in {it.one, it.other}]
