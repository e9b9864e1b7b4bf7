"""The rows of one account in the list as it was received."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from notices.errors import NoticesError
from notices.flow.reports.proven import ListOrigin
from notices.intake.arrears import VOCABULARY
from notices.intake.header import Header, find_header
from notices.tables import Cell, Limits, Sheet, read_sheets

Cells = Sequence[tuple[str, str]]


def own_rows(origin: ListOrigin) -> list[tuple[int, Cells]]:
    """Return the account's own rows by number, each with heading and content of its filled cells.

    Empty if the list is gone, is not the one that was received, or its table is not found as it was then.
    """
    try:
        state = origin.path.stat()
    except OSError:
        return []
    found = _opened(origin.path, origin.sha256, origin.sheet, state.st_ino, state.st_size, state.st_mtime_ns)
    if found is None:
        return []
    header, page = found
    last = max(origin.rows, default=0)
    upto = takewhile(lambda row: row[0] <= last, page.rows())
    return [(number, _named(header, cells)) for number, cells in upto if number in origin.rows]


@lru_cache(maxsize=2)  # a court's file reads the same list for each notice, and a long one takes seconds
def _opened(path: Path, sha256: str, sheet: str | None, *_state: int) -> tuple[Header | None, Sheet] | None:
    """Return the sheet of a list with its headings; None if it is not the one that was received."""
    try:
        book = read_sheets(path, Limits())
    except NoticesError:
        return None
    page = next((each for each in book.sheets if sheet in {None, each.name}), None)
    if page is None or book.sha256 != sha256:
        return None
    return find_header(page, VOCABULARY, {}), page


def _named(header: Header | None, cells: tuple[Cell, ...]) -> list[tuple[str, str]]:
    headings = header.columns if header else {}
    return [
        (headings[place].text if place in headings else "", str(cell).strip())
        for place, cell in enumerate(cells)
        if cell is not None and str(cell).strip()
    ]
