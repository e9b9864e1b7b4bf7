"""Enclosures: PDFs inserted behind a letter, checked before a job is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from notices.errors import Unusable
from notices.messages import Message, say
from notices.pdf import (
    CatalogueParts,
    DamagedPdf,
    ExcessivePdf,
    ForeignPdfs,
    PdfCheck,
    StartWorkers,
    catalogue_parts,
    check_pdf,
    look,
)
from notices.press.fitness import is_a4
from notices.press.items import Enclosed
from notices.settings import Enclosure


def open_enclosures(wanted: Sequence[Enclosure], folder: Path, start_workers: StartWorkers) -> dict[str, Enclosed]:
    """Map each enclosure's name in the settings to its file, relative to `folder`.

    `start_workers` starts the process that reads them. Raises Unusable naming every one that is missing, not a PDF,
    encrypted, not A4, without embedded fonts, that would be printed otherwise than a viewer shows it, or that needs too
    much memory or time.
    """
    found: dict[str, Enclosed] = {}
    faults: list[Message] = []
    with ForeignPdfs(start_workers) as foreign:
        for name in dict.fromkeys(enclosure.file for enclosure in wanted):
            checked = _checked(folder / name, foreign)
            if isinstance(checked, Message):
                faults.append(say("{file}: {fault}", file=name, fault=checked))
            else:
                found[name] = Enclosed(folder / name, checked)
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


def _checked(path: Path, foreign: ForeignPdfs) -> int | Message:
    """Return the number of its pages, or the reason why it cannot be printed."""
    if not path.is_file():
        return say("the file does not exist")
    try:
        return foreign.read(_pages, path)
    except DamagedPdf:
        return say("it is not a complete PDF")
    except ExcessivePdf:
        return say("it needs too much memory or time to read")


def _pages(path: Path) -> int | Message:
    if fault := _unsound(check_pdf(path)):
        return fault
    pages = look(path)
    if not all(map(is_a4, pages)):
        return say("it has a page that is not A4")
    return _different_in_print(catalogue_parts(path)) or len(pages)


def _different_in_print(parts: CatalogueParts) -> Message | None:
    """Return what would be printed otherwise than a viewer shows it, because the pages leave their file."""
    if parts.hidden_layers:
        return say("it has layers that a viewer hides and that would be printed; print it to a new PDF")
    if parts.form_fields:
        return say("it is a form, whose entries would not be printed; print it to a new PDF")
    if parts.comments:
        return say("it has comments or stamps that would not be printed as a viewer shows them; print it to a new PDF")
    if parts.collection:
        return say(
            "it is a collection of files, of which a viewer shows others than its pages; use the files themselves"
        )
    return None


def _unsound(sound: PdfCheck) -> Message | None:
    if sound.encrypted:
        return say("it is encrypted; save it without a password")
    if sound.faults or not sound.pages:
        return say("it is not a complete PDF")
    if sound.missing_fonts:
        return say("its fonts are not embedded ({fonts})", fonts=", ".join(sound.missing_fonts))
    return None
