"""Progress bars on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class RateColumn(ProgressColumn):
    """Items per second."""

    def render(self, task: Task) -> Text:
        """Return the rate, or nothing before it is known."""
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


def progress() -> Progress:
    """Return a progress bar with rate and time left, silent if standard error is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )


def line_of(bar: Progress, label: str) -> Callable[[int, int], None]:
    """Add a line to a progress bar; return the function that moves it on, to so many of so many."""
    task = bar.add_task(label, total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)
