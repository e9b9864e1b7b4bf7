"""Tables: aligned on a terminal, tab-separated lines if the output is piped."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence

import click

# Controls except line feed, marks and overrides of direction, line and paragraph separators, tags, lone surrogates.
UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Escape characters that would steer the terminal or reorder what it shows: controls, and bidirectional marks."""
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def echo(text: str, *, err: bool = False) -> None:
    """Print a text for people, with what would steer the terminal escaped."""
    click.echo(visible(text), err=err)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()) -> None:
    """Print rows under headings; `right` lists the right-aligned columns, counted from 0."""
    lines = [["" if value is None else visible(str(value).replace("\t", " ")) for value in row] for row in rows]
    if sys.stdout.isatty():
        _print_aligned(headings, lines, right)
        return
    for line in [list(headings), *lines]:
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
