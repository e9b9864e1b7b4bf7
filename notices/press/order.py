"""Walking order: the order in which a caretaker or postman goes from door to door.

Estate, then building, entrance, floor and door. Each is compared piece by piece, and pieces sort in this order:

1. floors below ground, deepest first: 负二层, 负一层, 地下一层, -1
2. numbers by value, in any notation: 2, 10, 十二单元, １３ (Chinese numerals only before a counter or at the end)
3. Latin letters: A座, B座 (B1 is building B1, not a basement)
4. the ten heavenly stems: 甲单元, 乙单元, …
5. all other names by GB 18030 code, which is by pronunciation for common characters: 商铺, 西区

If one place is a prefix of another, the shorter comes first (12 before 12A before 13). 栋, 座, 单元, 室 and similar
counters after a number or letter are ignored. Remaining ties are broken by the unit as written, then by the notice
number, so no two letters are ever tied.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Protocol

from notices.press.items import PrintItem
from notices.settings.printing import Group

BELOW_GROUND, NUMBER, LETTERS, STEM, NAME = range(5)
STEMS = "甲乙丙丁戊己庚辛壬癸"
_NUMERALS = "〇零一二三四五六七八九十百"
_COUNTERS = "号楼|单元|[栋幢座楼层号室户期区#]"

_PIECE = re.compile(
    rf"""(?: 负 | 地下 | ^\s*- ) \s* (?P<below> \d{{1,18}} | [{_NUMERALS}]+ )
    | (?P<number> \d{{1,18}} | [{_NUMERALS}]+ (?= {_COUNTERS} | [\s.,/-] | $ ) )
    | (?P<stem> [{STEMS}] (?= {_COUNTERS} | [\s.,/-] | $ ) )
    | (?P<letters> [a-z]+ )
    | (?P<counter> 第 (?= [\d{_NUMERALS}] ) | (?<= [0-9a-z{_NUMERALS}{STEMS}] ) \s* (?: {_COUNTERS} ) | [\s.,/-]+ )
    | (?P<name> . )""",
    re.VERBOSE | re.DOTALL,
)
# "3-2-501" is building, entrance, door; the second hyphen in "3--1" is a minus sign: below ground.
_BETWEEN_PARTS = re.compile(r"(?<=[^-])-")

Piece = tuple[int, int, bytes]
Pieces = tuple[Piece, ...]
PlaceKey = tuple[Pieces, Pieces, Pieces, Pieces, str]
WalkingKey = tuple[Pieces, Pieces, Pieces, Pieces, str, str]


class DoorPlace(Protocol):
    """Anything with a place in an estate, such as an account or a letter to print."""

    @property
    def estate(self) -> str: ...  # noqa: D102 - same as the field's name
    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def building(self) -> str: ...  # noqa: D102
    @property
    def entrance(self) -> str: ...  # noqa: D102
    @property
    def room(self) -> str: ...  # noqa: D102


def place_key(place: DoorPlace) -> PlaceKey:
    """Return a door's sort key; two accounts at one door are tied."""
    building, entrance, room = _parts(place.unit)
    return (
        pieces(place.estate),
        pieces(place.building or building),
        pieces(place.entrance or entrance),
        pieces(place.room or room),
        place.unit,
    )


def walking_key(item: PrintItem) -> WalkingKey:
    """Return a letter's sort key; a total order that is the same on every machine and in every run."""
    return (*place_key(item), item.number)


def group_key(item: PrintItem, sheets: int, group: Group) -> tuple[int, int, str, WalkingKey]:
    """Return a letter's sort key for a grouping: walking order, by postcode for the post, or by sheets for an inserter.

    Walking order applies within a group. Letters without a postcode come last. Letters in a supplement keep the order
    of the job that they replace.
    """
    first = item.replaces.position if item.replaces else sheets if group == "sheets" else 0
    postcode = "".join(unicodedata.normalize("NFKC", item.postcode).split()) if group == "post" else ""
    return first, group == "post" and not postcode, postcode, walking_key(item)


def pieces(name: str) -> Pieces:
    """Split a name into comparable pieces; see the module docstring for their order."""
    found: list[Piece] = []
    for match in _PIECE.finditer(unicodedata.normalize("NFKC", name).casefold()):
        kind, text = match.lastgroup, match[match.lastgroup or 0]
        if kind == "below":
            found.append((BELOW_GROUND, -_value(text), b""))
        elif kind == "number":
            found.append((NUMBER, _value(text), b""))
        elif kind == "stem":
            found.append((STEM, STEMS.index(text), b""))
        elif kind == "letters":
            found.append((LETTERS, 0, text.encode("ascii")))
        elif kind == "name":
            _add_name(found, text.encode("gb18030", "replace"))
    return tuple(found)


def _add_name(found: list[Piece], character: bytes) -> None:
    if found and found[-1][0] == NAME:
        found[-1] = (NAME, 0, found[-1][2] + character)
    else:
        found.append((NAME, 0, character))


def _value(text: str) -> int:
    if text[0] not in _NUMERALS:
        return int(text)
    total = digits = 0
    for numeral in text:
        value = int(unicodedata.numeric(numeral))
        if value >= 10:  # 十, 百: multiplied by the digits before, or by one if there are none
            total += (digits or 1) * value
            digits = 0
        else:
            digits = digits * 10 + value
    return total + digits


def _parts(unit: str) -> tuple[str, str, str]:
    """Split a unit into building, entrance and door; 2-101 has no entrance, 501 only a door."""
    *building, room = _BETWEEN_PARTS.split(unicodedata.normalize("NFKC", unit))
    entrance = building.pop() if len(building) > 1 else ""
    return "-".join(building), entrance, room
