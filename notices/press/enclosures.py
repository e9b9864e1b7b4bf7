"""Enclosures: PDFs inserted behind a letter, checked before a job is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from notices.errors import Unusable
from notices.messages import Message, say
from notices.pdf import DamagedPdf, PdfCheck, check_pdf, look
from notices.press.fitness import is_a4
from notices.press.items import Enclosed
from notices.settings import Enclosure


def open_enclosures(wanted: Sequence[Enclosure], folder: Path) -> dict[str, Enclosed]:
    """Map each enclosure's name in the settings to its file, relative to `folder`.

    Raises Unusable naming every one that is missing, not a PDF, encrypted, not A4, or without embedded fonts.
    """
    found: dict[str, Enclosed] = {}
    faults: list[Message] = []
    for name in dict.fromkeys(enclosure.file for enclosure in wanted):
        path = folder / name
        fault = _fault(path)
        if fault is None:
            found[name] = Enclosed(path, len(look(path)))
        else:
            faults.append(say("{file}: {fault}", file=name, fault=fault))
    if faults:
        raise Unusable(
            say("{count} enclosure(s) cannot be printed.", count=len(faults)),
            say("Replace it, or remove it from [print] in notices.toml; then run `notices resume BATCH`."),
            faults,
        )
    return found


def enclosed_with(
    tier: str, estate: str, wanted: Sequence[Enclosure], opened: Mapping[str, Enclosed]
) -> tuple[Enclosed, ...]:
    """Return the enclosures for a letter of that tier and estate, in the order of the settings."""
    return tuple(opened[each.file] for each in wanted if each.tier in {"", tier} and each.estate in {"", estate})


def _fault(path: Path) -> Message | None:
    if not path.is_file():
        return say("the file does not exist")
    try:
        sound = check_pdf(path)
    except DamagedPdf:
        return say("it is not a complete PDF")
    return _unsound(sound) or (None if all(map(is_a4, look(path))) else say("it has a page that is not A4"))


def _unsound(sound: PdfCheck) -> Message | None:
    if sound.encrypted:
        return say("it is encrypted; save it without a password")
    if sound.faults or not sound.pages:
        return say("it is not a complete PDF")
    if sound.missing_fonts:
        return say("its fonts are not embedded ({fonts})", fonts=", ".join(sound.missing_fonts))
    return None
