"""Printed letters at the carrier, looked up by notice number or waybill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, exists, select, update

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, chunks
from notices.ledger.deliveries import DeliveriesBook
from notices.ledger.letters import LettersBook
from notices.ledger.numbers import ids_of_numbers
from notices.ledger.records import CarrierRecord
from notices.model import Channel


class CarrierBook(Book):
    """Ledger operations for letters at the carrier."""

    def posted(self, numbers: Collection[str], waybills: Collection[str]) -> list[CarrierRecord]:
        """Return the print deliveries of these notice numbers or with these waybills, each letter once."""
        found: dict[int, CarrierRecord] = {}
        for portion in chunks(ids_of_numbers(self.connection, numbers).values()):
            found |= self._posted_where(schema.notices.c.id.in_(portion))
        for some in chunks(waybills):
            found |= self._posted_where(schema.deliveries.c.waybill.in_(some))
        return self._letters(found)

    def _letters(self, found: Mapping[int, CarrierRecord]) -> list[CarrierRecord]:
        """Return the records with that of its leading notice in place of each notice that leaves in such a letter."""
        now = DeliveriesBook(self.connection).with_ids(found)
        letters = {it.letter_id for it in now.values() if it.letter_id is not None}
        leading = {key: it for key, it in found.items() if now[key].letter_id is None}
        for portion in chunks(letters):
            leading |= self._posted_where(schema.deliveries.c.id.in_(portion))
        inside: dict[int, list[str]] = defaultdict(list)
        for portion in chunks(letters):
            wanted = select(schema.deliveries.c.letter_id, schema.notices.c.number).join(schema.notices)
            rows = self.connection.execute(wanted.where(schema.deliveries.c.letter_id.in_(portion)))
            for letter, number in rows:
                inside[letter or 0].append(number or "")
        return [
            replace(it, inside=tuple(number for number in inside[key] if number != it.number)) if key in inside else it
            for key, it in leading.items()
        ]

    def set_waybills(self, waybills: Mapping[int, str], *, by: str, at: datetime) -> None:
        """Record waybills by delivery id, each with its event, for all notices in the letter."""
        if not waybills:
            return
        inside = LettersBook(self.connection).of_deliveries(waybills)
        waybills = {**{it.id: waybills[key] for key, its in inside.items() for it in its}, **waybills}
        self.connection.execute(
            update(schema.deliveries)
            .where(schema.deliveries.c.id == bindparam("key"))
            .values(waybill=bindparam("its_waybill")),
            [{"key": key, "its_waybill": waybill} for key, waybill in waybills.items()],
        )
        events = [NewEvent("waybill", "delivery", key, {"waybill": waybill}) for key, waybill in waybills.items()]
        self._record(events, by=by, at=at)

    def _posted_where(self, wanted: ColumnElement[bool]) -> dict[int, CarrierRecord]:
        rows: Sequence[CarrierRecord] = [
            CarrierRecord(row.id, row.number, row.date, row.batch, row.state, row.on, row.waybill, row.printed)
            for row in self.connection.execute(
                select(
                    schema.deliveries.c.id,
                    schema.deliveries.c.state,
                    schema.deliveries.c.on,
                    schema.deliveries.c.waybill,
                    schema.notices.c.number,
                    schema.notices.c.date,
                    schema.batches.c.name.label("batch"),
                    exists().where(schema.job_items.c.delivery_id == schema.deliveries.c.id).label("printed"),
                )
                .select_from(schema.deliveries)
                .join(schema.notices, schema.notices.c.id == schema.deliveries.c.notice_id)
                .outerjoin(schema.decisions, schema.decisions.c.id == schema.notices.c.decision_id)
                .outerjoin(schema.accounts, schema.accounts.c.id == schema.decisions.c.account_id)
                .outerjoin(schema.batches, schema.batches.c.id == schema.accounts.c.batch_id)
                .where(wanted, schema.deliveries.c.channel == Channel.PRINT, schema.notices.c.number.is_not(None))
            )
        ]
        return {record.delivery_id: record for record in rows}
