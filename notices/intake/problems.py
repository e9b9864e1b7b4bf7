"""Reports of a reading: problems that a person must fix, and notes about everything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from notices.messages import Message


@dataclass(frozen=True, slots=True)
class Problem:
    """Error in a row: its place (row as Excel numbers it, heading of the column), what is wrong and the remedy."""

    sheet: str
    row: int | None
    column: str | None
    value: str | None
    problem: Message
    remedy: Message


@dataclass(frozen=True, slots=True)
class Note:
    """Something done or noticed that needs no action; `code` is stable for programs."""

    code: str
    sheet: str
    row: int | None
    column: str | None
    value: str | None
    detail: Message


class Unreadable(Exception):  # noqa: N818 - describes the value
    """A value that cannot be parsed for its column; the caller that knows its place turns it into a `Problem`."""

    def __init__(self, problem: Message, remedy: Message) -> None:
        """Keep both messages for the `Problem`."""
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy


Remark = Callable[[str, Message], None]
"""Callback with which a parser adds a note: its code and its sentence."""
