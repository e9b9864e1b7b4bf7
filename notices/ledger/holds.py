"""Holds: disputes, promises, instalment plans and wishes registered for an owner."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, true, update

from notices.errors import UsageMistake
from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, in_units_of
from notices.ledger.records import HoldRecord
from notices.ledger.sealing import note_if_changed
from notices.ledger.spellings import spellings
from notices.messages import say
from notices.model import CaseKey, Hold, HoldKind, Instalment


class HoldsBook(Book):
    """Ledger operations for holds."""

    def add(self, case: CaseKey, hold: Hold, *, by: str, at: datetime, revive: bool = False) -> int | None:
        """Register a hold; return its id, or None if an identical one is registered.

        A lifted hold stays lifted when its file is imported again, unless `revive` is set.
        """
        same = [record for record in self.all(case=case, include_lifted=not revive) if record.hold == hold]
        if same:
            return None
        row = insert(schema.holds).values(
            estate=case.estate,
            unit=case.unit,
            case_owners=case.owners,
            kind=hold.kind,
            registered=hold.registered,
            until=hold.until,
            amount=hold.amount,
            note=hold.note,
            by=by,
            entered_at=at,
        )
        hold_id: int = self.connection.execute(row.returning(schema.holds.c.id)).scalar_one()
        parts = [
            {"hold_id": hold_id, "position": position, "date": part.date, "amount": part.amount}
            for position, part in enumerate(hold.instalments)
        ]
        if parts:
            self.connection.execute(insert(schema.instalments), parts)
        self._record([NewEvent("hold-added", "hold", hold_id, {"kind": hold.kind.value})], by=by, at=at)
        return hold_id

    def all(
        self, *, estate: str | None = None, case: CaseKey | None = None, include_lifted: bool = False
    ) -> list[HoldRecord]:
        """Return the holds of an estate, of a case, or all, in the order of entry."""
        wanted: ColumnElement[bool] = true()
        if estate is not None:
            wanted &= schema.holds.c.estate == estate
        if case is not None:
            wanted &= in_units_of(schema.holds, [case], self.connection)
        if not include_lifted:
            wanted &= schema.holds.c.lifted_on.is_(None)
        named = case and spellings(self.connection).today(case)
        return [record for record in self.where(wanted) if named in {None, record.case}]

    def commitments(self, estate: str | None = None, *, in_force: bool = False) -> list[HoldRecord]:
        """Return the promises and instalment plans of an estate or all, lifted ones too unless `in_force`."""
        wanted: ColumnElement[bool] = schema.holds.c.kind.in_([HoldKind.PROMISE, HoldKind.INSTALMENTS])
        if estate is not None:
            wanted &= schema.holds.c.estate == estate
        if in_force:
            wanted &= schema.holds.c.lifted_on.is_(None)
        return self.where(wanted)

    def lift(self, hold_id: int, *, by: str, at: datetime) -> None:
        """Lift a hold; raises UsageMistake if it does not exist or is already lifted."""
        note_if_changed(self.connection, ("holds", str(hold_id)))
        statement = (
            update(schema.holds)
            .where(schema.holds.c.id == hold_id, schema.holds.c.lifted_on.is_(None))
            .values(lifted_on=at.astimezone(self.zone).date(), lifted_by=by)
        )
        if self.connection.execute(statement).rowcount == 0:
            raise UsageMistake(
                say("There is no hold {number} in force.", number=hold_id),
                say("`notices hold list` shows them with their numbers."),
            )
        self._record([NewEvent("hold-lifted", "hold", hold_id)], by=by, at=at)

    def where(self, wanted: ColumnElement[bool]) -> list[HoldRecord]:
        """Return the holds that a condition selects, in order of entry."""
        parts = defaultdict[int, list[Instalment]](list)
        plans = (
            select(schema.instalments.c.hold_id, schema.instalments.c.date, schema.instalments.c.amount)
            .join(schema.holds)
            .where(wanted)
        )
        for hold_id, day, amount in self.connection.execute(
            plans.order_by(schema.instalments.c.hold_id, schema.instalments.c.position)
        ):
            parts[hold_id].append(Instalment(day, amount))
        known = spellings(self.connection)
        rows = self.connection.execute(select(schema.holds).where(wanted).order_by(schema.holds.c.id))
        return [
            HoldRecord(
                id=row.id,
                case=known.today(CaseKey(row.estate, row.unit, row.case_owners)),
                hold=Hold(row.kind, row.registered, row.until, row.amount, tuple(parts[row.id]), row.note),
                entered_at=row.entered_at,
                by=row.by,
                lifted_on=row.lifted_on,
                lifted_by=row.lifted_by,
            )
            for row in rows
        ]
