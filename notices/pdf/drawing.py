"""Draw pages from scratch with a Chinese font: a heading, lines of text, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import NamedTemporaryFile

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos

from notices.pdf.files import atomic_file

MARGIN = 20.0  # mm
LINE = 6.0  # mm
FACE = "face"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a caption; `widths` are relative column widths.

    `small` selects a small size, `tall` makes rows high enough to sign in.
    """

    caption: str
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    small: bool = False
    tall: bool = False


def draw_page(
    target: Path, heading: str, lead: Sequence[str], tables: Sequence[Table], *, font: bytes, dated: date
) -> None:
    """Draw A4 pages: the heading, the lead in large letters, then the tables.

    `font` is a font program with all the characters. The same input gives the same bytes. Raises Unusable if the disk
    is full.
    """
    page = FPDF(format="A4")
    page.set_creation_date(datetime.combine(dated, time(), UTC))
    page.set_producer("notices")
    page.set_title(heading)
    page.set_margins(MARGIN, MARGIN)
    page.set_auto_page_break(auto=True, margin=MARGIN)
    with NamedTemporaryFile(suffix=".otf", dir=target.parent) as file:  # fpdf2 loads fonts only by path
        file.write(font)
        file.flush()
        page.add_font(FACE, fname=file.name)
    page.add_page()
    _line(page, heading, 20, 12)
    for text in lead:
        _line(page, text, 13, 8)
    for table in tables:
        _table(page, table)
    with atomic_file(target) as unfinished:
        unfinished.write_bytes(bytes(page.output()))


def _line(page: FPDF, text: str, size: int, height: float) -> None:
    page.set_font(FACE, size=size)
    page.multi_cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _table(page: FPDF, table: Table) -> None:
    if not table.rows:
        return
    page.ln(4)
    if table.caption:
        _line(page, table.caption, 12, 8)
    page.set_font(FACE, size=7 if table.small else 10)
    with page.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=table.widths,
        first_row_as_headings=False,
        line_height=LINE - 2 * table.small,
        padding=(2.4, 0.8) if table.tall else 0.8,
    ) as drawn:
        for row in table.rows:
            line = drawn.row()
            for cell in row:
                line.cell(cell)
