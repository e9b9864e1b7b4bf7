"""Renames of accounts: another spelling of the same owner, whose history goes on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, cast, func, insert, select

from notices.errors import Refused
from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, in_units_of
from notices.ledger.discards import counts
from notices.ledger.notices import NoticesBook
from notices.ledger.records import RenameRecord, SinceRename
from notices.ledger.renumber import renumber
from notices.ledger.sealing import note_if_changed
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

    def take_back(self, rename: RenameRecord, *, by: str, at: datetime) -> None:
        """Take a rename back, at most once: each of the two has its own notices, holds, payments and claims again."""
        note_if_changed(self.connection, ("renames", str(rename.id)))
        row = insert(schema.rename_reversals).values(rename_id=rename.id, by=by, entered_at=at)
        self.connection.execute(row)
        self._record([NewEvent("account-rename-undone", "rename", rename.id)], by=by, at=at)
        apart = [rename.old, rename.new]
        renumber(self.connection, apart)
        update_slots(self.connection, [key for case in apart for key in self._numbered(case)])

    def since(self, rename: RenameRecord) -> list[SinceRename]:
        """Return what was recorded under the new name after a rename: whose it is, only the rename tells."""
        renamed = self._first_event("rename", rename.id)
        found = [
            SinceRename(kind, str(name))
            for kind, table, shown in (
                ("hold", schema.holds, schema.holds.c.id),
                ("payment", schema.payments, schema.payments.c.id),
                ("claim", schema.claims, schema.claims.c.claimed_from),
                ("work-order", schema.work_orders, schema.work_orders.c.id),
                ("reply", schema.replies, schema.replies.c.number),
            )
            for key, name in self._rows_of(table, rename.new, shown)
            if name is not None and self._first_event(kind, key) > renamed
        ]
        batches = [SinceRename("batch", name) for name in self._batches_since(rename.new, renamed)]
        return [*batches, *self._imported_since(rename.new, renamed), *found]

    def _rows_of(self, table: Table, case: CaseKey, shown: ColumnElement[Any]) -> list[tuple[int, Any]]:
        """Return the id and another column of the rows that have exactly this name."""
        rows = self.connection.execute(
            select(table.c.id, table.c.estate, table.c.unit, table.c.case_owners, shown)
            .where(in_units_of(table, [case], self.connection))
            .order_by(table.c.id)
        )
        return [(key, name) for key, estate, unit, owners, name in rows if CaseKey(estate, unit, owners) == case]

    def _imported_since(self, case: CaseKey, event: int) -> list[SinceRename]:
        """Return the notices of imported history that were entered after an event."""
        shown = func.coalesce(schema.notices.c.number, func.coalesce(cast(schema.notices.c.date, Text), ""))
        own = self._rows_of(schema.notices, case, shown)
        imported = select(schema.notices.c.id).where(
            schema.notices.c.imported, schema.notices.c.id.in_([key for key, _ in own])
        )
        entered = set(self.connection.execute(imported).scalars())
        return [
            SinceRename("notice", name)
            for key, name in own
            if key in entered and self._first_event("notice", key) > event
        ]

    def _batches_since(self, case: CaseKey, event: int) -> list[str]:
        """Return the batches that have the account in a list planned after an event, by their names."""
        rows = self.connection.execute(
            select(
                schema.accounts.c.estate,
                schema.accounts.c.unit,
                schema.accounts.c.case_owners,
                schema.batches.c.name,
            )
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .join(schema.lists, schema.accounts.c.list_id == schema.lists.c.id)
            .where(in_units_of(schema.accounts, [case], self.connection), schema.lists.c.planned_event > event)
            .where(counts())
            .order_by(schema.batches.c.id)
        )
        return [name for estate, unit, owners, name in rows if CaseKey(estate, unit, owners) == case]

    def _first_event(self, what: str, what_id: int) -> int:
        first = select(func.min(schema.events.c.id)).where(
            schema.events.c.what == what, schema.events.c.what_id == what_id
        )
        return self.connection.execute(first).scalar() or 0

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
        """Return the renames of this owner's account, in the order of entry, with those that were undone."""
        known = spellings(self.connection)
        undone = schema.rename_reversals.c
        wanted = (
            select(schema.renames, undone.by.label("undone_by"), undone.entered_at.label("undone_at"))
            .outerjoin(schema.rename_reversals, undone.rename_id == schema.renames.c.id)
            .where(in_units_of(schema.renames, [case], self.connection))
        )
        found = [
            RenameRecord(
                id=row.id,
                old=CaseKey(row.estate, row.unit, row.old_owners),
                new=CaseKey(row.estate, row.unit, row.new_owners),
                by=row.by,
                entered_at=row.entered_at.astimezone(self.zone),
                undone_by=row.undone_by,
                undone_at=row.undone_at.astimezone(self.zone) if row.undone_at else None,
            )
            for row in self.connection.execute(wanted.order_by(schema.renames.c.id))
        ]
        own = known.today(case)
        return [record for record in found if own in {known.today(record.old), known.today(record.new)}]

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
