"""Accounts that were renamed: the case that each spelling of an owner stands for today.

A rename rewrites nothing: the rows keep the spelling that was on the letters, and whoever reads them asks here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from notices.ledger import schema
from notices.model import CaseKey


@dataclass(frozen=True)
class Spellings:
    """The renamed cases, each with the one that it is today."""

    renamed: dict[CaseKey, CaseKey] = field(default_factory=dict)

    @classmethod
    def after(cls, renames: Iterable[tuple[CaseKey, CaseKey]]) -> Spellings:
        """Apply renames (old, new) in the order of their entry; the last one decides what an owner is called."""
        today: dict[CaseKey, CaseKey] = {}
        for old, new in renames:
            for earlier in [case for case, now in today.items() if now == old]:
                today[earlier] = new
            today[old] = new
            today.pop(new, None)
        return cls(today)

    def today(self, case: CaseKey) -> CaseKey:
        """Return the case under its name of today."""
        return self.renamed.get(case, case) if self.renamed else case


def spellings(connection: Connection) -> Spellings:
    """Return the renames in force, which are few; read anew, because another process may have added one."""
    columns = schema.renames.c
    undone = select(schema.rename_reversals.c.rename_id)
    rows = connection.execute(
        select(columns.estate, columns.unit, columns.old_owners, columns.new_owners)
        .where(columns.id.not_in(undone))
        .order_by(columns.id)
    )
    return Spellings.after((CaseKey(estate, unit, old), CaseKey(estate, unit, new)) for estate, unit, old, new in rows)
