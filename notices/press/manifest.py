"""The manifest: what the print shop needs to fill and count envelopes, and no more about an owner than that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from notices.messages import Message, Translator, say
from notices.press.layout import Placed
from notices.tables import Value, write_csv

# No amount, no telephone number and no reason: the shop must not learn what is owed or why.
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
)


def write_manifest(path: Path, placed: Sequence[Placed], letters: str, translate: Translator) -> None:
    """Write the manifest of one file of letters as CSV (UTF-8 with BOM); raises Unusable where it cannot be written."""
    headings = [heading.translated(translate) for heading in HEADINGS]
    write_csv(path, headings, (_row(letter, letters) for letter in placed))


def _row(letter: Placed, letters: str) -> list[Value]:
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
        letters,
    ]
