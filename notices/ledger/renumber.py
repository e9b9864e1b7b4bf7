"""Renumbering of cases after notices were imported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection, bindparam, or_, select, update

from notices.ledger import schema
from notices.ledger.base import Values, in_units_of
from notices.ledger.slots import is_effective, slots_for, states_of
from notices.ledger.spellings import spellings
from notices.model import CaseKey
from notices.rules.case_numbers import Step, generations

Dated = tuple[date, int, int]


def renumber(connection: Connection, cases: Collection[CaseKey]) -> None:
    """Recompute the case number and slot of every notice of these cases' owners, in date order."""
    if not cases:
        return
    rows = connection.execute(
        select(schema.notices).where(
            in_units_of(schema.notices, cases, connection),
            or_(schema.notices.c.imported, schema.notices.c.number.is_not(None)),
        )
    ).all()
    known = spellings(connection)
    named = {row.id: known.today(CaseKey(row.estate, row.unit, row.case_owners)) for row in rows}
    rows = [row for row in rows if named[row.id] in cases]
    states = states_of(connection, [row.id for row in rows])
    steps = defaultdict[CaseKey, list[tuple[Dated, Step]]](list)
    for row in rows:
        step = Step(row.id, row.tier, row.tier_rank, is_effective(states[row.id]), row.imported, row.continues_id)
        steps[named[row.id]].append(((row.date, row.tier_rank, row.id), step))
    numbers: dict[int, int] = {}
    for dated in steps.values():
        numbers.update(generations(step for _, step in sorted(dated, key=lambda pair: pair[0])))
    changes: list[Values] = []
    for row in rows:
        slot = slots_for(named[row.id], numbers[row.id], row.tier, states[row.id]).slot
        if (row.case_no, row.slot) != (numbers[row.id], slot):
            changes.append({"key": row.id, "its_case": numbers[row.id], "its_slot": slot})
    _write(connection, changes)


def _write(connection: Connection, changes: list[Values]) -> None:
    """Write the changes, clearing all slots first because two notices may swap theirs."""
    if not changes:
        return
    row = update(schema.notices).where(schema.notices.c.id == bindparam("key"))
    connection.execute(row.values(slot=None), [{"key": change["key"]} for change in changes])
    connection.execute(row.values(case_no=bindparam("its_case"), slot=bindparam("its_slot")), changes)
