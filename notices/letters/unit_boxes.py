"""Boxes on the slip of a letter for several units, one for each unit: their names, and what a tick in them says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

UNIT = "unit-"  # begins the name of the box for a unit, before the hex of its notice's number


def unit_boxes(units: Mapping[str, str]) -> dict[str, str]:
    """Return the words after the box of each of these `units`, by the box's name; none of two that read alike."""
    words = Counter("".join(unit.split()) for unit in units.values())
    return {
        f"{UNIT}{notice.encode().hex()}": unit for notice, unit in units.items() if words["".join(unit.split())] == 1
    }


def mark_name(name: str) -> str:
    """Return a box's name as people read it: the number of a unit's notice, or the code of an objection."""
    _, units = ticked_units([name])
    return units[0] if units else name


def ticked_units(ticked: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what was ticked as the codes of objections, and the numbers of the notices of units."""
    codes: list[str] = []
    units: list[str] = []
    for name in ticked:
        if name.startswith(UNIT):
            units.append(bytes.fromhex(name.removeprefix(UNIT)).decode())
        else:
            codes.append(name)
    return tuple(codes), tuple(units)
