"""Printed letters at the carrier, looked up by notice number or waybill."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, select, update

from notices.ledger.base import Book, NewEvent, chunks
from notices.ledger.records import CarrierRecord
from notices.ledger.schema import AccountRow, BatchRow, DecisionRow, DeliveryRow, NoticeRow
from notices.model import Channel


class CarrierBook(Book):
    """Ledger operations for letters at the carrier."""

    def posted(self, numbers: Collection[str], waybills: Collection[str]) -> list[CarrierRecord]:
        """Return the print deliveries of these notice numbers or with these waybills, each once."""
        found: dict[int, CarrierRecord] = {}
        for portion in chunks(numbers):
            found |= self._posted_where(NoticeRow.number.in_(portion))
        for portion in chunks(waybills):
            found |= self._posted_where(DeliveryRow.waybill.in_(portion))
        return list(found.values())

    def set_waybills(self, waybills: Mapping[int, str], *, by: str, at: datetime) -> None:
        """Record waybills by delivery id, each with its event."""
        if not waybills:
            return
        self.connection.execute(
            update(DeliveryRow).where(DeliveryRow.id == bindparam("key")).values(waybill=bindparam("its_waybill")),
            [{"key": key, "its_waybill": waybill} for key, waybill in waybills.items()],
        )
        events = [NewEvent("waybill", "delivery", key, {"waybill": waybill}) for key, waybill in waybills.items()]
        self._record(events, by=by, at=at)

    def _posted_where(self, wanted: ColumnElement[bool]) -> dict[int, CarrierRecord]:
        rows: Sequence[CarrierRecord] = [
            CarrierRecord(row.id, row.number, row.date, row.batch, row.state, row.on, row.waybill)
            for row in self.connection.execute(
                select(
                    DeliveryRow.id,
                    DeliveryRow.state,
                    DeliveryRow.on,
                    DeliveryRow.waybill,
                    NoticeRow.number,
                    NoticeRow.date,
                    BatchRow.name.label("batch"),
                )
                .join(NoticeRow, NoticeRow.id == DeliveryRow.notice_id)
                .outerjoin(DecisionRow, DecisionRow.id == NoticeRow.decision_id)
                .outerjoin(AccountRow, AccountRow.id == DecisionRow.account_id)
                .outerjoin(BatchRow, BatchRow.id == AccountRow.batch_id)
                .where(wanted, DeliveryRow.channel == Channel.PRINT, NoticeRow.number.is_not(None))
            )
        ]
        return {record.delivery_id: record for record in rows}
