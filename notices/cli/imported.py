"""How it is said what an import or an entry did."""

from __future__ import annotations

from collections.abc import Sequence

import click

from notices.cli.documents import problem_document
from notices.cli.door import Door
from notices.intake import Problem
from notices.intake.results import Entered
from notices.messages import Message, say


def finish(door: Door, entered: Entered) -> None:
    """Say what was entered and what was not; exits 1 where a person is needed."""
    door.say(entered.note)
    for message in entered.attention:
        door.say(message)
    if door.as_json:
        door.answer(
            {
                "new": entered.new,
                "changed": entered.changed,
                "same": entered.same,
                "problems": [problem_document(problem, door.text) for problem in entered.problems],
                "attention": [door.text(message) for message in entered.attention],
            }
        )
    else:
        say_problems(door, entered.problems)
        door.say(entered.done if entered.done.text else _counts(entered))
    click.get_current_context().exit(1 if entered.problems or entered.attention else 0)


def say_problems(door: Door, problems: Sequence[Problem]) -> None:
    """Each bad row of a table with its column, value and remedy."""
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


def _counts(entered: Entered) -> Message:
    return say(
        "{new} new, {changed} changed, {same} known already; {problems} row(s) with problems.",
        new=entered.new,
        changed=entered.changed,
        same=entered.same,
        problems=len(entered.problems),
    )
