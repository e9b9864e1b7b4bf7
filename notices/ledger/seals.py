"""Seals of approved notices: a digest of everything that decides a letter, kept in the event of its approval."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from hashlib import sha256
from secrets import token_hex
from typing import Any

from sqlalchemy import Table, select

from notices.ledger import schema
from notices.ledger.base import Book, chunks
from notices.ledger.chain import recorded
from notices.ledger.records import BatchRecord, DecisionRecord, NoticeRecord
from notices.ledger.sealing import SEALED, Thing, name_of, not_as_recorded, note_outside_changes
from notices.model import Account, Charge, ChargeStanding, Decision

SEAL = "seal"
APPROVED = "approved"  # event kind
HANDED_OVER = "hand-over-started"  # event kind
FORGED = "forged"  # instead of a seal: holds for nothing
SALT_BYTES = 16
# Dates, and amounts with their two places, as texts. Made once: 100,000 notices are compared in a few seconds.
CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str, sort_keys=True)

# What decides whether and where a letter goes besides its own rows, and what its events are about if they are never
# deleted: who removes a row with its seal still leaves these.
FACTS: Mapping[Table, str | None] = {
    schema.payments: "payment",
    schema.holds: "hold",
    schema.claims: None,
    schema.renames: None,
    schema.joins: None,
    schema.handovers: None,
    schema.series: None,
}

Fields = tuple[tuple[str, object], ...]


def _fields(record: type[Any], *left_out: str) -> Fields:
    """Return the fields that are sealed, each with its default, which is never equal to a value if there is none."""
    return tuple((each.name, each.default) for each in fields(record) if each.name not in left_out)


# Left out is what decides nothing of a letter, and what is sealed with another record.
ACCOUNT = _fields(Account, "charges", "rows", "remark", "email_confirmed")
DECISION = _fields(Decision, "reason", "detail", "limitation_date", "warnings", "standings")
STANDING = _fields(ChargeStanding, "charge")
CHARGE = _fields(Charge, "rows")


class SealsBook(Book):
    """Ledger operations for comparing notices with what was approved."""

    def broken(
        self, batch: BatchRecord, entries: Sequence[DecisionRecord], earlier: Mapping[int, NoticeRecord]
    ) -> frozenset[int]:
        """Return the ids of those approved notices whose data is not what was approved.

        `earlier` are the notices that they follow up, as from `earlier_steps`. A notice without a seal is one that an
        earlier version of this program approved; it stands as before, because its approval has no seal either. A notice
        that lost its seal, or got it alone, does not.
        """
        sealed = {approval.number for approval in batch.approvals if approval.files is not None}
        notices = [entry.notice for entry in entries if entry.notice is not None]
        seals = self._seals([notice.id for notice in notices])
        found = set[int]()
        for entry in entries:
            notice = entry.notice
            if notice is None or notice.approval is None:
                continue
            seal = seals.get(notice.id)
            if seal is None and notice.approval not in sealed:
                continue
            if notice.approval not in sealed or not _holds(seal, entry, earlier.get(notice.id)):
                found.add(notice.id)
        return frozenset(found)

    def changed_rows(self, entries: Sequence[DecisionRecord]) -> frozenset[int]:
        """Return the ids of those notices whose rows are not what the chain of events vouches for."""
        ids = {str(entry.notice.id): entry.notice.id for entry in entries if entry.notice}
        broken = not_as_recorded(self.connection, [("notices", key) for key in ids])
        return frozenset(ids[key] for _, key in broken)

    def changed_pdfs(self, entries: Sequence[DecisionRecord]) -> frozenset[int]:
        """Return the ids of those notices whose PDF has another row than the chain of events vouches for."""
        shards = {
            entry.notice.id: ("shards", str(entry.notice.shard.id))
            for entry in entries
            if entry.notice and entry.notice.shard
        }
        broken = not_as_recorded(self.connection, shards.values())
        return frozenset(notice for notice, shard in shards.items() if shard in broken)

    def is_changed_batch(self, batch: BatchRecord) -> bool:
        """Return whether the rows of a batch are not what the chain of events vouches for."""
        return bool(not_as_recorded(self.connection, [("batches", str(batch.id))]))

    def changed_plans(self, entries: Sequence[DecisionRecord]) -> frozenset[int]:
        """Return the decisions (ids) whose account, charges, decision or notice are not what the chain vouches for."""
        return frozenset(self._changed_plans(entries))

    def note_changed_plans(self, entries: Sequence[DecisionRecord]) -> None:
        """Record that another program changed these plans, if it did, so that no later change hides it."""
        changed = self._changed_plans(entries)
        note_outside_changes(self.connection, {thing for things in changed.values() for thing in things})

    def _changed_plans(self, entries: Sequence[DecisionRecord]) -> dict[int, list[Thing]]:
        accounts = self._accounts_of([entry.id for entry in entries])
        things: dict[int, list[Thing]] = {
            entry.id: [
                ("accounts", str(accounts.get(entry.id))),
                *([("notices", str(entry.notice.id))] if entry.notice else ()),
            ]
            for entry in entries
        }
        broken = not_as_recorded(self.connection, [thing for its in things.values() for thing in its])
        return {key: changed for key, its in things.items() if (changed := [it for it in its if it in broken])}

    def changed_facts(self) -> list[str]:
        """Return what another program changed, put in or removed of payments, holds and the like: names of rows.

        All are compared, not those of some owners only: a row may have been moved to another owner, or be gone.
        """
        broken = {name_of(thing) for thing in not_as_recorded(self.connection, self._facts())}
        for table, what in FACTS.items():
            if what is not None:
                told = select(schema.events.c.what_id).where(schema.events.c.what == what).distinct()
                gone = told.where(schema.events.c.what_id.not_in(select(table.c.id)))
                broken |= {f"{SEALED[table][0]} {key}" for key in self.connection.execute(gone).scalars()}
        started = select(schema.events.c.what_id).where(schema.events.c.kind == HANDED_OVER).distinct()
        lost = started.where(schema.events.c.what_id.not_in(select(schema.handovers.c.job_id)))
        broken |= {f"handovers of job {key}" for key in self.connection.execute(lost).scalars()}
        return sorted(broken)

    def _facts(self) -> set[Thing]:
        found: set[Thing] = set()
        for table in FACTS:
            entity, key = SEALED[table]
            sealed = select(schema.seals.c.key).where(schema.seals.c.entity == entity)
            for keys in (select(table.c[key]), sealed):
                found |= {(entity, str(it)) for it in self.connection.execute(keys).scalars()}
        return found

    def are_changed_commands(self, ids: Collection[int]) -> bool:
        """Return whether the rows of these commands are not what the chain of events vouches for."""
        return bool(not_as_recorded(self.connection, [("commands", str(key)) for key in ids]))

    def is_changed_job(self, number: str) -> bool:
        """Return whether the rows of a print job are not what the chain of events vouches for."""
        job_ids = self.connection.execute(select(schema.jobs.c.id).where(schema.jobs.c.number == number)).scalars()
        return bool(not_as_recorded(self.connection, [("jobs", str(it)) for it in job_ids]))

    def _accounts_of(self, decision_ids: Sequence[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        for portion in chunks(decision_ids):
            wanted = select(schema.decisions.c.id, schema.decisions.c.account_id)
            rows = self.connection.execute(wanted.where(schema.decisions.c.id.in_(portion)))
            found |= {row.id: row.account_id for row in rows}
        return found

    def _seals(self, notice_ids: Sequence[int]) -> dict[int, object]:
        """Return the seal in the first approval of each notice: nobody can approve a notice again.

        A seal that is not in the chain as it was recorded is FORGED: whoever changes data could renew their seal too.
        """
        seals: dict[int, object] = {}
        for portion in chunks(notice_ids):
            wanted = (
                (schema.events.c.what == "notice")
                & schema.events.c.what_id.in_(portion)
                & (schema.events.c.kind == APPROVED)
            )
            for event, as_recorded in recorded(self.connection, wanted):
                seals.setdefault(event.what_id, event.data.get(SEAL) if as_recorded else FORGED)
        return seals


def new_seal(entry: DecisionRecord, earlier: NoticeRecord | None) -> dict[str, str]:
    """Return the seal of a notice that is being approved.

    The salt keeps owners, addresses and sums from being guessed from a digest that outlives them.
    """
    salt = token_hex(SALT_BYTES)
    return {"salt": salt, "sha256": _digest(salt, entry, earlier)}


def _holds(seal: object, entry: DecisionRecord, earlier: NoticeRecord | None) -> bool:
    if not isinstance(seal, dict):
        return False
    return bool(seal.get("sha256") == _digest(str(seal.get("salt")), entry, earlier))


def _digest(salt: str, entry: DecisionRecord, earlier: NoticeRecord | None) -> str:
    told = CANONICAL.encode(
        [
            salt,
            _notice(entry),
            _told(entry.account, ACCOUNT),
            _told(entry.decision, DECISION),
            [_standing(standing) for standing in entry.decision.standings],
            _earlier(earlier),
        ]
    )
    return sha256(told.encode()).hexdigest()


def _notice(entry: DecisionRecord) -> list[Any]:
    notice = entry.notice
    assert notice is not None  # noqa: S101 - callers pass approved notices only
    case = notice.case
    return [
        (notice.id, notice.number, notice.date, notice.deadline, notice.approval, notice.tier, notice.owner),
        (case.estate, case.unit, case.owners),
        (notice.principal, notice.late_fee, notice.total),
        entry.handler,
        [(way.id, way.channel, way.recipient) for way in notice.deliveries],
    ]


def _standing(standing: ChargeStanding) -> list[Any]:
    return [_told(standing, STANDING), _told(standing.charge, CHARGE)]


def _told(record: object, sealed: Fields) -> dict[str, Any]:
    """Return a record's fields by name, without those that have their default.

    A field that a later version adds is sealed by itself, and changes no seal of a record that does not have it.
    """
    return {name: value for name, default in sealed if (value := getattr(record, name)) != default}


def _earlier(earlier: NoticeRecord | None) -> list[Any]:
    if earlier is None:
        return []
    if earlier.imported:  # what is told of it may be corrected later, and the letter then names it correctly
        return [earlier.id]
    return [earlier.id, earlier.tier, earlier.number, earlier.date, earlier.deadline]
