"""Names of the sheets of a table, for a person to choose from."""

from __future__ import annotations

from pathlib import Path

from notices.tables import Limits, read_sheets


def sheet_names(path: Path) -> list[str]:
    """Return the names of a table's sheets in their order. Raises Unusable if the file cannot be read."""
    return [sheet.name for sheet in read_sheets(path, Limits()).sheets]
