"""Line breaks of Chinese text: no mark begins or ends a line that may not, and no word or number is torn apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

NEVER_FIRST = "，。、；：？！）〕】》〉”’％%…—·,.;:?!)]"
NEVER_LAST = "（〔【《〈“‘([￥"
# A word or number with its marks, spaces, or one other character.
_PIECES = re.compile(r"[!-~]+|\s+|.", re.DOTALL)


def broken(text: str, width: float, measure: Callable[[str], float]) -> str:
    """Return text with a line break wherever the next piece would not fit into the width.

    A piece that no line can hold, such as a checksum in a narrow column, keeps a line of its own, to be torn there.
    """
    return "\n".join("\n".join(_lines(line, width, measure)) for line in text.split("\n"))


def _lines(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    line = ""
    for unit in _units(text):
        if line and measure((line + unit).rstrip()) > width:
            yield line.rstrip()
            line = unit.lstrip()
        else:
            line += unit
    yield line.rstrip()


def _units(text: str) -> Iterator[str]:
    """Yield what is kept together: an opening mark with what follows, what precedes with a closing mark."""
    unit = ""
    for piece in _PIECES.findall(text):
        if unit and unit[-1] not in NEVER_LAST and piece[0] not in NEVER_FIRST:
            yield unit
            unit = ""
        unit += piece
    if unit:
        yield unit
