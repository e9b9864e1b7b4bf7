"""Reading a list: how it is understood, what is wrong in which row, and what has changed since the last one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from notices.errors import NoticesError
from notices.flow.planning import check as checking
from notices.intake.sheets import sheet_names
from notices.web.cells import as_json
from notices.web.stamps import stamp_of
from notices.web.verbs.task import Ended, Task

if TYPE_CHECKING:
    from notices.intake import ArrearsList, Note

MOST_PROBLEMS = 300  # rows of a page; the fix list has them all
MOST_OF_A_KIND = 20  # notes of one kind


def read_list(task: Task) -> Ended:
    """Read a list as a person has chosen, keep the meanings of its headings if they say so, and write its fix list.

    Sheets are named also if it cannot be read: a person may have to choose one.
    """
    path = Path(task.options["path"])
    try:
        found: dict[str, Any] = _read(task)
    except NoticesError as error:
        facts = [part for part in (error.fact, *error.details, error.remedy) if part.text]
        return Ended((), facts, {"sheets": _sheets(path)})
    return Ended((), result={"list": found, "sheets": _sheets(path)})


def _sheets(path: Path) -> list[str]:
    """Return the names of the sheets, none if there is only one or the file cannot be read."""
    try:
        names = sheet_names(path)
    except NoticesError:
        return []
    return names if len(names) > 1 else []


def _read(task: Task) -> dict[str, Any]:
    given = task.options
    reading = checking.Reading(
        Path(given["path"]), date.fromisoformat(given["as_of"]), given["estate"], given["sheet"], given["mapping"],
        task.caller.letters,
    )  # fmt: skip
    stamp = stamp_of(task.workspace, task.ledger)
    read = checking.check(task.workspace, reading, task.ledger)
    if given["save_as"]:
        checking.save_mapping(task.workspace, read, given["save_as"])
        stamp = stamp_of(task.workspace, task.ledger)
    listed = date.fromisoformat(given["list_date"])
    arrears, _ = checking.compared(task.workspace, read, task.ledger, listed)
    notes, more = _first_of_each(arrears.notes)
    return {
        "stamp": stamp,
        "sha256": arrears.source.sha256,
        "sheet": arrears.source.sheet,
        "columns": [[it.heading, it.meaning, it.sample] for it in arrears.columns],
        "not_understood": [[it.heading, list(it.samples)] for it in arrears.not_understood],
        "accounts": len(arrears.accounts),
        "charges": arrears.charges,
        "owed": as_json(arrears.owed),
        "rows": arrears.rows,
        "problems": [
            as_json([it.row, it.column, it.value, it.problem, it.remedy]) for it in arrears.problems[:MOST_PROBLEMS]
        ],
        "problem_count": len(arrears.problems),
        "notes": [as_json([it.row, it.detail]) for it in notes],
        "more": more,
        "fix_list": _fix_list(task, reading, arrears) if arrears.problems else "",
    }


def _fix_list(task: Task, reading: checking.Reading, arrears: ArrearsList) -> str:
    """Write the list with the problems beside the bad rows, next to the upload; return the name of the file."""
    target = reading.path.with_name(f"{token_hex(8)}.xlsx")
    checking.fix_list(
        task.workspace, reading, arrears, target, lambda message: message.translated(task.caller.translate)
    )
    return target.name


def _first_of_each(notes: Iterable[Note]) -> tuple[list[Note], dict[str, int]]:
    """Return the first notes of each kind, and how many more there are of it."""
    counts: Counter[str] = Counter()
    shown: list[Note] = []
    for note in notes:
        counts[note.code] += 1
        if counts[note.code] <= MOST_OF_A_KIND:
            shown.append(note)
    return shown, {code: count - MOST_OF_A_KIND for code, count in counts.items() if count > MOST_OF_A_KIND}
