"""What a reading reports: problems a person must act on, notes about everything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from notices.messages import Message


@dataclass(frozen=True, slots=True)
class Problem:
    """A row error: where it is (row as Excel shows it, the column's own heading), what is wrong and what to do."""

    sheet: str
    row: int | None
    column: str | None
    value: str | None
    problem: Message
    remedy: Message


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was done or noticed and needs nobody; `code` is stable for programs."""

    code: str
    sheet: str
    row: int | None
    column: str | None
    value: str | None
    detail: Message


class Unreadable(Exception):  # noqa: N818 - says of a value what it is
    """A value that cannot be taken for what its column says; it becomes a `Problem` where its place is known."""

    def __init__(self, problem: Message, remedy: Message) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy


Remark = Callable[[str, Message], None]
"""How a value's reader says something by the way: a note's code and its sentence."""
