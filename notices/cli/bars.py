"""Tables with a small bar at the end of each row, on a terminal; plain tables if the output is piped."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from notices.cli.display import table
from notices.safe_text import safe

WIDTH = 20  # characters


def table_with_bars(
    headings: Sequence[str], rows: Sequence[Sequence[str]], values: Sequence[float], right: Sequence[int] = ()
) -> None:
    """Print rows under headings, on a terminal each with a bar of its value against the biggest."""
    if not sys.stdout.isatty():
        table(headings, rows, right)
        return
    from rich.bar import Bar
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column, heading in enumerate(headings):
        shown.add_column(Text(heading), justify="right" if column in right else "left", overflow="fold")
    shown.add_column(width=WIDTH)
    biggest = max(values, default=0) or 1
    for row, value in zip(rows, values, strict=True):
        cells = [Text(safe(cell.replace("\t", " "))) for cell in row]
        shown.add_row(*cells, Bar(biggest, 0, max(value, 0), width=WIDTH))
    Console().print(shown)
