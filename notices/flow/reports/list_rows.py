"""The rows of one account in the list as it was received."""

from __future__ import annotations

from collections.abc import Sequence

from notices.errors import NoticesError
from notices.flow.reports.proven import ListOrigin
from notices.intake.arrears import VOCABULARY
from notices.intake.header import Header, find_header
from notices.tables import Cell, Limits, read_sheets

Cells = Sequence[tuple[str, str]]


def own_rows(origin: ListOrigin) -> list[tuple[int, Cells]]:
    """Return the account's own rows by number, each with heading and content of its filled cells.

    Empty if the list is gone, is not the one that was received, or its table is not found as it was then.
    """
    try:
        book = read_sheets(origin.path, Limits())
    except NoticesError:
        return []
    page = next((sheet for sheet in book.sheets if origin.sheet in {None, sheet.name}), None)
    if page is None or book.sha256 != origin.sha256:
        return []
    header = find_header(page, VOCABULARY, {})
    return [(number, _named(header, cells)) for number, cells in page.rows() if number in origin.rows]


def _named(header: Header | None, cells: tuple[Cell, ...]) -> list[tuple[str, str]]:
    headings = header.columns if header else {}
    return [
        (headings[place].text if place in headings else "", str(cell).strip())
        for place, cell in enumerate(cells)
        if cell is not None and str(cell).strip()
    ]
