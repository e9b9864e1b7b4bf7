"""Renames of accounts: another spelling of the same owner, whose history goes on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select

from notices.errors import Refused
from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, in_units_of
from notices.ledger.notices import NoticesBook
from notices.ledger.records import RenameRecord
from notices.ledger.renumber import renumber
from notices.ledger.slots import is_pending, update_slots
from notices.ledger.spellings import spellings
from notices.messages import say
from notices.model import CaseKey


class RenamesBook(Book):
    """Ledger operations for renamed accounts."""

    def add(self, old: CaseKey, new: CaseKey, *, by: str, at: datetime) -> int:
        """Record that two spellings are one owner, called `new`; return the rename's id.

        The notices of both get the case numbers and marks of one owner. Raises Refused if both have one on its way out.
        """
        self._refuse_two_on_their_way(old, new)
        row = insert(schema.renames).values(
            estate=old.estate,
            unit=old.unit,
            old_owners=old.owners,
            new_owners=new.owners,
            by=by,
            entered_at=at,
        )
        rename_id: int = self.connection.execute(row.returning(schema.renames.c.id)).scalar_one()
        self._record([NewEvent("account-renamed", "rename", rename_id)], by=by, at=at)
        renumber(self.connection, [new])
        update_slots(self.connection, self._numbered(new))
        return rename_id

    def _refuse_two_on_their_way(self, old: CaseKey, new: CaseKey) -> None:
        going = [
            notice
            for case in (old, new)
            for notice in NoticesBook(self.connection).of_case(case)
            if notice.number and is_pending([delivery.state for delivery in notice.deliveries])
        ]
        if {notice.case for notice in going} >= {old, new}:
            raise Refused(
                say(
                    "Both accounts have a letter on its way: {notices}.",
                    notices=", ".join(str(it.number) for it in going),
                ),
                say("Wait until one of them has left, or withdraw it, then rename the account."),
            )

    def today(self, case: CaseKey) -> CaseKey:
        """Return the case under its name of today."""
        return spellings(self.connection).today(case)

    def today_of(self, cases: Iterable[CaseKey]) -> dict[CaseKey, CaseKey]:
        """Return those of these cases that were renamed, each with its name of today."""
        known = spellings(self.connection)
        return {case: known.today(case) for case in cases if known.today(case) != case}

    def of_case(self, case: CaseKey) -> list[RenameRecord]:
        """Return the renames that made this owner's account what it is, in the order of entry."""
        known = spellings(self.connection)
        wanted = select(schema.renames).where(in_units_of(schema.renames, [case], self.connection))
        found = [
            RenameRecord(
                id=row.id,
                old=CaseKey(row.estate, row.unit, row.old_owners),
                new=CaseKey(row.estate, row.unit, row.new_owners),
                by=row.by,
                entered_at=row.entered_at.astimezone(self.zone),
            )
            for row in self.connection.execute(wanted.order_by(schema.renames.c.id))
        ]
        return [record for record in found if known.today(record.new) == known.today(case)]

    def _numbered(self, case: CaseKey) -> list[int]:
        """Return the ids of the owner's notices that have a case number."""
        known = spellings(self.connection)
        columns = (schema.notices.c.id, schema.notices.c.estate, schema.notices.c.unit, schema.notices.c.case_owners)
        rows = self.connection.execute(
            select(*columns).where(
                in_units_of(schema.notices, [case], self.connection), schema.notices.c.case_no.is_not(None)
            )
        )
        return [key for key, *named in rows if known.today(CaseKey(*named)) == case]
