"""Reports received by e-mail (bounces, receipts, replies), each matched to its e-mail and recorded once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select

from notices.ledger import schema
from notices.ledger.base import Book, NewEvent
from notices.ledger.inputs import NewReport
from notices.ledger.records import MailedRecord, ReportRecord
from notices.model import Channel, State


class ReportsBook(Book):
    """Ledger operations for reports on e-mails."""

    def mailed(self) -> list[MailedRecord]:
        """Return every e-mail that has a Message-ID, oldest first, the withdrawn ones last.

        A notice taken out of a letter of several has the Message-ID of that letter, which is sent without it.
        """
        rows = self.connection.execute(
            select(
                schema.deliveries.c.id,
                schema.deliveries.c.message_id,
                schema.deliveries.c.recipient,
                schema.notices.c.number,
                schema.batches.c.name,
                schema.accounts.c.key,
                schema.decisions.c.handler,
            )
            .select_from(schema.deliveries)
            .join(schema.notices, schema.deliveries.c.notice_id == schema.notices.c.id)
            .join(schema.decisions, schema.notices.c.decision_id == schema.decisions.c.id)
            .join(schema.accounts, schema.decisions.c.account_id == schema.accounts.c.id)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .where(schema.deliveries.c.channel == Channel.EMAIL, schema.deliveries.c.message_id.is_not(None))
            .order_by(schema.deliveries.c.state == State.WITHDRAWN, schema.deliveries.c.id)
        )
        return [
            MailedRecord(key, message_id or "", recipient, number, batch, account, handler)
            for key, message_id, recipient, number, batch, account, handler in rows
        ]

    def add(self, report: NewReport, *, by: str, at: datetime) -> bool:
        """Record a report and its event; return False, writing nothing, if it is already recorded."""
        if self.connection.execute(select(schema.reports.c.id).where(schema.reports.c.key == report.key)).first():
            return False
        row = insert(schema.reports).values(
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
        report_id = self.connection.execute(row.returning(schema.reports.c.id)).scalar_one()
        told = {"report": report_id, "kind": report.kind.value, "status": report.status}
        self._record([NewEvent("report", "delivery", report.delivery_id, told)], by=by, at=at)
        return True

    def of_delivery(self, delivery_id: int) -> list[ReportRecord]:
        """Return the reports on a delivery, and on the others in its letter, in the order of import."""
        columns = schema.deliveries.c
        mine = select(columns.letter_id).where(columns.id == delivery_id).scalar_subquery()
        inside = select(columns.id).where(columns.letter_id == mine)
        wanted = (schema.reports.c.delivery_id == delivery_id) | schema.reports.c.delivery_id.in_(inside)
        rows = self.connection.execute(select(schema.reports).where(wanted).order_by(schema.reports.c.id))
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
