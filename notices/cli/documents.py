"""The JSON documents of docs/cli.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from notices.intake import ArrearsList, Note, Problem
from notices.ledger import DecisionRecord, NoticeRecord
from notices.messages import Message
from notices.rules.money import plain

Text = Callable[[Message], str]


def check_document(arrears: ArrearsList, text: Text) -> dict[str, object]:
    """What `check --json` gives."""
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
        "accounts": len(arrears.accounts),
        "charges": arrears.charges,
        "owed": plain(arrears.owed),
        "problems": [problem_document(problem, text) for problem in arrears.problems],
        "notes": [note_document(note, text) for note in arrears.notes],
    }


def note_document(note: Note, text: Text) -> dict[str, object]:
    """One note."""
    return {
        "code": note.code,
        "sheet": note.sheet,
        "row": note.row,
        "column": note.column,
        "value": note.value,
        "detail": text(note.detail),
    }


def problem_document(problem: Problem, text: Text) -> dict[str, object]:
    """One row error."""
    return {
        "sheet": problem.sheet,
        "row": problem.row,
        "column": problem.column,
        "value": problem.value,
        "problem": text(problem.problem),
        "remedy": text(problem.remedy),
    }


def list_document(arrears: ArrearsList, text: Text) -> dict[str, object]:
    """The list of a plan: what was received, and which accounts were rejected for which problems."""
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
    """One decision with the notice that came of it."""
    account, decision, notice = entry.account, entry.decision, entry.notice
    return {
        "account": account.key,
        "estate": account.estate,
        "unit": account.unit,
        "owner": account.owner,
        "action": decision.action.value,
        "tier": decision.tier,
        "reason": decision.reason,
        "detail": text(decision.detail),
        "principal": plain(decision.principal),
        "late_fee": plain(decision.late_fee),
        "total": plain(decision.total),
        "oldest_due": day(decision.oldest_due),
        "days_overdue": decision.days_overdue,
        "scope": decision.scope,
        "limitation_date": day(decision.limitation_date),
        "channels": [channel.value for channel in decision.channels],
        "warnings": list(decision.warnings),
        "handler": entry.handler,
        "excluded": entry.excluded,
        **notice_part(notice),
    }


def notice_part(notice: NoticeRecord | None) -> dict[str, object]:
    """Number, state and deliveries of a notice; all empty where nothing goes out."""
    if notice is None:
        return {"notice": None, "state": None, "deliveries": []}
    return {
        "notice": notice.number,
        "state": notice.state.value,
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


def day(value: date | None) -> str | None:
    """An ISO date, or null."""
    return value.isoformat() if value else None
