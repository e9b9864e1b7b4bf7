"""Tables on a terminal, tab-separated lines where the output is piped."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click
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
from rich.table import Table
from rich.text import Text


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()) -> None:
    """Print rows under headings; `right` names the columns of figures, from 0."""
    lines = [["" if value is None else str(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for line in [list(headings), *lines]:
            click.echo("\t".join(" ".join(value.split()) for value in line))
        return
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for place, heading in enumerate(headings):
        shown.add_column(Text(heading), justify="right" if place in right else "left", overflow="fold")
    for line in lines:
        shown.add_row(*(Text(value) for value in line))
    Console().print(shown)


class RateColumn(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        """The rate, once there is one."""
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


def progress() -> Progress:
    """A progress bar on standard error with rate and time left, silent where that is no terminal."""
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
