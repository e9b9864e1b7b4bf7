"""Writer of fix lists: a copy of the list with problem and remedy beside each bad row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from notices.errors import Unusable
from notices.intake.arrears import open_arrears
from notices.intake.headings import ASIDE
from notices.intake.open_table import Opened
from notices.intake.problems import Problem
from notices.intake.results import ArrearsList
from notices.intake.saved_mappings import Choices
from notices.messages import Message, say
from notices.settings import Intake
from notices.tables import AnnotatedSheet, Remark, Row, write_annotated

Text = Callable[[Message], str]


def write_fix_list(
    path: Path, target: Path, arrears: ArrearsList, intake: Intake, choices: Choices, text: Text
) -> None:
    """Copy the list at `path` to `target` (.xlsx), annotated so that it can be corrected and read again.

    The columns added on the right are ignored when the copy is read; `text` translates a message for the user.
    Raises Unusable if the list has changed since it was read or the file cannot be written.
    """
    opened = open_arrears(path, intake, choices)
    if opened.source.sha256 != arrears.source.sha256:
        raise Unusable(
            say("{file} changed while it was being read.", file=path.name),
            say("Wait until it has been saved, then run the check again."),
        )
    write_annotated(
        target,
        AnnotatedSheet(
            name=opened.sheet.name,
            rows=_all_rows(opened),
            marks=opened.sheet.marks,
            header_row=opened.header.row,
            width=_width(opened),
            headings=(f"{ASIDE} {text(say('problem'))}", f"{ASIDE} {text(say('remedy'))}"),
            remarks=_remarks(opened, arrears, text),
        ),
    )


def _all_rows(opened: Opened) -> Iterator[Row]:
    """Yield all rows, titles included, without the columns that an earlier fix list added."""
    asides = opened.asides
    for number, cells in opened.sheet.rows():
        if number > opened.header.row:
            break
        yield number, tuple(None if place in asides else cell for place, cell in enumerate(cells))
    yield from opened.rows()


def _width(opened: Opened) -> int:
    """Return the number of columns in use."""
    widest = 1
    for _, cells in _all_rows(opened):
        width = len(cells)
        while width > widest and cells[width - 1] is None:
            width -= 1
        widest = max(widest, width)
    return widest


def _remarks(opened: Opened, arrears: ArrearsList, text: Text) -> dict[int, list[Remark]]:
    columns = opened.header.columns
    places = {columns[place].text: place for place in sorted(columns, reverse=True)}  # the first of equal headings wins
    remarks: dict[int, list[Remark]] = {}
    for problem in arrears.problems:
        if problem.row is not None:
            column = places.get(problem.column) if problem.column else None
            remarks.setdefault(problem.row, []).append(_remark(problem, column, text))
    return remarks


def _remark(problem: Problem, column: int | None, text: Text) -> Remark:
    fact, remedy = text(problem.problem), text(problem.remedy)
    return Remark(column, f"{fact}\n{remedy}", (f"{problem.column}: {fact}" if problem.column else fact, remedy))
