"""Identification of an account by estate, unit and owners, normalised, from a row or from typed text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from notices.errors import UsageMistake
from notices.intake.cleaning import clean, clean_text, is_placeholder
from notices.intake.headings import normalise_heading
from notices.intake.owners import HAN, read_owners, split_owners
from notices.intake.problems import Unreadable
from notices.intake.records import Record
from notices.intake.units import Unit, join_unit, normalise_unit, read_unit_part, unit_as_listed
from notices.messages import say
from notices.model import CaseKey
from notices.tables import Cell

# Bytes of the parts of an account's name: a row of a PostgreSQL index holds 2,700, with the tier and what JSON adds.
LONGEST_OWNERS, LONGEST_UNIT, LONGEST_ESTATE = 900, 150, 150
LONGEST_KEY = LONGEST_OWNERS + LONGEST_UNIT + LONGEST_ESTATE


@dataclass(frozen=True, slots=True)
class Party:
    """The owner or joint owners of one unit of an estate."""

    estate: str
    unit: str
    owners: tuple[str, ...]

    @property
    def case(self) -> CaseKey:
        """Key of the case its notices belong to."""
        return CaseKey.of(self.estate, self.unit, self.owners)

    @property
    def key(self) -> str:
        """Name of the account as a person types it: estate/unit/owner."""
        return f"{self.estate}/{self.unit}/{'、'.join(self.owners)}"


def parse_account(text: str, estates: Sequence[str] = ()) -> Party:
    """Parse `estate/unit/owner`, normalised like the values of a list; raises UsageMistake.

    If there is one estate, `unit/owner` will do.
    """
    given = clean_text(text)
    if (
        len(estates) == 1
        and given.count("/") == 1
        and match_estate(given.partition("/")[0], tuple(estates)) not in estates
    ):
        given = f"{estates[0]}/{given}"
    estate, _, rest = given.partition("/")
    unit, _, names = rest.partition("/")
    try:
        party = Party(match_estate(estate, tuple(estates)), normalise_unit(unit), split_owners(names))
    except Unreadable:
        party = Party("", "", ())
    if not (party.estate and party.unit and party.owners) or len(party.key.encode()) > LONGEST_KEY:
        raise UsageMistake(
            say("{account} is not a valid account name.", account=text),
            say("Write it as ESTATE/UNIT/OWNER, such as 阳光花园/3-2-501/张三."),
        )
    return party


def default_estate(
    known_estates: Sequence[str], estate: str | None, columns: Sequence[str] | frozenset[str], file: str
) -> str | None:
    """Return the default estate of a table; raises UsageMistake if it has no estate column and the user must choose."""
    if "estate" in columns:
        return estate
    if estate is not None:
        return match_estate(estate, tuple(known_estates))
    if len(known_estates) == 1:
        return known_estates[0]
    raise UsageMistake(
        say("{file} has no estate column, and the settings have {count} estates.", file=file, count=len(known_estates)),
        say("Choose the estate with --estate."),
    )


@lru_cache(maxsize=4096)
def match_estate(name: str, known_estates: tuple[str, ...]) -> str:
    """Return an estate's name as the settings spell it; an unknown name is returned with its spaces normalised."""
    key = normalise_heading(name)
    return next((known for known in known_estates if normalise_heading(known) == key), _normalised_estate(name))


def read_estate(record: Record, known_estates: Sequence[str], default: str | None) -> str | None:
    """Read the estate of a row; record a problem if it is missing."""
    before = len(record.problems)
    estate = record.read("estate", _estate_parser(tuple(known_estates)), "") or default
    if estate is None and len(record.problems) == before:
        record.complain("estate", say("The estate is missing."), say("Enter the estate's name."))
    return estate if estate is None or _within(record, "estate", estate, LONGEST_ESTATE) else None


@lru_cache(maxsize=16)
def _estate_parser(known_estates: tuple[str, ...]) -> Callable[[Cell], str]:
    """Return the same parser for all rows of a table, so that `Memory` recognises it."""

    def parse(cell: Cell) -> str:
        text = clean(cell)
        return "" if is_placeholder(text) else match_estate(text, known_estates)

    return parse


def read_unit(record: Record, building: str = "") -> Unit | None:
    """Read the unit of a row from one to three columns; record a problem if it is missing or invalid."""
    before = len(record.problems)
    parts = {name: record.read(name, read_unit_part, "") for name in ("building", "entrance", "unit")}
    if len(record.problems) > before:
        return None
    if not parts["unit"]:
        record.complain("unit", say("The unit is missing."), say("Enter the unit, such as 3-2-501."))
        return None
    if not any(character.isalnum() for character in parts["unit"]):
        record.complain("unit", say("This is not a unit."), say("Enter the unit, such as 3-2-501."))
        return None
    unit = join_unit(parts["building"] or building, parts["entrance"], parts["unit"])
    if not _within(record, "unit", unit.name, LONGEST_UNIT):
        return None
    cells = (record.read(name, clean, "") for name in ("building", "entrance", "unit"))
    return replace(unit, written=unit_as_listed(unit.name, *cells))


def read_names(record: Record) -> tuple[str, ...]:
    """Read the owners of a row; return () if a problem was recorded."""
    if record.cell("owner") is None:
        record.complain("owner", say("The owner is missing."), say("Enter the owner's full name."))
        return ()
    owners: tuple[str, ...] = record.read("owner", read_owners, ())
    return owners if _within(record, "owner", "、".join(owners), LONGEST_OWNERS) else ()


def read_party(record: Record, known_estates: Sequence[str], default: str | None) -> Party | None:
    """Read estate, unit and owners of a row; return None if a problem was recorded."""
    estate, unit, owners = read_estate(record, known_estates, default), read_unit(record), read_names(record)
    return Party(estate, unit.name, owners) if estate and unit and owners else None


def _within(record: Record, meaning: str, text: str, most: int) -> bool:
    """Check that a value fits into the ledger's keys; record a problem if not."""
    if len(text.encode("utf-8", "replace")) <= most:
        return True
    record.complain(
        meaning,
        say("This has more than {count} characters.", count=most // 3),
        say("Enter the name alone; put remarks into a column of their own."),
    )
    return False


def _normalised_estate(name: str) -> str:
    """Normalise spaces: one between words, none next to a Chinese character."""
    return re.sub(rf"(?<={HAN})\s+|\s+(?={HAN})", "", " ".join(clean_text(name).split()))
