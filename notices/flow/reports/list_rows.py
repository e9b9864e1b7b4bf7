"""The rows of one account in the list as it was received."""

from __future__ import annotations

from notices.errors import NoticesError
from notices.flow.reports.proven import ListOrigin
from notices.intake.arrears import VOCABULARY
from notices.intake.header import Header, find_header
from notices.tables import Cell, Limits, read_sheets


def own_cells(origin: ListOrigin) -> list[tuple[str, str]]:
    """Return heading and content of each filled cell in the account's own rows, row after row.

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
    rows = (cells for number, cells in page.rows() if number in origin.rows)
    return [cell for cells in rows for cell in _named(header, cells)]


def _named(header: Header | None, cells: tuple[Cell, ...]) -> list[tuple[str, str]]:
    headings = header.columns if header else {}
    return [
        (headings[place].text if place in headings else "", str(cell).strip())
        for place, cell in enumerate(cells)
        if cell is not None and str(cell).strip()
    ]
