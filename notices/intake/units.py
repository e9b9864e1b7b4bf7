"""Parsing of units: 3栋2单元501室, 3#2-501 and 3-2-501 are the same; leading zeros are kept for display only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from notices.intake.cleaning import clean, is_placeholder
from notices.intake.dates import is_date_like
from notices.intake.problems import Unreadable
from notices.messages import Message, say
from notices.spelling import hyphenated_unit
from notices.tables import Cell

NAMED_PART = re.compile(r"[号楼栋幢座单元门室户房院]")
# 101、102 or 1-1-101~103: rooms have three digits or more; 3、2、501 is one unit all the same.
SEVERAL = re.compile(
    r"(?<!\d)\d{3,}[A-Za-z]?[室号]?[、,，;；/+&和及与~～至到\n](?:[\w-]*-)?\d{3,}[A-Za-z]?[室号]?(?!\d)|\d\s*\n\s*\S*\d|等\d*[套户间]"
)
BELOW_GROUND = re.compile(r"(?:^|-)[-−‐‑﹣]\d")  # a basement unit; its minus is not a separator


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's normalised name, its parts if known, and the name as the list writes it."""

    name: str
    building: str = ""
    entrance: str = ""
    room: str = ""
    written: str = ""


def normalise_unit(text: str) -> str:
    """Normalise a unit: half-width capitals, parts joined by hyphens; "" if nothing is left."""
    return hyphenated_unit(clean(text))


@lru_cache(maxsize=4096)
def join_unit(building: str, entrance: str, room: str) -> Unit:
    """Join normalised parts into a unit; parts that the room repeats appear once, and none is lost."""
    if entrance and room.startswith(f"{building}-{entrance}-"):
        name = room
    elif entrance and room.startswith(f"{entrance}-"):
        name = f"{building}-{room}" if building else room
    elif building and room.startswith(f"{building}-"):
        name = "-".join(part for part in (building, entrance, room.removeprefix(f"{building}-")) if part)
    else:
        name = "-".join(part for part in (building, entrance, room) if part)
    parts = name.split("-")
    if len(parts) == 3:
        return Unit(name, *parts)
    if len(parts) == 2 and not entrance:
        return Unit(name, building=parts[0], room=parts[1])
    return Unit(name, building, entrance, room)


@lru_cache(maxsize=4096)
def unit_as_listed(name: str, building: str, entrance: str, room: str) -> str:
    """Return a unit as its cells write it, such as 1栋1单元1102室; the normalised name where they say less or more."""
    whole = ("".join(part.split()) for part in (room, f"{building}{entrance}{room}"))
    return next((each for each in whole if NAMED_PART.search(each) and normalise_unit(each) == name), name)


def read_unit_part(cell: Cell) -> str:
    """Parse and normalise a unit, building or entrance cell; raises Unreadable, e.g. if Excel made it a date."""
    if is_date_like(cell):
        raise Unreadable(
            say("Excel has turned the unit into a date."),
            say("Format the column as text and type the unit again, such as 3-2-501."),
        )
    text = clean(cell)
    if is_placeholder(text):
        return ""
    if isinstance(cell, float) and not cell.is_integer():
        raise _no_unit(say("This number is not a unit."))
    if isinstance(cell, str) and SEVERAL.search(cell.strip()):
        raise Unreadable(
            say("The cell seems to name several units."),
            say("Give each unit a row of its own with its own amount; write two units that are one as 101-102."),
        )
    if BELOW_GROUND.search("".join(text.split())):
        raise Unreadable(
            say("It is unclear whether the minus sign means below ground."),
            say("Write a unit below ground with 负, such as 3-1-负101."),
        )
    return normalise_unit(text)


def _no_unit(problem: Message) -> Unreadable:
    return Unreadable(problem, say("Write the unit as text, such as 3-2-501."))
