"""Reading what came back: e-mails, the carrier's table, slips, statements. Each verb loads only its own readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from notices.errors import NoticesError
from notices.messages import Message, say
from notices.web.cells import as_json
from notices.web.verbs.task import Ended, Task
from notices.words import word

MOST_ROWS = 500
PROBLEM_HEADINGS = (say("row"), say("column"), say("value"), say("problem"), say("remedy"))


def read_mail(task: Task) -> Ended:
    """Record the bounces and replies in files of e-mails."""
    from notices.flow.replies import bounces
    from notices.flow.replies.bounce_sentences import attention_of

    read = bounces.import_bounces(task.workspace, task.ledger, _paths(task), by=task.by, at=task.caller.now())

    def place(each: bounces.Bounce) -> str:
        return f"{task.options['names'].get(str(each.file), each.file.name)}{f':{each.index}' if each.index else ''}"

    told = say(
        "{count} message(s): {matched} about our notices, {recorded} new; {unmatched} report(s) match none.",
        count=len(read.messages), matched=sum(each.mailed is not None for each in read.messages),
        recorded=sum(each.recorded for each in read.messages),
        unmatched=sum(bounces.unmatched(each) for each in read.messages),
    )  # fmt: skip
    rows = [
        (
            place(each), word(each.report.kind.value), next((it.address for it in each.report.recipients), ""),
            each.mailed.number if each.mailed else "", word(each.state.value) if each.state else "",
        )
        for each in read.messages
        if each.mailed or bounces.unmatched(each)
    ]  # fmt: skip
    headings = (say("file"), say("kind"), say("to"), say("number"), say("state"))
    return Ended((told,), attention_of(read, place), _table(headings, rows))


def read_carrier(task: Task) -> Ended:
    """Record the carrier's waybills and results."""
    from notices.flow.replies import carrier

    now = task.caller.now()
    order = carrier.ImportOrder(task.by, now, now.date())
    (path, *_) = _paths(task)
    done = carrier.import_results(task.workspace, task.ledger, path, order, sheet=task.options["sheet"])
    told = done.done if done.done.text else _counts(done)
    problems = [(it.row, it.column, it.value, it.problem, it.remedy) for it in done.problems]
    return Ended((told, done.note), done.attention, _table(PROBLEM_HEADINGS, problems))


def read_slips(task: Task) -> Ended:
    """Record slips: a typed list, PDFs filled in on screen, and scans where they can be read."""
    from notices.flow.replies import slips

    received = date.fromisoformat(task.options["received"])
    order = slips.Import(received=received, by=task.by, at=task.caller.now())
    done = slips.import_slips(task.workspace, task.ledger, _paths(task), order)
    try:
        labels = slips.labels(task.workspace) if task.language == "zh" else {}
    except NoticesError:
        labels = {}
    told = say(
        "{count} slip(s) recorded, {known} known already.",
        count=sum(each.new for each in done.taken), known=sum(not each.new for each in done.taken),
    )  # fmt: skip
    rows = [
        (each.number, each.account, "、".join(labels.get(code, code) for code in each.slip.objections))
        for each in done.taken
    ]
    suggested = [message for each in done.taken for message in each.suggestions]
    headings = (say("notice"), say("account"), say("objections"))
    return Ended((told,), [*done.attention, *_sentences(done.problems), *suggested], _table(headings, rows))


def read_statements(task: Task) -> Ended:
    """Record the lines of statements: certain ones are booked, likely ones proposed."""
    from notices.flow.replies import bank

    now = task.caller.now()
    order = bank.StatementOrder(by=task.by, at=now, today=now.date())
    taken = bank.import_statements(task.workspace, task.ledger, _paths(task), order, task.caller.letters)
    told = say(
        "{booked} payment(s) booked, {proposed} proposed below, {ignored} line(s) left out.",
        booked=len(taken.booked), proposed=len(taken.proposed), ignored=len(taken.ignored),
    )  # fmt: skip
    rows = [(line.date, case.key, line.amount, line.text) for line, case in taken.booked]
    attention = [*_sentences(it for _, it in taken.problems), *taken.attention]
    headings = (say("date"), say("account"), say("amount"), say("text"))
    return Ended((told,), attention, _table(headings, rows))


def _paths(task: Task) -> list[Path]:
    return [Path(each) for each in task.options["paths"]]


def _counts(done: Any) -> Message:
    return say(
        "{new} new, {changed} changed, {same} known already; {problems} row(s) with problems.",
        new=done.new, changed=done.changed, same=done.same, problems=len(done.problems),
    )  # fmt: skip


def _sentences(problems: Iterable[Any]) -> list[Message]:
    return [say("Row {row}: {problem} {remedy}", row=it.row, problem=it.problem, remedy=it.remedy) for it in problems]


def _table(headings: Sequence[Message], rows: Sequence[Sequence[object]]) -> dict[str, Any]:
    return {"headings": as_json(headings), "rows": [as_json(row) for row in rows[:MOST_ROWS]]}
