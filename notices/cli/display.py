"""Tables: aligned on a terminal, tab-separated lines if the output is piped."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import chain

import click

from notices.safe_text import safe


def echo(text: str, *, err: bool = False) -> None:
    """Print a text for people, with what would steer the terminal escaped."""
    click.echo(safe(text), err=err)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()) -> None:
    """Print rows under headings; `right` lists the right-aligned columns, counted from 0."""
    lines = (["" if value is None else safe(str(value).replace("\t", " ")) for value in row] for row in rows)
    if sys.stdout.isatty():
        _print_aligned(headings, list(lines), right)
        return
    for line in chain([list(headings)], lines):
        click.echo("\t".join(" ".join(value.split()) for value in line))


def _print_aligned(headings: Sequence[str], lines: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column, heading in enumerate(headings):
        shown.add_column(Text(heading), justify="right" if column in right else "left", overflow="fold")
    for line in lines:
        shown.add_row(*(Text(value) for value in line))
    Console().print(shown)
