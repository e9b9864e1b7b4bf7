"""Batches: each plan with its list, its accounts as listed, and the decision on each account."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from sys import intern

from sqlalchemy import ColumnElement, insert, select, true, update

from notices.errors import Refused, UsageMistake
from notices.ledger import schema
from notices.ledger.account_rows import AccountWriter
from notices.ledger.base import FEW_UNITS, Book, NewEvent, chunks, in_units_of
from notices.ledger.chain import recorded
from notices.ledger.discards import DISCARDED, counts
from notices.ledger.inputs import NewBatch
from notices.ledger.reading import answered_notices, decisions_of
from notices.ledger.records import (
    ApprovalRecord,
    BatchRecord,
    DecisionRecord,
    DiscardRecord,
    ListFile,
    NoticeSummary,
    state_in_batch,
)
from notices.ledger.spellings import spellings
from notices.messages import say
from notices.model import CaseKey, State, notice_state

FROZEN_FILES = "frozen"  # in the event of an approval
CORRECTED = "corrected-away"  # kind of the event on a decision whose account was replaced


class BatchesBook(Book):
    """Ledger operations for batches and their decisions."""

    def create(self, batch: NewBatch, *, at: datetime) -> AccountWriter:
        """Record a plan; return the writer of its accounts. Raises Refused if a batch of that name exists."""
        row = insert(schema.batches).values(
            name=batch.name,
            as_of=batch.as_of,
            list_date=batch.list_date,
            planned_by=batch.planned_by,
            planned_at=at,
            again=batch.again,
        )
        batch_id = self.connection.execute(row.returning(schema.batches.c.id)).scalar_one()
        self._record([NewEvent("planned", "batch", batch_id)], by=batch.planned_by, at=at)
        return AccountWriter(self.connection, batch_id, replace(batch.list, planned_by=batch.planned_by), at)

    def add_list(self, batch: str, source: ListFile, *, by: str, at: datetime) -> AccountWriter:
        """Add another list to a batch; return the writer of its accounts. Raises Refused if the batch is approved.

        The writer raises Refused if the batch already has one of the accounts.
        """
        record = self.in_use(batch)
        if record.approvals:
            raise Refused(
                say("Batch {batch} is already approved, so no accounts can be added.", batch=batch),
                say("Plan these accounts as a separate batch."),
            )
        self._record([NewEvent("accounts-added", "batch", record.id)], by=by, at=at)
        return AccountWriter(self.connection, record.id, replace(source, planned_by=by), at)

    def find(self, name: str) -> BatchRecord | None:
        """Return the batch of that name, or None."""
        found = self._batches_where(schema.batches.c.name == name)
        return found[0] if found else None

    def with_id(self, key: int) -> BatchRecord | None:
        """Return the batch of that id, or None."""
        found = self._batches_where(schema.batches.c.id == key)
        return found[0] if found else None

    def get(self, name: str) -> BatchRecord:
        """Return the batch of that name; raises UsageMistake if there is none."""
        found = self.find(name)
        if found is None:
            raise UsageMistake(
                say("There is no batch {batch}.", batch=name), say("`notices status` lists the batches.")
            )
        return found

    def in_use(self, name: str) -> BatchRecord:
        """Return the batch of that name; raises UsageMistake if there is none, Refused if it was discarded."""
        found = self.get(name)
        if found.discarded is not None:
            raise Refused(
                say(
                    "Batch {batch} was discarded by {name} on {day}.",
                    batch=name,
                    name=found.discarded.by,
                    day=found.discarded.at.date().isoformat(),
                ),
                say("Plan its list again: that makes a new batch."),
            )
        return found

    def discard(self, name: str, *, why: str, by: str, at: datetime) -> None:
        """Record that a batch is discarded: its lists count no longer."""
        self._record([NewEvent(DISCARDED, "batch", self.in_use(name).id, {"why": why})], by=by, at=at)

    def all(self) -> list[BatchRecord]:
        """Return all batches, oldest first."""
        return self._batches_where(true())

    def planned_from(self, sha256: str, as_of: date) -> list[str]:
        """Return the batches planned from the same file (by SHA-256) for the same day, and not discarded."""
        wanted = (
            select(schema.batches.c.name)
            .join(schema.lists)
            .where(schema.lists.c.sha256 == sha256, schema.batches.c.as_of == as_of, counts())
        )
        return list(self.connection.execute(wanted.distinct().order_by(schema.batches.c.name)).scalars())

    def decisions(self, batch: str, account: str | None = None) -> list[DecisionRecord]:
        """Return a batch's decisions in list order; only those of `account` (estate/unit/owner) if given."""
        wanted = select(schema.accounts.c.id).join(schema.batches).where(schema.batches.c.name == batch)
        if account is not None:
            wanted = wanted.where(schema.accounts.c.key == account)
        return decisions_of(self.connection, wanted)

    def decisions_of_case(self, case: CaseKey) -> list[DecisionRecord]:
        """Return the decisions on this owner in all batches, discarded ones too, in the order of planning."""
        known = spellings(self.connection)
        named = known.today(case)
        columns = schema.accounts.c
        rows = self.connection.execute(
            select(columns.id, columns.estate, columns.unit, columns.case_owners).where(
                in_units_of(schema.accounts, [case], self.connection)
            )
        )
        ids = [key for key, estate, unit, owners in rows if known.today(CaseKey(estate, unit, owners)) == named]
        return decisions_of(self.connection, select(columns.id).where(columns.id.in_(ids)))

    def cases(self, batch: str) -> dict[CaseKey, int]:
        """Return the cases of a batch, each with the id of its account."""
        wanted = select(
            schema.accounts.c.id, schema.accounts.c.estate, schema.accounts.c.unit, schema.accounts.c.case_owners
        ).join(schema.batches)
        rows = self.connection.execute(wanted.where(schema.batches.c.name == batch))
        known = spellings(self.connection)
        return {known.today(CaseKey(estate, unit, owners)): key for key, estate, unit, owners in rows}

    def decision_pages(self, batch: str, *, after: int = 0, size: int = FEW_UNITS) -> Iterator[list[DecisionRecord]]:
        """Yield a batch's decisions in pages of `size`, so that large batches need not fit in memory.

        Only accounts with an id greater than `after` are included.
        """
        last = after
        while True:
            some = (
                select(schema.accounts.c.id)
                .join(schema.batches)
                .where(schema.batches.c.name == batch, schema.accounts.c.id > last)
            )
            ids = list(self.connection.execute(some.order_by(schema.accounts.c.id).limit(size)).scalars())
            if not ids:
                return
            within = schema.accounts.c.id.between(ids[0], ids[-1])
            yield decisions_of(
                self.connection,
                select(schema.accounts.c.id).join(schema.batches).where(schema.batches.c.name == batch, within),
            )
            last = ids[-1]

    def decisions_of_notices(self, notice_ids: Sequence[int]) -> list[DecisionRecord]:
        """Return the decisions behind these notices of one batch, in planning order."""
        chosen = select(schema.decisions.c.account_id).join(
            schema.notices, schema.notices.c.decision_id == schema.decisions.c.id
        )
        return decisions_of(self.connection, chosen.where(schema.notices.c.id.in_(notice_ids)))

    def decisions_of_deliveries(self, delivery_ids: Collection[int]) -> list[DecisionRecord]:
        """Return the decisions behind these deliveries' notices, in planning order."""
        found: list[DecisionRecord] = []
        for portion in chunks(delivery_ids):
            chosen = (
                select(schema.decisions.c.account_id)
                .join(schema.notices, schema.notices.c.decision_id == schema.decisions.c.id)
                .join(schema.deliveries, schema.deliveries.c.notice_id == schema.notices.c.id)
            )
            found += decisions_of(self.connection, chosen.where(schema.deliveries.c.id.in_(portion)))
        return found

    def states(self, batch: str) -> Iterator[tuple[State, Decimal]]:
        """Yield the state of each notice of a batch with its total in yuan; whole notices would not fit in memory."""
        whose = (
            select(schema.notices.c.id)
            .join(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
            .join(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .where(schema.batches.c.name == batch)
        )
        answered = answered_notices(self.connection, whose)
        ways = whose.add_columns(schema.decisions.c.excluded, schema.decisions.c.total, schema.deliveries.c.state)
        rows = self.connection.execute(
            ways.outerjoin(schema.deliveries, schema.deliveries.c.notice_id == schema.notices.c.id).order_by(
                schema.notices.c.id
            )
        )
        for (key, excluded, total), own in groupby(rows, key=itemgetter(0, 1, 2)):
            state = notice_state(way.state for way in own if way.state is not None)
            yield State.ANSWERED if key in answered else state_in_batch(state, excluded), total

    def summaries(self, batch: str) -> list[NoticeSummary]:
        """Return the approved notices of a batch in compact form, by id."""
        notice = (schema.notices.c.id, schema.decisions.c.id, schema.notices.c.number, schema.approvals.c.number)
        whose = (schema.accounts.c.estate, schema.accounts.c.key, schema.notices.c.tier)
        rows = self.connection.execute(
            select(
                *notice,
                *whose,
                schema.deliveries.c.id,
                schema.deliveries.c.channel,
                schema.deliveries.c.state,
                schema.deliveries.c.letter_id,
            )
            .select_from(schema.notices)
            .join(schema.approvals, schema.notices.c.approval_id == schema.approvals.c.id)
            .join(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
            .join(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .join(schema.deliveries, schema.deliveries.c.notice_id == schema.notices.c.id)
            .where(schema.batches.c.name == batch)
            .order_by(schema.notices.c.id, schema.deliveries.c.id)
        )
        found: list[NoticeSummary] = []
        for _, ways in groupby(rows, key=itemgetter(0)):
            own = list(ways)
            key, decision, number, approval, estate, account, tier, *_ = own[0]
            deliveries = tuple((it[7], it[8], it[9]) for it in own)
            led = frozenset(it[7] for it in own if it[10] not in {None, it[7]})
            found.append(
                NoticeSummary(
                    key, decision, number or "", approval, intern(estate), account, intern(tier), deliveries, led
                )
            )
        return found

    def characters(self, batch: str) -> set[str]:
        """Return every character of the texts that a batch's lists brought, which its letters can show."""
        found: set[str] = set()
        of_batch = schema.batches.c.name == batch
        account, charge = schema.accounts.c, schema.charges.c
        names = (account.owners, account.case_owners, account.unit, account.shown_unit, account.written_unit)
        places = (account.estate, account.building, account.entrance, account.room, account.address, account.postcode)
        whose = select(*names, *places, account.area, account.remark).join(schema.batches).where(of_batch)
        what = select(charge.item, charge.period_text, charge.rate).distinct()
        what = what.join(schema.accounts, charge.account_id == account.id).join(schema.batches).where(of_batch)
        earlier = select(schema.notices.c.number).where(schema.notices.c.imported)  # letters refer to their numbers
        for query in (whose, what, earlier):
            for row in self.connection.execute(query):
                for value in row:
                    found.update(*value) if isinstance(value, tuple | list) else found.update(str(value or ""))
        return found

    def exclude(self, decision_id: int, *, why: str, by: str, at: datetime) -> None:
        """Exclude an account from approval and record why; a later approval of its notice clears the exclusion."""
        self.connection.execute(
            update(schema.decisions).where(schema.decisions.c.id == decision_id).values(excluded=why)
        )
        self._record([NewEvent("excluded", "decision", decision_id, {"why": why})], by=by, at=at)

    def include(self, decision_id: int, *, why: str, by: str, at: datetime) -> None:
        """Take back the exclusion of an account, or answer a question about it, and record why."""
        self.connection.execute(
            update(schema.decisions).where(schema.decisions.c.id == decision_id).values(excluded=None)
        )
        self._record([NewEvent("included", "decision", decision_id, {"why": why})], by=by, at=at)

    def correct(self, decision_id: int, *, into: str, by: str, at: datetime) -> None:
        """Exclude an account for good because a later list of the batch has its rows under another account."""
        self.connection.execute(
            update(schema.decisions).where(schema.decisions.c.id == decision_id).values(excluded=f"→ {into}")
        )
        self._record([NewEvent(CORRECTED, "decision", decision_id, {"account": into})], by=by, at=at)

    def _batches_where(self, wanted: ColumnElement[bool]) -> list[BatchRecord]:
        lists = self.connection.execute(
            select(schema.lists).join(schema.batches).where(wanted).order_by(schema.lists.c.id)
        ).all()
        approvals = self.connection.execute(
            select(schema.approvals).join(schema.batches).where(wanted).order_by(schema.approvals.c.number)
        ).all()
        seals = self._frozen_files(wanted)
        discards = self._discards(wanted)
        return [
            BatchRecord(
                id=row.id,
                name=row.name,
                as_of=row.as_of,
                list_date=row.list_date,
                planned_by=row.planned_by,
                planned_at=row.planned_at.astimezone(self.zone),
                again=row.again,
                lists=tuple(
                    ListFile(it.file, it.sha256, it.sheet, it.rows, tuple(it.rejected), it.planned_by)
                    for it in lists
                    if it.batch_id == row.id
                ),
                approvals=tuple(
                    ApprovalRecord(it.number, it.by, it.at, it.letter_date, it.frozen, seals.get(it.id, {}))
                    for it in approvals
                    if it.batch_id == row.id
                ),
                discarded=discards.get(row.id),
            )
            for row in self.connection.execute(select(schema.batches).where(wanted).order_by(schema.batches.c.id))
        ]

    def _discards(self, wanted: ColumnElement[bool]) -> dict[int, DiscardRecord]:
        events = select(schema.events).where(
            schema.events.c.what == "batch",
            schema.events.c.kind == DISCARDED,
            schema.events.c.what_id.in_(select(schema.batches.c.id).where(wanted)),
        )
        return {
            row.what_id: DiscardRecord(row.by, row.at.astimezone(self.zone), row.data["why"])
            for row in self.connection.execute(events)
        }

    def _frozen_files(self, wanted: ColumnElement[bool]) -> dict[int, Mapping[str, str] | None]:
        """Return the frozen files with their SHA-256 by approval; None where an earlier version approved.

        Once one approval of the ledger is sealed, every later one is: a later one without a seal has lost it. So has
        one whose event is not in the chain as it was recorded.
        """
        approved = (schema.events.c.what == "batch") & (schema.events.c.kind == "approved")
        own = approved & schema.events.c.what_id.in_(select(schema.batches.c.id).where(wanted))
        files: dict[int, Mapping[str, str] | None] = {}
        unsealed: dict[int, int] = {}
        for event, as_recorded in recorded(self.connection, own):
            approval = event.data.get("approval")
            if approval not in files:
                files[approval] = event.data.get(FROZEN_FILES) if as_recorded else {}
                if as_recorded and FROZEN_FILES not in event.data:
                    unsealed[approval] = event.id
        if unsealed:
            before = select(schema.events.c.id, schema.events.c.data).where(approved)
            earlier = self.connection.execute(before.where(schema.events.c.id < max(unsealed.values())))
            first = min((key for key, data in earlier if FROZEN_FILES in data), default=None)
            files.update((approval, {}) for approval, key in unsealed.items() if first is not None and key > first)
        return files
