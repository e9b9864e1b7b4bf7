"""Units as values: 3栋2单元501室, 3#2-501 and 3-2-501 are one unit; leading zeros are shown, and make no other case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from notices.intake.cleaning import clean, is_placeholder
from notices.intake.dates import is_date_like
from notices.intake.problems import Unreadable
from notices.messages import Message, say
from notices.tables import Cell

DESIGNATOR = re.compile(r"(?<=[0-9A-Za-z一二三四五六七八九十])(?:号楼|号院|#楼|栋|幢|座|#|号|楼|单元|门|室|户|房)")
SEPARATOR = re.compile(r"[-—–‐‑―−﹣_/\\.·,、:~]+")
BELOW_GROUND = re.compile(r"(?:^|-)[-−‐‑﹣]\d")  # a basement door; its minus must not pass for a separator


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as one value, and its parts where they are known."""

    name: str
    building: str = ""
    entrance: str = ""
    room: str = ""


def normalise_unit(text: str) -> str:
    """One spelling for one unit: narrow letters, capitals, the parts joined by hyphens; "" where nothing is left."""
    narrow = "".join(clean(text).split()).upper()
    return SEPARATOR.sub("-", DESIGNATOR.sub("-", narrow)).strip("-")


@lru_cache(maxsize=4096)
def join_unit(building: str, entrance: str, room: str) -> Unit:
    """The unit from columns of normalised parts, of which a room may repeat the outer ones; none is ever lost."""
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


def read_unit_part(cell: Cell) -> str:
    """A unit, building or entrance cell, normalised; raises Unreadable where Excel made a date of it."""
    if is_date_like(cell):
        raise Unreadable(
            say("Excel has turned the unit into a date."),
            say("Format the column as text and type the unit again, such as 3-2-501."),
        )
    text = clean(cell)
    if is_placeholder(text):
        return ""
    if isinstance(cell, float) and not cell.is_integer():
        raise _no_unit(say("This number is no unit."))
    if BELOW_GROUND.search("".join(text.split())):
        raise Unreadable(
            say("Whether its minus means below ground cannot be told."),
            say("Write a unit below ground with 负, such as 3-1-负101."),
        )
    return normalise_unit(text)


def _no_unit(problem: Message) -> Unreadable:
    return Unreadable(problem, say("Write the unit as text, such as 3-2-501."))
