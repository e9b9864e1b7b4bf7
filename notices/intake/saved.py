"""What a person has said of a list's headings: for this reading, and kept for every list with the same headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from notices.intake.headings import key_of


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """The meanings of a list's headings, kept under a name; `estate` is "" where the list names its estates itself.

    `headings` are all of the list's headings as they are compared: with one more or one less it is another list.
    """

    name: str
    estate: str
    headings: frozenset[str]
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose for the reading of one table: estate, sheet, heading → meaning; and what was kept earlier.

    `home` is the estate of a list without a column for it where that need not be said: the settings' only one.
    """

    estate: str | None = None
    sheet: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    saved: Sequence[SavedMapping] = ()
    home: str | None = None

    def candidates(self) -> list[SavedMapping]:
        """The kept mappings that may be meant: this estate's own before those for any."""
        mine = [kept for kept in self.saved if kept.estate and kept.estate == (self.estate or self.home)]
        return [*mine, *(kept for kept in self.saved if not kept.estate)]

    def told(self, kept: SavedMapping | None) -> dict[str, str]:
        """Heading → meaning: what was kept, and before it what is said now."""
        told = {key_of(text): meaning for text, meaning in (kept.columns if kept else {}).items()}
        return told | {key_of(text): meaning for text, meaning in self.mapping.items()}
