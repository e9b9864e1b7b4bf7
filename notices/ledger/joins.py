"""Joins: units that a person said to be one owner's, or to be owned by people who only have the same name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent
from notices.ledger.records import JoinRecord
from notices.ledger.spellings import spellings
from notices.model import CaseKey
from notices.spelling import comparable_unit


@dataclass(frozen=True, slots=True)
class _UndoneRename:
    """A rename that was in force between two events."""

    estate: str
    unit: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    first: int
    last: int


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
        """Return what was said of all accounts, in the order of entry, under their names of today.

        What was said under a name that a rename, taken back since, had given to two owners may be about either of them:
        so none of their accounts is joined by it, and those of both are kept apart.
        """
        known, undone = spellings(self.connection), self._undone()
        said = select(func.min(schema.events.c.id)).where(
            schema.events.c.what == "join", schema.events.c.what_id == schema.joins.c.id
        )
        found: list[JoinRecord] = []
        for row in self.connection.execute(
            select(schema.joins, said.scalar_subquery().label("said")).order_by(schema.joins.c.id)
        ):
            units = {comparable_unit(row.unit), comparable_unit(row.other_unit)}
            then = [it for it in undone if it.first < row.said < it.last]
            mine = [it for it in then if it.estate == row.estate and it.unit in units]
            names = _names_under(CaseKey(row.estate, row.unit, row.case_owners).owners, mine)
            found += [
                JoinRecord(
                    id=row.id,
                    one=known.today(CaseKey(row.estate, row.unit, owners)),
                    other=known.today(CaseKey(row.estate, row.other_unit, owners)),
                    together=row.together,
                    by=row.by,
                    entered_at=row.entered_at.astimezone(self.zone),
                )
                for owners in (() if row.together and len(names) > 1 else names)
            ]
        return found

    def _undone(self) -> list[_UndoneRename]:
        """Return the renames that were taken back, each with the events between which it was in force."""
        times: dict[int, list[int]] = defaultdict(list)
        of_renames = select(schema.events.c.what_id, schema.events.c.id).where(schema.events.c.what == "rename")
        for key, event in self.connection.execute(of_renames.order_by(schema.events.c.id)):
            times[key].append(event)
        undone = select(schema.renames).join(
            schema.rename_reversals, schema.rename_reversals.c.rename_id == schema.renames.c.id
        )
        return [
            _UndoneRename(
                row.estate,
                comparable_unit(row.unit),
                CaseKey(row.estate, row.unit, row.old_owners).owners,
                CaseKey(row.estate, row.unit, row.new_owners).owners,
                times[row.id][0],
                times[row.id][-1],
            )
            for row in self.connection.execute(undone)
        ]

    def of_case(self, case: CaseKey) -> list[JoinRecord]:
        """Return what was said of an account, in the order of entry."""
        named = spellings(self.connection).today(case)
        return [it for it in self.all() if named in {it.one, it.other}]


def _names_under(owners: tuple[str, ...], renames: Sequence[_UndoneRename]) -> list[tuple[str, ...]]:
    """Return a name, and those that these renames had given it to."""
    names = [owners]
    for name in names:
        names += [it.old for it in renames if it.new == name and it.old not in names]
    return names
