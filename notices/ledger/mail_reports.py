"""Reports received by e-mail (bounces, receipts, replies), each matched to its e-mail and recorded once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select

from notices.ledger.base import Book, NewEvent
from notices.ledger.inputs import NewReport
from notices.ledger.records import MailedRecord, ReportRecord
from notices.ledger.schema import AccountRow, BatchRow, DecisionRow, DeliveryRow, NoticeRow, ReportRow
from notices.model import Channel


class ReportsBook(Book):
    """Ledger operations for reports on e-mails."""

    def mailed(self) -> list[MailedRecord]:
        """Return every e-mail that has a Message-ID, oldest first."""
        rows = self.connection.execute(
            select(
                DeliveryRow.id,
                DeliveryRow.message_id,
                DeliveryRow.recipient,
                NoticeRow.number,
                BatchRow.name,
                AccountRow.key,
                DecisionRow.handler,
            )
            .join(NoticeRow, DeliveryRow.notice_id == NoticeRow.id)
            .join(DecisionRow, NoticeRow.decision_id == DecisionRow.id)
            .join(AccountRow, DecisionRow.account_id == AccountRow.id)
            .join(BatchRow, AccountRow.batch_id == BatchRow.id)
            .where(DeliveryRow.channel == Channel.EMAIL, DeliveryRow.message_id.is_not(None))
            .order_by(DeliveryRow.id)
        )
        return [
            MailedRecord(key, message_id or "", recipient, number, batch, account, handler)
            for key, message_id, recipient, number, batch, account, handler in rows
        ]

    def add(self, report: NewReport, *, by: str, at: datetime) -> bool:
        """Record a report and its event; return False, writing nothing, if it is already recorded."""
        if self.connection.execute(select(ReportRow.id).where(ReportRow.key == report.key)).first():
            return False
        row = insert(ReportRow).values(
            key=report.key,
            delivery_id=report.delivery_id,
            kind=report.kind,
            final=report.final,
            address=report.address,
            status=report.status,
            reply=report.reply,
            diagnostic=report.diagnostic,
            sender=report.sender,
            dated=report.dated,
            by=by,
            entered_at=at,
        )
        report_id = self.connection.execute(row.returning(ReportRow.id)).scalar_one()
        told = {"report": report_id, "kind": report.kind.value, "status": report.status}
        self._record([NewEvent("report", "delivery", report.delivery_id, told)], by=by, at=at)
        return True

    def of_delivery(self, delivery_id: int) -> list[ReportRecord]:
        """Return the reports on a delivery, in the order of import."""
        rows = self.connection.execute(
            select(ReportRow).where(ReportRow.delivery_id == delivery_id).order_by(ReportRow.id)
        )
        return [
            ReportRecord(
                id=row.id,
                delivery_id=row.delivery_id,
                kind=row.kind,
                final=row.final,
                address=row.address,
                status=row.status,
                reply=row.reply,
                diagnostic=row.diagnostic,
                sender=row.sender,
                dated=row.dated,
                by=row.by,
                entered_at=row.entered_at,
            )
            for row in rows
        ]
