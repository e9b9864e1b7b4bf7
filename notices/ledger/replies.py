"""Letters of reply: answer sheets, resolved objections, confirmed plans; each with a number and ways of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select, true, update

from notices.errors import Refused, UsageMistake
from notices.ledger import schema
from notices.ledger.base import Book, NewEvent
from notices.ledger.inputs import NewReply, ReplyChange
from notices.ledger.numbers import next_numbers
from notices.ledger.reading import decisions_of
from notices.ledger.records import DecisionRecord, ReplyDelivery, ReplyRecord
from notices.ledger.spellings import spellings
from notices.messages import say
from notices.model import CaseKey, State
from notices.rules.states import may_follow
from notices.spelling import comparable_number
from notices.words import word


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
        ways = [
            {"reply_id": key, "channel": channel, "recipient": to, "state": State.RENDERED, "since": at}
            for channel, to in reply.recipients.items()
        ]
        if ways:
            self.connection.execute(insert(schema.reply_deliveries), ways)
        facts = {"kind": reply.kind, "number": reply.number, "sha256": reply.sha256}
        self._record([NewEvent("reply-made", "reply", key, facts)], by=by, at=at)
        return self._where(schema.replies.c.id == key)[0]

    def all(self) -> list[ReplyRecord]:
        """Return all letters of reply in the order of entry."""
        return self._where(true())

    def about(self, kind: str, subject: str) -> list[ReplyRecord]:
        """Return the letters of one kind about the same thing."""
        return self._where((schema.replies.c.kind == kind) & (schema.replies.c.subject == subject))

    def of_notices(self, notice_ids: Collection[int]) -> list[ReplyRecord]:
        """Return the letters that reply to what came back for these notices."""
        return self._where(schema.replies.c.notice_id.in_(sorted(notice_ids)))

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

    def answered_slips(self) -> frozenset[int]:
        """Return the slips (ids) whose answer sheet has left, or may have."""
        found = (each for each in self._where(schema.replies.c.kind == "answer") if each.may_have_left)
        return frozenset(int(each.subject.partition(":")[2]) for each in found)

    def set_states(self, changes: Iterable[ReplyChange], *, by: str, at: datetime) -> None:
        """Change the states of deliveries and record the events; raises Refused for a transition that cannot be."""
        for change in changes:
            now = self._way(change.delivery_id)
            if not may_follow(now.channel, now.state, change.state):
                raise Refused(
                    say("{now} cannot become {state}.", now=word(now.state), state=word(change.state)),
                    say("`notices letter list` shows the state of each letter."),
                )
            self.connection.execute(
                update(schema.reply_deliveries)
                .where(schema.reply_deliveries.c.id == change.delivery_id)
                .values(
                    state=change.state,
                    since=at,
                    job=change.job or now.job,
                    message_id=change.message_id or now.message_id,
                    sha256=change.sha256 or now.sha256,
                )
            )
            told = {"from": now.state.value, "to": change.state.value, **change.data}
            self._record([NewEvent(change.state.value, "reply-delivery", change.delivery_id, told)], by=by, at=at)

    def _way(self, delivery_id: int) -> ReplyDelivery:
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
                deliveries=tuple(ways[row.id]),
            )
            for row in rows
        ]


def _delivery(row: object) -> ReplyDelivery:
    return ReplyDelivery(**{key: value for key, value in dict(row).items() if key != "reply_id"})  # type: ignore[call-overload]  # a mapping of columns
