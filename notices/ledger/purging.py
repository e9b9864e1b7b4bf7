"""Forgetting: what is personal about settled cases is blanked, with the salts of its digests; figures stay.

The rows of a purged case go under a name that tells nothing. Their seals are renewed as after any change, which
destroys the old salts; their events lose data and salt, and keep digest and link, so that the chain still holds.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, Text, cast, delete, literal, or_, select, update

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, chunks
from notices.ledger.batches import CORRECTED
from notices.ledger.discards import counts
from notices.ledger.events import EventsBook
from notices.ledger.history_rows import charges_of
from notices.ledger.letters import LetterMate, LettersBook
from notices.ledger.spellings import spellings
from notices.model import CaseKey, Charge, State
from notices.rules.states import NOT_LEFT

FORGOTTEN = "purged"  # stands for the owners of a purged case
CASES_PURGED = "cases-purged"  # event kind
NOBODY: Mapping[str, Any] = {"text": "", "values": {}}

# What is blanked in each table, besides unit and owners; a test insists that every other column is kept on purpose.
BLANKED: Mapping[Table, Mapping[str, Any]] = {
    schema.accounts: {
        "entrance": "",
        "room": "",
        "telephone": "",
        "email": "",
        "email_confirmed": False,
        "address": "",
        "postcode": "",
        "area": None,
        "remark": "",
        "list_rows": [],
    },
    schema.charges: {"list_rows": []},
    schema.decisions: {"detail": dict(NOBODY), "excluded": None},
    schema.notices: {"slot": None, "pending": None, "shard_id": None, "first_page": None, "pages": None},
    schema.deliveries: {"recipient": None, "message_id": None, "sha256": None, "server_text": None, "waybill": None},
    schema.reports: {"address": None, "reply": None, "diagnostic": "", "sender": ""},
    schema.slips: {"note": "", "instalments": "", "telephone": ""},
    schema.holds: {"note": ""},
    schema.payments: {"note": ""},
    schema.payment_reversals: {"why": ""},
    schema.scans: {"doubtful": [], "picture": "", "written": ()},
    schema.work_orders: {"label": "", "note": "", "result": None},
    schema.replies: {"file": ""},
    schema.reply_deliveries: {
        "recipient": "",
        "message_id": None,
        "sha256": None,
        "server_text": None,
        "waybill": None,
    },
    schema.reply_reports: {"address": None, "reply": None, "diagnostic": "", "sender": ""},
    schema.statement_lines: {"reference": None, "payer": "", "text": "", "candidates": []},
}


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A case in its newest list: the day of that list, and its charges there."""

    case: CaseKey
    list_date: date
    charges: tuple[Charge, ...]


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A kept file with data of several cases: what it is (list, shard or job), its id, and who is still in it."""

    what: str
    id: int
    batch: str
    name: str
    sha256: str
    position: int
    waiting: int


@dataclass(frozen=True, slots=True)
class CaseRows:
    """The rows of the cases to purge, by table."""

    accounts: tuple[int, ...]
    decisions: tuple[int, ...]
    notices: tuple[int, ...]
    deliveries: tuple[int, ...]
    holds: tuple[int, ...]
    payments: tuple[int, ...]
    claims: tuple[int, ...]
    renames: tuple[int, ...]
    joins: tuple[int, ...]
    work_orders: tuple[int, ...]
    replies: tuple[int, ...]
    reply_deliveries: tuple[int, ...]
    names: Mapping[tuple[str, int], CaseKey]  # the case of each row of a table that names owners


class PurgingBook(Book):
    """Ledger operations for purging."""

    def newest(self) -> Iterator[ListedCase]:
        """Yield every case in its newest list that counts; purged ones are left out."""
        known = spellings(self.connection)
        rows = self.connection.execute(
            select(schema.accounts, schema.batches.c.list_date)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .where(counts())
            .order_by(schema.batches.c.list_date, schema.accounts.c.id)
        )
        last = {
            known.today(CaseKey(row.estate, row.unit, row.case_owners)): (row.id, row.list_date)
            for row in rows
            if tuple(row.case_owners) != (FORGOTTEN,)
        }
        charges = charges_of(self.connection, [key for key, _ in last.values()])
        for case, (key, day) in last.items():
            yield ListedCase(case, day, tuple(charges.get(key, ())))

    def rows_of(self, cases: Collection[CaseKey]) -> CaseRows:
        """Return all rows of these cases, under every spelling."""
        wanted, known = set(cases), spellings(self.connection)
        names: dict[tuple[str, int], CaseKey] = {}

        def own(table: Table, owners: str = "case_owners", unit: str = "unit") -> tuple[int, ...]:
            rows = self.connection.execute(select(table.c.id, table.c.estate, table.c[unit], table.c[owners]))
            found = [(key, known.today(CaseKey(estate, unit, whose))) for key, estate, unit, whose in rows]
            names.update({(table.name, key): case for key, case in found if case in wanted})
            return tuple(key for key, case in found if case in wanted)

        accounts, notices, replies = own(schema.accounts), own(schema.notices), own(schema.replies)
        return CaseRows(
            accounts=accounts,
            decisions=self._ids(schema.decisions, schema.decisions.c.account_id, accounts),
            notices=notices,
            deliveries=self._ids(schema.deliveries, schema.deliveries.c.notice_id, notices),
            holds=own(schema.holds),
            payments=own(schema.payments),
            claims=own(schema.claims),
            renames=tuple({*own(schema.renames, "new_owners"), *own(schema.renames, "old_owners")}),  # undone ones too
            joins=tuple(sorted({*own(schema.joins), *own(schema.joins, unit="other_unit")})),
            work_orders=own(schema.work_orders),
            replies=replies,
            reply_deliveries=self._ids(schema.reply_deliveries, schema.reply_deliveries.c.reply_id, replies),
            names=names,
        )

    def unfinished(self, cases: Collection[CaseKey], states: Collection[State], since: date) -> set[CaseKey]:
        """Return those of these cases with a delivery in one of these states, or anything dated `since` or later."""
        wanted, known = set(cases), spellings(self.connection)
        found: set[CaseKey] = set()
        notice = (schema.notices.c.estate, schema.notices.c.unit, schema.notices.c.case_owners)
        open_ones = select(*notice).join(schema.deliveries, schema.deliveries.c.notice_id == schema.notices.c.id)
        letter = (schema.replies.c.estate, schema.replies.c.unit, schema.replies.c.case_owners)
        letters = select(*letter).join(
            schema.reply_deliveries, schema.reply_deliveries.c.reply_id == schema.replies.c.id
        )
        later = [
            open_ones.where(schema.deliveries.c.state.in_(states)),
            # One that was made and never sent may wait for ever: it is no longer true of a case that owes nothing.
            letters.where(schema.reply_deliveries.c.state.in_(set(states) - NOT_LEFT | {State.DEFERRED})),
            select(*notice).where(schema.notices.c.date >= since),
            select(*notice)
            .join(schema.slips, schema.slips.c.notice_id == schema.notices.c.id)
            .where(schema.slips.c.received >= since),
            *(
                select(table.c.estate, table.c.unit, table.c.case_owners).where(day >= since)
                for table, day in (
                    (schema.payments, schema.payments.c.date),
                    (schema.holds, schema.holds.c.registered),
                )
            ),
        ]
        for statement in later:
            found |= {known.today(CaseKey(*row)) for row in self.connection.execute(statement)} & wanted
        return found

    def own_files(self, rows: CaseRows) -> list[tuple[str, str]]:
        """Return batch and number of each notice of these rows that is this program's and has files of its own.

        A letter of several notices has the files of the one that leads it, which stay until all are purged.
        """
        own, letters = set(rows.notices), LettersBook(self.connection).mates_of(rows.notices)
        waiting = {key for key, its in letters.items() if any(self._waits(it, own) for it in its)}
        leading = {it.letter_number for key, its in letters.items() if key not in waiting for it in its}
        wanted = (
            select(schema.notices.c.id, schema.batches.c.name, schema.notices.c.number)
            .select_from(schema.notices)
            .join(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
            .join(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
        )
        found = [
            (batch, number)
            for portion in chunks(rows.notices)
            for key, batch, number in self.connection.execute(wanted.where(schema.notices.c.id.in_(portion)))
            if number and key not in waiting
        ]
        batches = wanted.where(schema.notices.c.number.in_(leading))
        return found + [(batch, number) for _, batch, number in self.connection.execute(batches) if number]

    @staticmethod
    def _waits(mate: LetterMate, own: Collection[int]) -> bool:
        """Return whether a notice is neither purged nor about to be."""
        return mate.notice_id not in own and not mate.account.endswith(f"/{FORGOTTEN}")

    def reply_files(self, rows: CaseRows) -> list[str]:
        """Return the files of the letters of reply of these rows, as paths in the workspace."""
        wanted = select(schema.replies.c.file)
        return [
            file
            for portion in chunks(rows.replies)
            for file in self.connection.execute(wanted.where(schema.replies.c.id.in_(portion))).scalars()
            if file
        ]

    def scanned_files(self, rows: CaseRows) -> list[str]:
        """Return the pictures kept of the scanned slips of these rows, as paths in the workspace."""
        wanted = select(schema.scans.c.picture, schema.scans.c.written, schema.scans.c.doubtful)
        found: list[str] = []
        for portion in chunks(rows.notices):
            for page, written, marks in self.connection.execute(wanted.where(schema.scans.c.notice_id.in_(portion))):
                found += [page, *written, *(mark["picture"] for mark in marks)]
        return [file for file in found if file]

    def shared_files(self, rows: CaseRows) -> list[SharedFile]:
        """Return lists, shards and print jobs with these rows in them, and how many other cases each waits for."""
        return [*self._lists(rows), *self._shards(rows), *self._jobs(rows)]

    def blank(self, rows: CaseRows) -> None:
        """Blank the rows; the rows of each case go under one name of their own."""
        place: dict[CaseKey, int] = {}
        for key in sorted(rows.names):
            place.setdefault(rows.names[key], len(place) + 1)
        first = self._used()
        self._rename(rows, {case: first + number for case, number in place.items()})
        for column, ids in (
            (schema.accounts.c.id, rows.accounts),
            (schema.charges.c.account_id, rows.accounts),
            (schema.decisions.c.id, rows.decisions),
            (schema.notices.c.id, rows.notices),
            (schema.deliveries.c.id, rows.deliveries),
            (schema.slips.c.notice_id, rows.notices),
            (schema.scans.c.notice_id, rows.notices),
            (schema.holds.c.id, rows.holds),
            (schema.payments.c.id, rows.payments),
            (schema.payment_reversals.c.payment_id, rows.payments),
            (schema.work_orders.c.id, rows.work_orders),
            (schema.replies.c.id, rows.replies),
            (schema.reply_deliveries.c.id, rows.reply_deliveries),
        ):
            self._blank(column, ids, {})
        self._blank(schema.statement_lines.c.id, self._lines(rows), {})
        self._blank(schema.reports.c.delivery_id, rows.deliveries, {"key": _text(schema.reports)})
        own_key = {"key": _text(schema.reply_reports)}
        self._blank(schema.reply_reports.c.delivery_id, rows.reply_deliveries, own_key)
        for portion in chunks(rows.notices):
            own = schema.slips.c.notice_id.in_(portion)
            self.connection.execute(update(schema.slips).where(own).values(fingerprint=_text(schema.slips)))
        for column, ids in (
            (schema.claims.c.id, rows.claims),
            (schema.rename_reversals.c.rename_id, rows.renames),
            (schema.renames.c.id, rows.renames),
            (schema.joins.c.id, rows.joins),
        ):
            for portion in chunks(ids):
                self.connection.execute(delete(column.table).where(column.in_(portion)))

    def forget_rejected(self, names: Collection[str]) -> None:
        """Take accounts out of what the lists rejected, and out of the options of finished commands."""
        for row in self.connection.execute(select(schema.lists.c.id, schema.lists.c.rejected)).all():
            kept = [each for each in row.rejected if each.get("account") not in names]
            if len(kept) != len(row.rejected):
                self.connection.execute(update(schema.lists).where(schema.lists.c.id == row.id).values(rejected=kept))
        finished = select(schema.commands.c.id, schema.commands.c.options).where(
            schema.commands.c.finished_at.is_not(None)
        )
        for row in self.connection.execute(finished).all():
            told = json.dumps(row.options, ensure_ascii=False)
            if any(name in told for name in names):
                self.connection.execute(
                    update(schema.commands).where(schema.commands.c.id == row.id).values(options={})
                )

    def forget_file(self, file: SharedFile) -> None:
        """Record that a shared file is gone, so that nobody misses it."""
        if file.what == "list":
            gone = update(schema.lists).where(schema.lists.c.id == file.id).values(file="", rejected=[])
            self.connection.execute(gone)
        elif file.what == "job":
            self.connection.execute(update(schema.jobs).where(schema.jobs.c.id == file.id).values(files={}))

    def events_of(self, rows: CaseRows) -> list[int]:
        """Return the ids of the events about these rows that still have their data."""
        found: list[int] = []
        for what, ids in (
            ("notice", rows.notices),
            ("delivery", rows.deliveries),
            ("decision", rows.decisions),
            ("hold", rows.holds),
            ("payment", rows.payments),
            ("claim", rows.claims),
            ("rename", rows.renames),
            ("join", rows.joins),
            ("work-order", rows.work_orders),
            ("reply", rows.replies),
            ("reply-delivery", rows.reply_deliveries),
        ):
            for portion in chunks(ids):
                wanted = select(schema.events.c.id).where(
                    schema.events.c.what == what,
                    schema.events.c.what_id.in_(portion),
                    schema.events.c.salt.is_not(None),
                )
                found += self.connection.execute(wanted).scalars()
        keys = {case.key for case in rows.names.values()}
        corrected = select(schema.events).where(schema.events.c.kind == CORRECTED, schema.events.c.what == "decision")
        found += [row.id for row in self.connection.execute(corrected) if row.data.get("account") in keys]
        return sorted(set(found))

    def record(self, facts: Mapping[str, Any], events: Collection[int], *, by: str, at: datetime) -> None:
        """Record who purged how many cases, and remove data and salt of their events."""
        self._record([NewEvent(CASES_PURGED, "ledger", 0, dict(facts))], by=by, at=at)
        EventsBook(self.connection).purge(events, by=by, at=at)

    def _ids(self, table: Table, column: ColumnElement[Any], keys: Iterable[int]) -> tuple[int, ...]:
        return tuple(
            key
            for portion in chunks(keys)
            for key in self.connection.execute(select(table.c.id).where(column.in_(portion))).scalars()
        )

    def _lines(self, rows: CaseRows) -> list[int]:
        """Return the lines of statements that were booked to purged payments only."""
        own = set(rows.payments)
        lines: dict[int, set[int]] = defaultdict(set)
        for row in self.connection.execute(select(schema.statement_bookings)):
            lines[row.line_id].add(row.payment_id)
        purged = select(schema.payments.c.id, schema.payments.c.case_owners)
        payments = {row.id for row in self.connection.execute(purged) if tuple(row.case_owners) == (FORGOTTEN,)} | own
        return [line for line, booked in lines.items() if booked & own and booked <= payments]

    def _used(self) -> int:
        """Return how many cases were purged before."""
        purged = select(schema.events.c.data).where(schema.events.c.kind == CASES_PURGED)
        return sum(int(data.get("cases", 0)) for data in self.connection.execute(purged).scalars())

    def _rename(self, rows: CaseRows, numbers: Mapping[CaseKey, int]) -> None:
        for (table_name, key), case in rows.names.items():
            unit, owners = f"PURGED-{numbers[case]}", (FORGOTTEN,)
            table = schema.metadata.tables[table_name]
            values: dict[str, Any] = {"unit": unit}
            if table in {schema.renames, schema.joins}:
                continue  # deleted
            values["case_owners"] = owners
            if table is schema.accounts:
                shown = {"shown_unit": unit, "written_unit": "", "owners": owners}
                values |= {**shown, "key": CaseKey(case.estate, unit, owners).key}
            elif table is schema.notices:
                values["owner"] = FORGOTTEN
            self.connection.execute(update(table).where(table.c.id == key).values(values))

    def _blank(self, column: Column[Any], ids: Iterable[int], more: Mapping[str, Any]) -> None:
        table = column.table
        assert isinstance(table, Table)  # noqa: S101 - columns of the schema
        for portion in chunks(ids):
            self.connection.execute(update(table).where(column.in_(portion)).values({**BLANKED[table], **more}))

    def _lists(self, rows: CaseRows) -> Iterator[SharedFile]:
        own = set(rows.accounts)
        inside = defaultdict[int, list[tuple[int, bool]]](list)
        for row in self.connection.execute(
            select(schema.accounts.c.id, schema.accounts.c.list_id, schema.accounts.c.case_owners)
        ):
            inside[row.list_id].append((row.id, tuple(row.case_owners) == (FORGOTTEN,)))
        positions: dict[int, int] = defaultdict(int)
        lists = select(schema.lists, schema.batches.c.name).join(schema.batches).order_by(schema.lists.c.id)
        for row in self.connection.execute(lists):
            position = positions[row.batch_id]
            positions[row.batch_id] += 1
            accounts = inside[row.id]
            if row.file and any(key in own for key, _ in accounts):
                waiting = sum(key not in own and not gone for key, gone in accounts)
                yield SharedFile("list", row.id, row.name, row.file, row.sha256, position, waiting)

    def _shards(self, rows: CaseRows) -> Iterator[SharedFile]:
        own = set(rows.notices)
        holders = defaultdict[int, set[int]](set)
        wanted = select(schema.notices.c.id, schema.notices.c.shard_id).where(schema.notices.c.shard_id.is_not(None))
        for key, shard in self.connection.execute(wanted):
            holders[shard].add(key)
        shards = select(schema.shards, schema.batches.c.name).join(schema.batches).order_by(schema.shards.c.id)
        for row in self.connection.execute(shards):
            if holders[row.id] & own:
                yield SharedFile("shard", row.id, row.name, row.file, row.sha256, 0, len(holders[row.id] - own))

    def _jobs(self, rows: CaseRows) -> Iterator[SharedFile]:
        own = set(rows.deliveries)
        inside = defaultdict[int, list[tuple[int, bool]]](list)
        items = (
            select(schema.job_items.c.job_id, schema.deliveries.c.id, schema.notices.c.owner)
            .select_from(schema.job_items)
            .join(
                schema.deliveries,
                or_(
                    schema.deliveries.c.id == schema.job_items.c.delivery_id,
                    schema.deliveries.c.letter_id == schema.job_items.c.delivery_id,
                ),
            )
            .join(schema.notices, schema.notices.c.id == schema.deliveries.c.notice_id)
        )
        for job, key, owner in self.connection.execute(items):
            inside[job].append((key, owner == FORGOTTEN))
        jobs = select(schema.jobs, schema.batches.c.name).join(schema.batches).order_by(schema.jobs.c.id)
        for row in self.connection.execute(jobs):
            letters = inside[row.id]
            if any(key in own for key, _ in letters):
                waiting = sum(key not in own and not gone for key, gone in letters)
                yield SharedFile("job", row.id, row.name, row.number, "", row.version, waiting)


def _text(table: Table) -> Any:
    """Return `purged-` and the id as text: a value that is unique and tells nothing."""
    return literal("purged-") + cast(table.c.id, Text)
