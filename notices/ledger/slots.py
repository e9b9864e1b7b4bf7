"""Unique marks of notices: `slot`, one notice per tier and case; `pending`, one notice per owner on its way out."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, Connection, bindparam, select, update

from notices.ledger import schema
from notices.ledger.base import chunks
from notices.ledger.columns import in_json
from notices.ledger.spellings import spellings
from notices.model import CaseKey, State, notice_state
from notices.rules.states import OPEN, WENT_OUT

# Built once, as in `deliveries`.
_NOTICE_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_CASE_COLUMNS = (
    schema.notices.c.estate,
    schema.notices.c.unit,
    schema.notices.c.case_owners,
    schema.notices.c.case_no,
    schema.notices.c.tier,
)
NOTICES_WITH_CASE = select(schema.notices.c.id, *_CASE_COLUMNS, schema.notices.c.slot, schema.notices.c.pending).where(
    schema.notices.c.id.in_(_NOTICE_IDS), schema.notices.c.case_no.is_not(None)
)
DELIVERY_STATES = select(schema.deliveries.c.notice_id, schema.deliveries.c.state).where(
    schema.deliveries.c.notice_id.in_(_NOTICE_IDS)
)
SET_MARKS = (
    update(schema.notices)
    .where(schema.notices.c.id == bindparam("key"))
    .values(slot=bindparam("slot_held"), pending=bindparam("pending_held"))
)


@dataclass(frozen=True, slots=True)
class Slots:
    """The unique marks of a notice: `slot` while it counts, `pending` while it is on its way out."""

    slot: str | None
    pending: str | None

    def within(self, held: Slots) -> Slots:
        """Return those of these marks that are already in `held`."""
        return Slots(
            slot=self.slot if self.slot == held.slot else None,
            pending=self.pending if self.pending == held.pending else None,
        )


def slots_for(case: CaseKey, case_no: int, tier: str, states: Collection[State]) -> Slots:
    """Return the marks that a notice with deliveries in these states should have."""
    return Slots(
        slot=in_json([case.estate, case.unit, list(case.owners), case_no, tier]) if is_effective(states) else None,
        pending=in_json([case.estate, case.unit, list(case.owners)]) if is_pending(states) else None,
    )


def respelt(mark: str) -> str:
    """Return a mark as it is written today; an earlier version wrote names as they were typed."""
    estate, unit, owners, *rest = json.loads(mark)
    case = CaseKey(estate, unit, tuple(owners))
    return in_json([case.estate, case.unit, list(case.owners), *rest])


def is_effective(states: Collection[State]) -> bool:
    """Return whether a notice with these states is neither withdrawn nor undelivered."""
    return notice_state(states) not in {State.WITHDRAWN, State.UNDELIVERED}


def is_pending(states: Collection[State]) -> bool:
    """Return whether a notice with these states has not gone out by any channel but still may."""
    return bool(OPEN.intersection(states)) and not WENT_OUT.intersection(states)


def affects_slots(before: State, after: State) -> bool:
    """Return whether a delivery's change of state can change its notice's marks: not between two open states."""
    return not OPEN.issuperset({before, after})


def update_slots(connection: Connection, notice_ids: Collection[int]) -> None:
    """Update the marks of notices whose deliveries have changed.

    A notice that counts again (the carrier found the letter after all) regains its marks only if they are still
    free, so that the fact can be recorded whatever has been sent in the meantime.
    """
    changes = [
        (key, held, wanted) for key, held, wanted in _present_and_wanted(connection, notice_ids) if held != wanted
    ]
    write_slots(connection, [(key, wanted.within(held)) for key, held, wanted in changes])
    for key, held, wanted in changes:
        if wanted != wanted.within(held):
            write_slots(connection, [(key, _free_marks(connection, key, wanted))])


def write_slots(connection: Connection, holdings: Sequence[tuple[int, Slots]]) -> None:
    """Write the marks of notices; a mark that another notice has violates a unique constraint."""
    if holdings:
        connection.execute(
            SET_MARKS, [{"key": key, "slot_held": held.slot, "pending_held": held.pending} for key, held in holdings]
        )


def _free_marks(connection: Connection, key: int, wanted: Slots) -> Slots:
    """Return those of the wanted marks that no other notice has."""
    others = schema.notices.c.id != key
    slot_taken = connection.execute(
        select(schema.notices.c.id).where(others, schema.notices.c.slot == wanted.slot)
    ).first()
    owner_taken = connection.execute(
        select(schema.notices.c.id).where(others, schema.notices.c.pending == wanted.pending)
    ).first()
    return Slots(None if slot_taken else wanted.slot, None if owner_taken else wanted.pending)


def _present_and_wanted(connection: Connection, notice_ids: Collection[int]) -> Iterator[tuple[int, Slots, Slots]]:
    """Yield each numbered or imported notice with its present marks and those that it should have."""
    states, known = states_of(connection, notice_ids), spellings(connection)
    for portion in chunks(notice_ids):
        for row in connection.execute(NOTICES_WITH_CASE, {"ids": portion}):
            case = known.today(CaseKey(row.estate, row.unit, row.case_owners))
            yield row.id, Slots(row.slot, row.pending), slots_for(case, row.case_no, row.tier, states[row.id])


def states_of(connection: Connection, notice_ids: Collection[int]) -> dict[int, list[State]]:
    """Return the states of each notice's deliveries."""
    states = defaultdict[int, list[State]](list)
    for portion in chunks(notice_ids):
        for notice_id, state in connection.execute(DELIVERY_STATES, {"ids": portion}).all():
            states[notice_id].append(state)
    return states
