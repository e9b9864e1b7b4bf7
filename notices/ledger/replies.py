"""Letters of reply: answer sheets, resolved objections, confirmed plans; each with a number and ways of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, insert, select, true, update

from notices.errors import Refused, UsageMistake
from notices.ledger import schema
from notices.ledger.base import Book, NewEvent
from notices.ledger.inputs import NewReply, NewReport, ReplyChange
from notices.ledger.numbers import next_numbers
from notices.ledger.reading import decisions_of
from notices.ledger.reconciling import RECONCILED
from notices.ledger.records import (
    CarrierRecord,
    DecisionRecord,
    MailedRecord,
    ReplyDelivery,
    ReplyRecord,
    ReportRecord,
)
from notices.ledger.sealing import not_as_recorded
from notices.ledger.spellings import spellings
from notices.messages import say
from notices.model import FAILED, CaseKey, Channel, State
from notices.rules.states import may_follow
from notices.spelling import comparable_number
from notices.words import word

PRINTED = (State.SPOOLED.value, RECONCILED)  # kinds of events of a letter that went into a print job
JOB_FILES = "files"  # key in the event of a letter that was printed: the files of its job
LOST = "lost:"  # begins the subject of a letter that left and that an older ledger knows by its file only


class RepliesBook(Book):
    """Ledger operations for letters of reply."""

    def numbers(self, series: str, count: int) -> list[str]:
        """Return the next free numbers of a series, without taking them."""
        return next_numbers(self.connection, series, count)

    def save(self, reply: NewReply, *, by: str, at: datetime) -> ReplyRecord:
        """Record a letter that was made, in place of one about the same that has not left.

        Raises Refused if one about the same may have left, or if another letter has taken the number meanwhile.
        """
        for earlier in self.about(reply.kind, reply.subject):
            if earlier.came_back:
                continue
            if earlier.may_have_left:
                raise Refused(
                    say("{number} about the same has already gone out.", number=earlier.number),
                    say("`notices letter list` shows it."),
                )
            self._remove(earlier)
        if any(each.number == reply.number for each in self.all()):
            raise Refused(
                say("The number {number} was taken meanwhile.", number=reply.number), say("Make the letter again.")
            )
        row = insert(schema.replies).values(
            **self._next_id(schema.replies, "reply"),
            number=reply.number,
            kind=reply.kind,
            subject=reply.subject,
            estate=reply.case.estate,
            unit=reply.case.unit,
            case_owners=reply.case.owners,
            account_id=reply.account_id,
            notice_id=reply.notice_id,
            principal=reply.principal,
            date=reply.date,
            file=reply.file,
            sha256=reply.sha256,
            pages=reply.pages,
            by=by,
            entered_at=at,
        )
        key: int = self.connection.execute(row.returning(schema.replies.c.id)).scalar_one()
        for channel, to in reply.recipients.items():
            new = self._next_id(schema.reply_deliveries, "reply-delivery")
            way = {"reply_id": key, "channel": channel, "recipient": to, "state": State.RENDERED, "since": at}
            self.connection.execute(insert(schema.reply_deliveries).values(**new, **way))
        facts = {"kind": reply.kind, "number": reply.number, "sha256": reply.sha256}
        self._record([NewEvent("reply-made", "reply", key, facts)], by=by, at=at)
        return self._where(schema.replies.c.id == key)[0]

    def _next_id(self, table: Table, what: str) -> dict[str, int]:
        """Return an id that no row has had, as SQLite does not: letters are removed, and their events stay."""
        if self.connection.dialect.name != "sqlite":
            return {}
        used = select(func.max(schema.events.c.what_id)).where(schema.events.c.what == what)
        last = (select(func.max(table.c.id)), used)
        return {"id": 1 + max(self.connection.execute(each).scalar() or 0 for each in last)}

    def all(self) -> list[ReplyRecord]:
        """Return all letters of reply in the order of entry."""
        return self._where(true())

    def about(self, kind: str, subject: str) -> list[ReplyRecord]:
        """Return the letters of one kind about the same thing."""
        return self._where((schema.replies.c.kind == kind) & (schema.replies.c.subject == subject))

    def of_notices(self, notice_ids: Collection[int]) -> list[ReplyRecord]:
        """Return the letters that reply to what came back for these notices."""
        return self._where(schema.replies.c.notice_id.in_(sorted(notice_ids)))

    def of_case(self, case: CaseKey) -> list[ReplyRecord]:
        """Return the letters to an owner, under every spelling of the name."""
        wanted = spellings(self.connection).today(case)
        return [each for each in self._where(schema.replies.c.estate == case.estate) if each.case == wanted]

    def find(self, number: str) -> ReplyRecord:
        """Return the letter of that number; raises UsageMistake if there is none."""
        wanted = comparable_number(number)
        for each in self.all():
            if comparable_number(each.number) == wanted:
                return each
        raise UsageMistake(
            say("There is no letter of reply numbered “{number}”.", number=number),
            say("`notices letter list` shows them."),
        )

    def account_of(self, decision_id: int) -> int:
        """Return the account (id) that a decision is about."""
        chosen = select(schema.decisions.c.account_id).where(schema.decisions.c.id == decision_id)
        account_id: int = self.connection.execute(chosen).scalar_one()
        return account_id

    def entry_of(self, reply: ReplyRecord) -> DecisionRecord:
        """Return the account, as its list has it, to which a letter is addressed."""
        chosen = select(schema.accounts.c.id).where(schema.accounts.c.id == reply.account_id)
        return decisions_of(self.connection, chosen)[0]

    def is_changed(self, reply: ReplyRecord) -> bool:
        """Return whether the rows of a letter, or of its account, are not what the chain of events vouches for."""
        return bool(not_as_recorded(self.connection, [("replies", str(reply.id)), ("accounts", str(reply.account_id))]))

    def job_files(self) -> dict[str, dict[str, str]]:
        """Return the SHA-256 of each file of the print jobs of letters, by job; earlier versions recorded none."""
        events, ways = schema.events.c, schema.reply_deliveries.c
        wanted = (
            select(ways.job, events.data)
            .select_from(schema.reply_deliveries)
            .join(schema.events, events.what_id == ways.id)
            .where(events.what == "reply-delivery", events.kind.in_(PRINTED), ways.job.is_not(None))
            .order_by(events.id)
        )
        return {
            job: dict(data[JOB_FILES])
            for job, data in self.connection.execute(wanted)
            if data.get("job") == job and JOB_FILES in data
        }

    def answered_slips(self) -> frozenset[int]:
        """Return the slips (ids) whose answer sheet has left, or may have."""
        letters = self._where((schema.replies.c.kind == "answer") & schema.replies.c.subject.like("slip:%"))
        found = (each for each in letters if each.may_have_left and not each.came_back)
        return frozenset(int(each.subject.partition(":")[2]) for each in found)

    def set_states(self, changes: Iterable[ReplyChange], *, by: str, at: datetime) -> None:
        """Change the states of deliveries and record the events; raises Refused for a transition that cannot be."""
        for change in changes:
            now = self.way(change.delivery_id)
            if not may_follow(now.channel, now.state, change.state):
                raise Refused(
                    say("{now} cannot become {state}.", now=word(now.state), state=word(change.state)),
                    say("`notices letter list` shows the state of each letter."),
                )
            self.connection.execute(
                update(schema.reply_deliveries)
                .where(schema.reply_deliveries.c.id == change.delivery_id)
                .values(**_values(change, now), since=at)
            )
            job = {"job": change.job} if change.job else {}
            told = {"from": now.state.value, "to": change.state.value, **job, **change.data}
            event = NewEvent(change.kind or change.state.value, "reply-delivery", change.delivery_id, told)
            self._record([event], by=by, at=at)

    def cut_off(self, *, by: str, at: datetime) -> None:
        """Set e-mails to UNKNOWN that an interrupted command left in SENDING; the caller keeps others from sending."""
        left = select(schema.reply_deliveries.c.id).where(schema.reply_deliveries.c.state == State.SENDING)
        changes = [ReplyChange(key, State.UNKNOWN, kind="cut-off") for key in self.connection.execute(left).scalars()]
        self.set_states(changes, by=by, at=at)

    def mailed(self) -> list[MailedRecord]:
        """Return every letter of reply that has a Message-ID, oldest first."""
        ways, letters = schema.reply_deliveries.c, schema.replies.c
        rows = self.connection.execute(
            select(
                ways.id,
                ways.message_id,
                ways.recipient,
                letters.number,
                schema.batches.c.name,
                schema.accounts.c.key,
                schema.decisions.c.handler,
            )
            .select_from(schema.reply_deliveries)
            .join(schema.replies, ways.reply_id == letters.id)
            .join(schema.accounts, letters.account_id == schema.accounts.c.id)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .outerjoin(schema.decisions, schema.decisions.c.account_id == schema.accounts.c.id)
            .where(ways.channel == Channel.EMAIL, ways.message_id.is_not(None))
            .order_by(ways.id)
        )
        return [
            MailedRecord(key, message_id or "", recipient, number, batch, account, handler, reply=True)
            for key, message_id, recipient, number, batch, account, handler in rows
        ]

    def add_report(self, report: NewReport, *, by: str, at: datetime) -> bool:
        """Record a report on a letter of reply; return False, writing nothing, if it is already recorded."""
        table = schema.reply_reports
        if self.connection.execute(select(table.c.id).where(table.c.key == report.key)).first():
            return False
        row = insert(table).values(**asdict(report), by=by, entered_at=at)
        report_id = self.connection.execute(row.returning(table.c.id)).scalar_one()
        told = {"report": report_id, "kind": report.kind.value, "status": report.status}
        self._record([NewEvent("report", "reply-delivery", report.delivery_id, told)], by=by, at=at)
        return True

    def reports_of(self, delivery_id: int) -> list[ReportRecord]:
        """Return the reports on a letter of reply by one channel, in the order of import."""
        table = schema.reply_reports
        rows = self.connection.execute(select(table).where(table.c.delivery_id == delivery_id).order_by(table.c.id))
        names = [each.name for each in fields(ReportRecord)]
        return [ReportRecord(**{name: row._mapping[name] for name in names}) for row in rows]

    def posted(self, numbers: Collection[str], waybills: Collection[str]) -> list[CarrierRecord]:
        """Return the letters of reply on paper with these numbers or waybills, each once."""
        wanted, known = {comparable_number(each) for each in numbers}, set(waybills)
        return [
            CarrierRecord(
                way.id, each.number, each.date, each.batch, way.state, way.on, way.waybill, bool(way.job), reply=True
            )
            for each in self.all()
            for way in each.deliveries
            if way.channel is Channel.PRINT
            if comparable_number(each.number) in wanted or (way.waybill is not None and way.waybill in known)
        ]

    def set_waybills(self, waybills: Mapping[int, str], *, by: str, at: datetime) -> None:
        """Record waybills by the id of the letter's way, each with its event."""
        table = schema.reply_deliveries
        for key, waybill in waybills.items():
            self.connection.execute(update(table).where(table.c.id == key).values(waybill=waybill))
            self._record([NewEvent("waybill", "reply-delivery", key, {"waybill": waybill})], by=by, at=at)

    def way(self, delivery_id: int) -> ReplyDelivery:
        """Return a letter of reply by one channel in its present state."""
        row = self.connection.execute(
            select(schema.reply_deliveries).where(schema.reply_deliveries.c.id == delivery_id)
        ).one()
        return _delivery(row._mapping)

    def _remove(self, reply: ReplyRecord) -> None:
        """Remove a letter that has not left; its events stay."""
        self.connection.execute(delete(schema.reply_deliveries).where(schema.reply_deliveries.c.reply_id == reply.id))
        self.connection.execute(delete(schema.replies).where(schema.replies.c.id == reply.id))

    def drop(self, replies: Sequence[ReplyRecord], *, by: str, at: datetime) -> None:
        """Drop letters that have not left and no longer say what is true; an event keeps the number of each."""
        for reply in replies:
            self._remove(reply)
            self._record([NewEvent("reply-dropped", "reply", reply.id, {"number": reply.number})], by=by, at=at)

    def _where(self, wanted: ColumnElement[bool]) -> list[ReplyRecord]:
        known = spellings(self.connection)
        rows = self.connection.execute(
            select(schema.replies, schema.notices.c.number.label("notice"), schema.batches.c.name.label("batch"))
            .select_from(schema.replies)
            .join(schema.accounts, schema.replies.c.account_id == schema.accounts.c.id)
            .join(schema.batches, schema.accounts.c.batch_id == schema.batches.c.id)
            .outerjoin(schema.notices, schema.replies.c.notice_id == schema.notices.c.id)
            .where(wanted)
            .order_by(schema.replies.c.id)
        ).all()
        ways: dict[int, list[ReplyDelivery]] = {row.id: [] for row in rows}
        chosen = select(schema.reply_deliveries).order_by(schema.reply_deliveries.c.id)
        for way in self.connection.execute(chosen):
            if way.reply_id in ways:
                ways[way.reply_id].append(_delivery(way._mapping))
        return [
            ReplyRecord(
                id=row.id,
                number=row.number,
                kind=row.kind,
                subject=row.subject,
                case=known.today(CaseKey(row.estate, row.unit, row.case_owners)),
                account_id=row.account_id,
                batch=row.batch,
                notice_id=row.notice_id,
                notice=row.notice,
                principal=row.principal,
                date=row.date,
                file=row.file,
                sha256=row.sha256,
                pages=row.pages,
                by=row.by,
                entered_at=row.entered_at.astimezone(self.zone),
                deliveries=tuple(ways[row.id]),
            )
            for row in rows
        ]


def _delivery(row: Mapping[Any, Any]) -> ReplyDelivery:
    told = {key: value for key, value in row.items() if key != "reply_id"}
    return ReplyDelivery(**{**told, "attempt": row["attempt"] or 0})


def _values(change: ReplyChange, now: ReplyDelivery) -> dict[str, Any]:
    outcome = change.state in FAILED or change.state is State.DELIVERED
    mail = change.mail
    return {
        "state": change.state,
        "on": change.on if outcome else now.on,
        "cause": change.cause if outcome else now.cause,
        "job": change.job or now.job,
        "attempt": now.attempt + (change.state is State.SENDING),
        "message_id": mail.message_id or now.message_id,
        "sha256": mail.sha256 or now.sha256,
        "server_code": now.server_code if mail.server_code is None else mail.server_code,
        "server_text": now.server_text if mail.server_text is None else mail.server_text,
    }
