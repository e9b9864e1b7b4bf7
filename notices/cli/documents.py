"""JSON documents of docs/cli.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date
from typing import TYPE_CHECKING

from notices.messages import NOTHING, Message, say
from notices.rules.money import format_plain
from notices.words import period_of

if TYPE_CHECKING:
    from notices.flow.planning.letters_saved import LettersSaved
    from notices.flow.status import SharedLetter
    from notices.intake import ArrearsList, Note, Problem
    from notices.ledger import (
        BatchRecord,
        DecisionRecord,
        DiscardRecord,
        HoldRecord,
        NoticeRecord,
        PaymentRecord,
        ReplyRecord,
    )
    from notices.model import ChargeStanding

Text = Callable[[Message], str]


def check_document(arrears: ArrearsList, text: Text) -> dict[str, object]:
    """Return the JSON document of `check`."""
    source = arrears.source
    return {
        "list": {
            "file": source.file,
            "sha256": source.sha256,
            "sheet": source.sheet,
            "encoding": source.encoding,
            "shape": source.shape,
        },
        "columns": [
            {"heading": column.heading, "meaning": column.meaning, "sample": column.sample}
            for column in arrears.columns
        ],
        **unknown_columns_document(arrears),
        "accounts": len(arrears.accounts),
        "charges": arrears.charges,
        "owed": format_plain(arrears.owed),
        "problems": [problem_document(problem, text) for problem in arrears.problems],
        "notes": [note_document(note, text) for note in arrears.notes],
    }


def unknown_columns_document(arrears: ArrearsList) -> dict[str, object]:
    """Return the columns that were not understood as a key of a JSON document; empty if there are none."""
    found = [{"heading": column.heading, "samples": list(column.samples)} for column in arrears.not_understood]
    return {"not_understood": found} if found else {}


def note_document(note: Note, text: Text) -> dict[str, object]:
    """Return a note on a list as JSON."""
    return {
        "code": note.code,
        "sheet": note.sheet,
        "row": note.row,
        "column": note.column,
        "value": note.value,
        "detail": text(note.detail),
    }


def problem_document(problem: Problem, text: Text) -> dict[str, object]:
    """Return a problem of a row as JSON."""
    return {
        "sheet": problem.sheet,
        "row": problem.row,
        "column": problem.column,
        "value": problem.value,
        "problem": text(problem.problem),
        "remedy": text(problem.remedy),
    }


def list_document(arrears: ArrearsList, text: Text) -> dict[str, object]:
    """Return the list of a plan as JSON: the file received, and the rejected accounts with their problems."""
    return {
        "file": arrears.source.file,
        "sha256": arrears.source.sha256,
        "rows": arrears.rows,
        "rejected": [
            {
                "account": rejected.account,
                "rows": list(rejected.rows),
                "problems": [problem_document(problem, text) for problem in rejected.problems],
            }
            for rejected in arrears.rejected
        ],
    }


def decision_document(entry: DecisionRecord, text: Text) -> dict[str, object]:
    """Return a decision and its notice as JSON."""
    account, decision = entry.account, entry.decision
    return {
        "account": account.key,
        "estate": account.estate,
        "unit": account.unit,
        "owner": account.owner,
        "action": decision.action.value,
        "tier": decision.tier,
        "reason": decision.reason,
        "detail": text(decision.detail),
        "principal": format_plain(decision.principal),
        "late_fee": format_plain(decision.late_fee),
        "total": format_plain(decision.total),
        "oldest_due": day(decision.oldest_due),
        "days_overdue": decision.days_overdue,
        "scope": decision.scope,
        "limitation_date": day(decision.limitation_date),
        "channels": [channel.value for channel in decision.channels],
        "warnings": list(decision.warnings),
        "handler": entry.handler,
        "excluded": entry.excluded,
        **notice_part(entry),
    }


def account_part(entry: DecisionRecord) -> dict[str, object]:
    """Return what a decision rests on as JSON, to be added to it: charges, and how to reach the owner."""
    account = entry.account
    return {
        "telephone": account.telephone,
        "email": account.email,
        "address": account.address,
        "postcode": account.postcode,
        "building": account.building,
        "rows": list(account.rows),
        "charges": [charge_document(standing) for standing in entry.decision.standings],
    }


def charge_document(standing: ChargeStanding) -> dict[str, object]:
    """Return a charge as its list shows it, and as it stood when it was decided on, as JSON."""
    charge = standing.charge
    return {
        "item": charge.item,
        "period": period_of(charge),
        "due_date": day(charge.due_date),
        "due": format_plain(charge.due),
        "waived": format_plain(charge.waived),
        "paid": format_plain(charge.paid),
        "rate": charge.rate,
        "balance": format_plain(standing.balance),
        "days_late": standing.days_late,
        "late_fee": format_plain(standing.late_fee),
        "claimable": standing.claimable,
        "rows": list(charge.rows),
    }


def discard_document(discarded: DiscardRecord | None) -> dict[str, object] | None:
    """Return by whom, when and why a batch was discarded; None if it was not."""
    if discarded is None:
        return None
    return {"by": discarded.by, "at": discarded.at.astimezone(UTC).isoformat(), "why": discarded.why}


def discarded_note(record: BatchRecord) -> Message:
    """Return the note on by whom, when and why a batch was discarded; empty if it was not."""
    if record.discarded is None:
        return NOTHING
    return say(
        "Batch {batch} was discarded by {name} on {day}. {why}",
        batch=record.name,
        name=record.discarded.by,
        day=record.discarded.at.date().isoformat(),
        why=record.discarded.why,
    )


def notice_part(entry: DecisionRecord) -> dict[str, object]:
    """Return number, state and deliveries of a decision's notice as JSON; all of them empty if nothing goes out."""
    if entry.notice is None or entry.state is None:
        return {"notice": None, "state": None, "deliveries": []}
    return notice_facts(entry.notice, entry.state)


