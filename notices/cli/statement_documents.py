"""JSON documents of payments from statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notices.cli.documents import Text, day
from notices.rules.money import format_plain

if TYPE_CHECKING:
    from notices.flow.replies.bank import StatementsTaken
    from notices.flow.replies.match import SettledProposal
    from notices.intake import Problem
    from notices.ledger import LineRecord
    from notices.model import CaseKey


def statements_document(taken: StatementsTaken, text: Text) -> dict[str, object]:
    """Return the result of an import; of a dry run, the payments and proposals have no numbers."""
    return {
        "files": [{"file": it.file, "format": it.format, "lines": it.lines} for it in taken.files],
        "booked": [
            _booked(line, case, line.payments[0] if line.payments else None, line.why) for line, case in taken.booked
        ],
        "proposed": [proposal_document(line) for line in taken.proposed],
        "ignored": [
            {"file": it.file, "line": it.row, "amount": format_plain(it.amount), "why": it.why} for it in taken.ignored
        ],
        "problems": [_problem(file, problem, text) for file, problem in taken.problems],
        "attention": [text(message) for message in taken.attention],
    }


def proposal_document(line: LineRecord) -> dict[str, object]:
    """Return a proposal, with the amount that waits."""
    return {
        "proposal": line.id or None,
        "file": line.file,
        "line": line.row,
        "date": day(line.date),
        "amount": format_plain(line.waiting),
        "text": line.text,
        "candidates": [{"account": it.case.key, "why": it.why} for it in line.candidates],
    }


def settled_document(settled: SettledProposal, text: Text) -> dict[str, object]:
    """Return a settled proposal: what was booked, and what still waits."""
    booked = []
    if settled.case is not None:
        record = _booked(settled.line, settled.case, settled.payment, "confirmed")
        booked = [{**record, "amount": format_plain(settled.amount)}]
    return {
        "proposal": settled.line.id,
        "booked": booked,
        "waiting": format_plain(settled.waiting),
        "attention": [text(message) for message in settled.attention],
    }


def _booked(line: LineRecord, case: CaseKey, payment: int | None, why: str) -> dict[str, object]:
    return {
        "payment": payment,
        "file": line.file,
        "line": line.row,
        "account": case.key,
        "amount": format_plain(line.amount - line.returned),
        "date": day(line.date),
        "why": why,
    }


def _problem(file: str, problem: Problem, text: Text) -> dict[str, object]:
    return {
        "file": file,
        "row": problem.row,
        "column": problem.column,
        "value": problem.value,
        "problem": text(problem.problem),
        "remedy": text(problem.remedy),
    }
