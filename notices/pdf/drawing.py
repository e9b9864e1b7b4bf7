"""Draw pages from scratch with a Chinese font: a heading, lines of text, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import cast

from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace, TTFFont

from notices.pdf.files import atomic_file
from notices.pdf.line_breaks import broken

MARGIN = 20.0  # mm
LINE = 6.0  # mm
BESIDE = 0.8  # mm between a cell's edge and its text
ROUNDING = 0.01  # mm; a line that just fits is not broken again
FACE = "face"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a caption; `widths` are relative column widths.

    `small` selects a small size, `size` one in points, `tall` makes rows high enough to sign in. The first `headings`
    rows are repeated on each page; `right` are the columns of figures, from 0.
    """

    caption: str
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    small: bool = False
    tall: bool = False
    headings: int = 0
    right: tuple[int, ...] = ()
    size: float = 0


def draw_page(
    target: Path,
    heading: str,
    lead: Sequence[str],
    tables: Sequence[Table],
    *,
    font: bytes,
    dated: date,
    rare: Sequence[bytes] = (),
    lead_size: float = 13,
) -> None:
    """Draw A4 pages: the heading, the lead in large letters, then the tables.

    `font` is a font program with all the characters but those of the programs in `rare`. The same input gives the same
    bytes. Raises Unusable if the disk is full.
    """
    drawing = Drawing(heading, font, dated, rare=rare, lead_size=lead_size)
    drawing.add(heading, lead, tables)
    with atomic_file(target) as unfinished:
        unfinished.write_bytes(drawing.finish())


class Drawing:
    """Pages drawn one paper after the other into one document, so that its fonts are embedded only once."""

    def __init__(
        self, title: str, font: bytes, dated: date, *, rare: Sequence[bytes] = (), lead_size: float = 13
    ) -> None:
        self.lead_size = lead_size
        self.page = page = FPDF(format="A4")
        page.set_creation_date(datetime.combine(dated, time(), UTC))
        page.set_producer("notices")
        page.set_title(title)
        page.set_margins(MARGIN, MARGIN)
        page.set_auto_page_break(auto=True, margin=MARGIN)
        families = (FACE, *(f"{FACE}-{place}" for place in range(1, len(rare) + 1)))
        for family, program in zip(families, (font, *rare), strict=True):
            with NamedTemporaryFile(suffix=".otf") as file:  # fpdf2 loads fonts only by path
                file.write(program)
                file.flush()
                page.add_font(family, fname=file.name)
                drawn = cast("TTFFont", page.fonts[family]).ttfont
                drawn.recalcBBoxes = False  # nobody reads the boxes of glyphs, and they are half of the work
        page.set_fallback_fonts(list(families[1:]), exact_match=False)

    def add(self, heading: str, lead: Sequence[str], tables: Sequence[Table]) -> tuple[int, int]:
        """Draw a paper on new pages; return its first page, from 1, and their count."""
        first = self.page.pages_count + 1
        self.page.add_page()
        _line(self.page, heading, 20, 12)
        for text in lead:
            _line(self.page, text, self.lead_size, self.lead_size * 0.62)
        for table in tables:
            _table(self.page, table)
        return first, self.page.pages_count + 1 - first

    def finish(self) -> bytes:
        """Return the document."""
        return bytes(self.page.output())

    def close(self) -> None:
        """Close the font files of a document that is not wanted; `finish` does that itself."""
        for face in self.page.fonts.values():
            cast("TTFFont", face).close()


def _line(page: FPDF, text: str, size: float, height: float) -> None:
    page.set_font(FACE, size=size)
    # Justified, a line of Chinese with a few words in it would tear apart at their spaces.
    lines = broken(text, page.epw - 2 * page.c_margin - ROUNDING, page.get_string_width)
    page.multi_cell(0, height, lines, align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _table(page: FPDF, table: Table) -> None:
    if not table.rows:
        return
    page.ln(4)
    if table.caption:
        _line(page, table.caption, 12, 8)
    page.set_font(FACE, size=table.size or (7 if table.small else 10))
    with page.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=table.widths,
        first_row_as_headings=table.headings > 0,
        num_heading_rows=max(table.headings, 1),
        headings_style=FontFace(),
        text_align=tuple(Align.R if column in table.right else Align.L for column in range(len(table.widths))),
        line_height=LINE - 2 * table.small,
        padding=(2.4, BESIDE) if table.tall else BESIDE,
    ) as drawn:
        for row in table.rows:
            line = drawn.row()
            for cell, share in zip(row, table.widths, strict=True):
                width = page.epw * share / sum(table.widths) - 2 * BESIDE - ROUNDING
                line.cell(broken(cell, width, page.get_string_width))