def letter_document(letter: SharedLetter | None) -> dict[str, object]:
    """Return the letter for several units in which a notice leaves as JSON; empty for a letter of its own."""
    return {} if letter is None else {"letter": letter.number, "letter_accounts": list(letter.accounts)}


def saved_document(saved: LettersSaved | None) -> dict[str, object]:
    """Return what a plan saves by combining letters as JSON; empty if nothing is combined."""
    if saved is None:
        return {}
    figures = ("notices", "combined", "letters", "envelopes", "pages", "sheets")
    return {"saved": {name: getattr(saved, name) for name in figures}}


def notice_facts(notice: NoticeRecord, state: str) -> dict[str, object]:
    """Return number, state, dates and deliveries of a notice as JSON."""
    return {
        "notice": notice.number,
        "state": str(state),
        "letter_date": day(notice.date),
        "deadline": day(notice.deadline),
        "deliveries": [
            {
                "channel": delivery.channel.value,
                "to": delivery.recipient,
                "state": delivery.state.value,
                "at": delivery.since.isoformat(),
            }
            for delivery in notice.deliveries
        ],
    }


def hold_document(record: HoldRecord) -> dict[str, object]:
    """Return a hold as JSON."""
    hold = record.hold
    return {
        "hold": record.id,
        "account": record.case.key,
        "kind": hold.kind.value,
        "registered": day(hold.registered),
        "until": day(hold.until),
        "amount": None if hold.amount is None else format_plain(hold.amount),
        "instalments": [{"date": day(part.date), "amount": format_plain(part.amount)} for part in hold.instalments],
        "note": hold.note,
        "lifted": day(record.lifted_on),
    }


def payment_document(record: PaymentRecord) -> dict[str, object]:
    """Return a payment as JSON."""
    return {
        "payment": record.id,
        "account": record.case.key,
        "amount": format_plain(record.payment.amount),
        "date": day(record.payment.date),
        "note": record.note,
        "by": record.by,
        "taken_back": day(record.taken_back_at.date() if record.taken_back_at else None),
        "why": record.why,
    }


def day(value: date | None) -> str | None:
    """Return the date in ISO 8601, or None."""
    return value.isoformat() if value else None


def reply_document(record: ReplyRecord) -> dict[str, object]:
    """Return a letter of reply as JSON, with where it stands by each way."""
    return {
        "number": record.number,
        "kind": record.kind,
        "account": record.case.key,
        "notice": record.notice,
        "date": day(record.date),
        "deliveries": [
            {"channel": way.channel.value, "to": way.recipient, "state": way.state.value, "job": way.job}
            for way in record.deliveries
        ],
    }
