"""Print items: finished letters, each a page range of a PDF that must not have changed since it was proved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from notices.messages import Message, say
from notices.pdf import sha256_of


@dataclass(frozen=True, slots=True)
class Enclosed:
    """An enclosure: a whole PDF inserted behind a letter."""

    file: Path
    pages: int


@dataclass(frozen=True, slots=True)
class Replaced:
    """Original place of a letter that is printed again unchanged: in a supplement of `job`, or, if `job` is empty, in
    the next version of its own.
    """

    job: str
    position: int
    first_sheet: int
    sheets: int


@dataclass(frozen=True, slots=True)
class PrintItem:
    """One letter to print: its destination, and `count` pages of `source` from page `first` (from 1).

    `units` are all units of a letter for several; its place in the order is that of `unit`.
    """

    number: str
    tier_title: str
    estate: str
    unit: str
    building: str
    entrance: str
    room: str
    recipient: str
    postcode: str
    address: str
    source: Path
    source_sha256: str
    first: int
    count: int
    tier: str = ""
    telephone: str = ""
    period: str = ""
    enclosures: tuple[Enclosed, ...] = ()
    has_slip: bool = False
    slip_page: int = 0  # page of the letter, from 1; 0 if there is none
    replaces: Replaced | None = None
    units: tuple[str, ...] = ()

    @property
    def shown_units(self) -> str:
        """All its units, as lists show them."""
        return "、".join(self.units or (self.unit,))


@dataclass(frozen=True, slots=True)
class Origin:
    """Origin of the letters of a job: service companies, senders, and those who must stamp them by hand.

    `any_seal` is true if some letter has a printed seal.
    """

    companies: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    to_stamp: tuple[str, ...] = ()
    any_seal: bool = False


UNKNOWN_ORIGIN = Origin()


@dataclass(frozen=True, slots=True)
class PrintFailure:
    """A letter that must not be printed, by notice number, with the reason."""

    number: str
    reason: Message


def separate_changed(items: Iterable[PrintItem]) -> tuple[tuple[PrintItem, ...], tuple[PrintFailure, ...]]:
    """Separate letters whose files are unchanged since they were proved from the others; each file is read once."""
    sound: list[PrintItem] = []
    failures: list[PrintFailure] = []
    hashes: dict[Path, str | None] = {}
    for item in items:
        if item.source not in hashes:
            hashes[item.source] = _sha256(item.source)
        found, name = hashes[item.source], item.source.name
        if found is None:
            failures.append(PrintFailure(item.number, say("{file} can no longer be read.", file=name)))
        elif found != item.source_sha256:
            failures.append(PrintFailure(item.number, say("{file} has changed since it was rendered.", file=name)))
        else:
            sound.append(item)
    return tuple(sound), tuple(failures)


def _sha256(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None
