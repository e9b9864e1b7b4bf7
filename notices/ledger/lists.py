"""The latest planned list of each estate, for comparison with the next one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, true

from notices.ledger import schema
from notices.ledger.base import Book, in_units_of
from notices.ledger.batches import CORRECTED
from notices.ledger.discards import counts
from notices.ledger.history_rows import charges_of
from notices.ledger.spellings import spellings
from notices.model import Account, CaseKey, Charge


@dataclass(frozen=True, slots=True)
class LastList:
    """The accounts of an estate planned for its latest list date: each case with its charges.

    `left_out` are the accounts (estate/unit/owner) rejected for bad rows, `planned_event` is the event that first
    planned it.
    """

    date: date
    planned_event: int
    charges: Mapping[CaseKey, Sequence[Charge]]
    left_out: frozenset[str]


class ListsBook(Book):
    """Ledger operations for the planned lists."""

    def latest(self, estates: Iterable[str], until: date) -> Iterator[tuple[str, LastList]]:
        """Yield each estate's latest list dated up to `until`; all plans for the same list date count as one list."""
        for estate in estates:
            if last := self._last_list(estate, until):
                yield estate, last

    def latest_of(self, cases: Collection[CaseKey]) -> Iterator[tuple[str, LastList]]:
        """Yield the latest list of these accounts' estates, with no other accounts than those of their units."""
        for estate in sorted({case.estate for case in cases}):
            if last := self._last_list(estate, date.max, [case for case in cases if case.estate == estate]):
                yield estate, last

    def accounts_of(self, estate: str) -> set[CaseKey]:
        """Return every account that a list or imported history of this estate has shown."""
        known = spellings(self.connection)
        return {
            known.today(CaseKey(estate, unit, owners))
            for table in (schema.accounts, schema.notices)
            for unit, owners in self.connection.execute(
                select(table.c.unit, table.c.case_owners).where(table.c.estate == estate).distinct()
            )
        }

    def _last_list(self, estate: str, until: date, cases: Collection[CaseKey] | None = None) -> LastList | None:
        planned = schema.accounts.c.batch_id == schema.batches.c.id
        latest = select(func.max(schema.batches.c.list_date)).where(
            planned, schema.accounts.c.estate == estate, schema.batches.c.list_date <= until, counts()
        )
        day = self.connection.execute(latest).scalar_one()
        if day is None:
            return None
        corrected = (  # their rows are another account's
            select(schema.decisions.c.account_id)
            .join(schema.events, schema.events.c.what_id == schema.decisions.c.id)
            .where(schema.events.c.what == "decision", schema.events.c.kind == CORRECTED)
        )
        rows = self.connection.execute(
            select(
                schema.accounts.c.id,
                schema.accounts.c.unit,
                schema.accounts.c.case_owners,
                schema.lists.c.planned_event,
            )
            .select_from(schema.accounts)
            .join(schema.batches, planned)
            .join(schema.lists, schema.accounts.c.list_id == schema.lists.c.id)
            .where(schema.accounts.c.estate == estate, schema.batches.c.list_date == day, counts())
            .where(schema.accounts.c.id.not_in(corrected))
            .where(true() if cases is None else in_units_of(schema.accounts, cases, self.connection))
            .order_by(schema.batches.c.id)
        ).all()
        known = spellings(self.connection)
        ids = {known.today(CaseKey(estate, unit, owners)): key for key, unit, owners, _ in rows}
        if not rows:
            return None
        planned_event = min(row.planned_event for row in rows)
        charges = charges_of(self.connection, list(ids.values()))
        lists = self.connection.execute(
            select(schema.lists.c.rejected).join(schema.batches).where(schema.batches.c.list_date == day, counts())
        ).scalars()
        left_out = (str(each["account"]) for rejected in lists for each in rejected if each["account"])
        shown = {case: charges.get(key, ()) for case, key in ids.items()}
        return LastList(day, planned_event, shown, frozenset(left_out))

    def contacts(self, batch: str) -> Iterator[Account]:
        """Yield the accounts of a batch's lists with nothing but their owners, telephones and postal addresses."""
        columns = schema.accounts.c
        wanted = (
            select(columns.estate, columns.unit, columns.case_owners, columns.telephone, columns.address)
            .join(schema.batches, schema.batches.c.id == columns.batch_id)
            .where(schema.batches.c.name == batch)
        )
        for row in self.connection.execute(wanted):
            yield Account(row.estate, row.unit, row.case_owners, (), telephone=row.telephone, address=row.address)

    def units_of(self, estate: str, owners: tuple[str, ...]) -> list[tuple[str, str, str]]:
        """Return unit, postal address and telephone of every unit that these owners ever had in an estate's lists."""
        wanted = select(schema.accounts).where(
            schema.accounts.c.estate == estate, schema.accounts.c.case_owners == owners
        )
        rows = self.connection.execute(wanted.order_by(schema.accounts.c.id))
        homes = {it.shown_unit: (it.written_unit or it.shown_unit, it.address, it.telephone) for it in rows}
        return list(homes.values())
