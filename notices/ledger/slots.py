"""Which notice holds its tier's place in the case, and which owner has a notice on its way out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, Connection, bindparam, select, update

from notices.ledger.base import portions
from notices.ledger.columns import in_json
from notices.ledger.schema import DeliveryRow, NoticeRow
from notices.model import OPEN, WENT_OUT, CaseKey, State, notice_state

# Put together once, as in `deliveries`.
_THESE: BindParameter[int] = bindparam("ids", expanding=True)
_OF_CASE = (NoticeRow.estate, NoticeRow.unit, NoticeRow.case_owners, NoticeRow.case_no, NoticeRow.tier)
NUMBERED = select(NoticeRow.id, *_OF_CASE, NoticeRow.slot, NoticeRow.pending).where(
    NoticeRow.id.in_(_THESE), NoticeRow.case_no.is_not(None)
)
STATES = select(DeliveryRow.notice_id, DeliveryRow.state).where(DeliveryRow.notice_id.in_(_THESE))
HOLD = (
    update(NoticeRow)
    .where(NoticeRow.id == bindparam("key"))
    .values(slot=bindparam("slot_held"), pending=bindparam("pending_held"))
)


@dataclass(frozen=True, slots=True)
class Places:
    """What a notice holds: its tier's slot while it counts, its owner while it is on its way out."""

    slot: str | None
    pending: str | None

    def within(self, held: Places) -> Places:
        """Of these places those that are held already."""
        return Places(
            slot=self.slot if self.slot == held.slot else None,
            pending=self.pending if self.pending == held.pending else None,
        )


def places(case: CaseKey, case_no: int, tier: str, states: Collection[State]) -> Places:
    """What a notice with deliveries in these states should hold."""
    return Places(
        slot=in_json([case.estate, case.unit, list(case.owners), case_no, tier]) if counts(states) else None,
        pending=in_json([case.estate, case.unit, list(case.owners)]) if on_its_way(states) else None,
    )


def counts(states: Collection[State]) -> bool:
    """Whether it is neither withdrawn nor undelivered."""
    return notice_state(states) not in {State.WITHDRAWN, State.UNDELIVERED}


def on_its_way(states: Collection[State]) -> bool:
    """Whether it has gone by no way yet and may still go by one."""
    return bool(OPEN.intersection(states)) and not WENT_OUT.intersection(states)


def may_matter(before: State, after: State) -> bool:
    """Whether a delivery's change can change what its notice holds: not while it is on its way before and after."""
    return not OPEN.issuperset({before, after})


def settle(connection: Connection, notice_ids: Collection[int]) -> None:
    """After their deliveries changed: let each notice hold what it should.

    One that comes back to life (the carrier found it after all) takes its place again only where that is free:
    a fact can be recorded whatever has been sent in the meantime.
    """
    changes = [(key, held, wanted) for key, held, wanted in _standing(connection, notice_ids) if held != wanted]
    hold(connection, [(key, wanted.within(held)) for key, held, wanted in changes])
    for key, held, wanted in changes:
        if wanted != wanted.within(held):
            hold(connection, [(key, _free_of(connection, key, wanted))])


def hold(connection: Connection, holdings: Sequence[tuple[int, Places]]) -> None:
    """Write what each notice holds; what another holds already breaks a rule of the schema."""
    if holdings:
        connection.execute(
            HOLD, [{"key": key, "slot_held": held.slot, "pending_held": held.pending} for key, held in holdings]
        )


def _free_of(connection: Connection, key: int, wanted: Places) -> Places:
    """Of the places wanted those that no other notice holds."""
    others = NoticeRow.id != key
    slot_taken = connection.execute(select(NoticeRow.id).where(others, NoticeRow.slot == wanted.slot)).first()
    owner_taken = connection.execute(select(NoticeRow.id).where(others, NoticeRow.pending == wanted.pending)).first()
    return Places(None if slot_taken else wanted.slot, None if owner_taken else wanted.pending)


def _standing(connection: Connection, notice_ids: Collection[int]) -> Iterator[tuple[int, Places, Places]]:
    """Each numbered or imported notice with what it holds and what it should hold."""
    states = states_of(connection, notice_ids)
    for portion in portions(notice_ids):
        for row in connection.execute(NUMBERED, {"ids": portion}):
            case = CaseKey(row.estate, row.unit, row.case_owners)
            yield row.id, Places(row.slot, row.pending), places(case, row.case_no, row.tier, states[row.id])


def states_of(connection: Connection, notice_ids: Collection[int]) -> dict[int, list[State]]:
    """The states of each notice's deliveries."""
    states = defaultdict[int, list[State]](list)
    for portion in portions(notice_ids):
        for notice_id, state in connection.execute(STATES, {"ids": portion}).all():
            states[notice_id].append(state)
    return states
