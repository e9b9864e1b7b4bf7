"""Report of an import or a manual entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from notices.cli.documents import problem_document
from notices.cli.door import Door
from notices.messages import Message, say

if TYPE_CHECKING:
    from notices.intake import Problem
    from notices.intake.results import ImportResult


def finish(door: Door, entered: ImportResult, **more: object) -> None:
    """Report what was entered and what was not, with `more` keys in JSON; exit with 1 if a person is needed."""
    door.say(entered.note)
    door.say_all(entered.attention)
    if door.as_json:
        door.answer(
            {
                "new": entered.new,
                "changed": entered.changed,
                "same": entered.same,
                "problems": [problem_document(problem, door.text) for problem in entered.problems],
                "attention": [door.text(message) for message in entered.attention],
                **more,
            }
        )
    else:
        say_problems(door, entered.problems)
        door.say(entered.done if entered.done.text else _counts(entered))
    click.get_current_context().exit(1 if entered.problems or entered.attention else 0)


def say_problems(door: Door, problems: Sequence[Problem]) -> None:
    """Print each bad row of a table with its column, value and remedy."""
    for problem in problems:
        door.say(
            say(
                "Row {row}, {column} “{value}”: {problem} {remedy}",
                row=problem.row,
                column=problem.column,
                value=problem.value,
                problem=problem.problem,
                remedy=problem.remedy,
            )
        )


def _counts(entered: ImportResult) -> Message:
    return say(
        "{new} new, {changed} changed, {same} known already; {problems} row(s) with problems.",
        new=entered.new,
        changed=entered.changed,
        same=entered.same,
        problems=len(entered.problems),
    )
