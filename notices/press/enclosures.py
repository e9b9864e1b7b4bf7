"""Enclosures: PDFs that go behind a letter into its envelope, looked over before anything is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from notices.errors import Unusable
from notices.messages import Message, say
from notices.pdf import DamagedPdf, Soundness, look, soundness
from notices.press.fitness import is_a4
from notices.press.items import Enclosed
from notices.settings import Enclosure


def open_enclosures(wanted: Sequence[Enclosure], folder: Path) -> dict[str, Enclosed]:
    """Each enclosure's file by the name in the settings, relative to `folder`.

    Raises Unusable that names every one that is missing, no PDF, encrypted, not A4, or lacks its fonts.
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
            say("Put a sound PDF in its place, or take it out of [print] in notices.toml; then resume."),
            faults,
        )
    return found


def enclosed_with(
    tier: str, estate: str, wanted: Sequence[Enclosure], opened: Mapping[str, Enclosed]
) -> tuple[Enclosed, ...]:
    """What goes behind a letter of that tier in that estate, in the order of the settings."""
    return tuple(opened[each.file] for each in wanted if each.tier in {"", tier} and each.estate in {"", estate})


def _fault(path: Path) -> Message | None:
    if not path.is_file():
        return say("there is no such file")
    try:
        sound = soundness(path)
    except DamagedPdf:
        return say("it is not a whole PDF")
    return _unsound(sound) or (None if all(map(is_a4, look(path))) else say("a page of it is not A4"))


def _unsound(sound: Soundness) -> Message | None:
    if sound.encrypted:
        return say("it is encrypted; save it without a password")
    if sound.faults or not sound.pages:
        return say("it is not a whole PDF")
    if sound.missing_fonts:
        return say("it does not carry its fonts ({fonts})", fonts=", ".join(sound.missing_fonts))
    return None
