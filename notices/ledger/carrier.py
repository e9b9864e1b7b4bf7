"""Printed letters at the carrier, looked up by notice number or waybill."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, exists, select, update

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent, chunks
from notices.ledger.numbers import ids_of_numbers
from notices.ledger.records import CarrierRecord
from notices.model import Channel


class CarrierBook(Book):
    """Ledger operations for letters at the carrier."""

    def posted(self, numbers: Collection[str], waybills: Collection[str]) -> list[CarrierRecord]:
        """Return the print deliveries of these notice numbers or with these waybills, each once."""
        found: dict[int, CarrierRecord] = {}
        for portion in chunks(ids_of_numbers(self.connection, numbers).values()):
            found |= self._posted_where(schema.notices.c.id.in_(portion))
        for some in chunks(waybills):
            found |= self._posted_where(schema.deliveries.c.waybill.in_(some))
        return list(found.values())

    def set_waybills(self, waybills: Mapping[int, str], *, by: str, at: datetime) -> None:
        """Record waybills by delivery id, each with its event."""
        if not waybills:
            return
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
