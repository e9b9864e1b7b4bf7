"""Manifest: what the print shop needs to fill and count envelopes, and no other data about owners."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from notices.messages import Message, Translator, say
from notices.press.layout import PlacedLetter, file_name
from notices.tables import Value, int_if_whole, write_csv, write_xlsx

# No amounts, telephone numbers or reasons: the shop must not learn what is owed or why.
HEADINGS: tuple[Message, ...] = (
    say("Position"),
    say("Notice"),
    say("Letter"),
    say("Estate"),
    say("Unit"),
    say("Recipient"),
    say("Postcode"),
    say("Address"),
    say("Pages"),
    say("Sheets"),
    say("First page in the file"),
    say("File"),
    say("First sheet in the job"),
    say("Enclosures"),
    say("Envelope"),
    say("Grams"),
    say("Replaces"),
)


@dataclass(frozen=True, slots=True, repr=False)  # no repr: it would leak an owner's name into logs
class ManifestRow:
    """A letter in a manifest; `replaces` is the job that a supplement prints again."""

    position: int
    number: str
    tier_title: str
    estate: str
    unit: str
    recipient: str
    pages: int
    sheets: int
    first_page: int
    file: str
    first_sheet: int
    replaces: str | None


def write_manifest(
    folder: Path, placed: Sequence[PlacedLetter], translate: Translator, *, dated: date
) -> tuple[str, ...]:
    """Write it as CSV (UTF-8 with BOM) and .xlsx; return the file names. Raises Unusable if it cannot be written."""
    headings = [heading.translated(translate) for heading in HEADINGS]
    write_csv(folder / "manifest.csv", headings, map(_row, placed))
    write_xlsx(folder / "manifest.xlsx", headings, map(_row, placed), dated=dated)
    return "manifest.csv", "manifest.xlsx"


def _row(letter: PlacedLetter) -> list[Value]:
    item = letter.item
    return [
        letter.position,
        item.number,
        item.tier_title,
        item.estate,
        item.shown_units,
        item.recipient,
        item.postcode,
        item.address,
        item.count,
        letter.sheets,
        letter.first_page,
        file_name(letter.file),
        letter.first_sheet,
        len(item.enclosures),
        letter.envelope.name if letter.envelope else "",
        int_if_whole(letter.grams),
        f"{item.replaces.job}/{item.replaces.position}" if item.replaces and item.replaces.job else "",
    ]


def read_manifest(path: Path) -> tuple[ManifestRow, ...]:
    """Read a manifest that this program wrote as CSV; empty if it is missing, changed or not readable."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return tuple(_read_row(cells) for cells in list(csv.reader(file))[1:])
    except (OSError, ValueError, csv.Error):
        return ()


def _read_row(cells: Sequence[str]) -> ManifestRow:
    """Read a row by its columns, whose headings are in the clerk's language."""
    if len(cells) != len(HEADINGS):
        raise ValueError
    texts = [cell.removeprefix("'") for cell in cells]  # put before text that could be a formula
    return ManifestRow(
        position=int(texts[0]),
        number=texts[1],
        tier_title=texts[2],
        estate=texts[3],
        unit=texts[4],
        recipient=texts[5],
        pages=int(texts[8]),
        sheets=int(texts[9]),
        first_page=int(texts[10]),
        file=texts[11],
        first_sheet=int(texts[12]),
        replaces=texts[16].rpartition("/")[0] or None,
    )
