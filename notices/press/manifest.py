"""Manifest: what the print shop needs to fill and count envelopes, and no other data about owners."""

from __future__ import annotations

from collections.abc import Sequence
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


def write_manifest(
    folder: Path, placed: Sequence[PlacedLetter], translate: Translator, *, dated: date
) -> tuple[str, ...]:
    """Write it as CSV (UTF-8 with BOM) and .xlsx; return the file names. Raises Unusable if it cannot be written."""
    headings = [heading.translated(translate) for heading in HEADINGS]
    rows = [_row(letter) for letter in placed]
    write_csv(folder / "manifest.csv", headings, rows)
    write_xlsx(folder / "manifest.xlsx", headings, rows, dated=dated)
    return "manifest.csv", "manifest.xlsx"


def _row(letter: PlacedLetter) -> list[Value]:
    item = letter.item
    return [
        letter.position,
        item.number,
        item.tier_title,
        item.estate,
        item.unit,
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
