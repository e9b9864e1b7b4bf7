"""Print checks on a finished page: A4, clear edges, resolution, pure black, and the address in the window."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from notices.messages import Message, say
from notices.pdf import PageLook, Rect
from notices.press.items import PrintItem
from notices.settings import Window

MM = 72 / 25.4
A4 = (210.0, 297.0)
EDGE = 5.0  # mm, unprintable margin
TOLERANCE = 0.5  # mm
SHARP = 300  # dpi
ROUNDED = 0.99  # pictures are placed to the nearest twip, so 300 dpi comes out as 299
# Words allowed in an address block besides name, address, postcode, estate and unit.
ADDRESSING = re.compile(
    r"收件人|邮政编码|邮编|地址|先生|女士|业主|住户|敬启|亲启|收|启|TO|ATTN|MR|MRS|MS|THEOWNEROF|[\W_]", re.IGNORECASE
)


def is_a4(page: PageLook) -> bool:
    """Check for A4, portrait or landscape."""
    sides = sorted((page.width, page.height))
    return all(abs(side / MM - wanted) <= TOLERANCE for side, wanted in zip(sides, A4, strict=True))


def page_problems(page: PageLook) -> Iterator[Message]:
    """Yield the reasons why a page will not print correctly."""
    if not is_a4(page):
        yield say("a page is not A4")
    elif page.drawn is not None:
        left, bottom, right, top = page.drawn
        if min(left, bottom, page.width - right, page.height - top) < EDGE * MM:
            yield say("something is printed within {edge} mm of a page's edge", edge=f"{EDGE:g}")
    if page.coarsest is not None and page.coarsest < SHARP * ROUNDED:
        yield say("a picture has {dots} dpi, fewer than {least}", dots=int(page.coarsest), least=SHARP)
    if page.greys:
        yield say("black text is not pure black but very dark grey")


def window_rect(window: Window) -> Rect:
    """Return the window's rectangle on the page, in points from the lower left corner."""
    top = (A4[1] - window.top) * MM
    return window.left * MM, top - window.height * MM, (window.left + window.width) * MM, top


def window_problem(page: PageLook, item: PrintItem, window: Window, clearance: float) -> Message | None:
    """Return why the window shows less or more than the letter's address; None if it is right.

    All text that touches the window must lie inside it with `clearance` mm to spare, and together must be the address
    and nothing else.
    """
    area, spare = window_rect(window), clearance * MM
    touched = [text for text in page.texts if _overlap(text, area)]
    seen = _squeezed(page.within)
    wanted = [_squeezed(item.recipient), _squeezed(item.address)]
    if not touched or any(each not in seen for each in wanted):
        return say("the address is not in the envelope window")
    for piece in (*wanted, *map(_squeezed, (item.postcode, item.estate, item.unit, item.room))):
        seen = seen.replace(piece, "") if piece else seen
    if ADDRESSING.sub("", seen):
        return say("something besides the address shows in the envelope window")
    if not all(_inside(text, area, spare) for text in touched):
        return say("the address is less than {spare} mm from the edge of the envelope window", spare=f"{clearance:g}")
    return None


def _overlap(one: Rect, other: Rect) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _inside(one: Rect, other: Rect, spare: float) -> bool:
    return (
        one[0] >= other[0] + spare
        and one[1] >= other[1] + spare
        and one[2] <= other[2] - spare
        and one[3] <= other[3] - spare
    )


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()
