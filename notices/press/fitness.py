"""Fit for print, told from the finished page: A4, free at its edges, sharp, black, and the address in the window."""

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
EDGE = 5.0  # mm that a press cannot print on
TOLERANCE = 0.5  # mm
SHARP = 300  # dots an inch
ROUNDED = 0.99  # a picture of 300 dots an inch is placed to the nearest twip, and comes out at 299
# What an address block may say besides name, address, postcode, estate and unit.
ADDRESSING = re.compile(
    r"收件人|邮政编码|邮编|地址|先生|女士|业主|住户|敬启|亲启|收|启|TO|ATTN|MR|MRS|MS|THEOWNEROF|[\W_]", re.IGNORECASE
)


def is_a4(page: PageLook) -> bool:
    """Whether a page is an A4 sheet, upright or across."""
    sides = sorted((page.width, page.height))
    return all(abs(side / MM - wanted) <= TOLERANCE for side, wanted in zip(sides, A4, strict=True))


def unfit(page: PageLook) -> Iterator[Message]:
    """What keeps a page from being printed as it should be."""
    if not is_a4(page):
        yield say("a page is not A4")
    elif page.drawn is not None:
        left, bottom, right, top = page.drawn
        if min(left, bottom, page.width - right, page.height - top) < EDGE * MM:
            yield say("something stands within {edge} mm of a page's edge", edge=f"{EDGE:g}")
    if page.coarsest is not None and page.coarsest < SHARP * ROUNDED:
        yield say("a picture has {dots} dots an inch, fewer than {least}", dots=int(page.coarsest), least=SHARP)
    if page.greys:
        yield say("black text is not black, but a very dark grey")


def area_of(window: Window) -> Rect:
    """The window on the page, in points from the lower left corner."""
    top = (A4[1] - window.top) * MM
    return window.left * MM, top - window.height * MM, (window.left + window.width) * MM, top


def misplaced(page: PageLook, item: PrintItem, window: Window, clearance: float) -> Message | None:
    """Why the address of a letter cannot be read through the window, or something else can; None where all is well.

    Every piece of text that the window touches must lie inside it with `clearance` mm to spare, and all of it together
    must be the address and no more.
    """
    area, spare = area_of(window), clearance * MM
    touched = [text for text in page.texts if _overlap(text, area)]
    seen = _squeezed(page.within)
    wanted = [_squeezed(item.recipient), _squeezed(item.address)]
    if not touched or any(each not in seen for each in wanted):
        return say("the address does not stand in the window of the envelope")
    for piece in (*wanted, *map(_squeezed, (item.postcode, item.estate, item.unit, item.room))):
        seen = seen.replace(piece, "") if piece else seen
    if ADDRESSING.sub("", seen):
        return say("something besides the address stands in the window of the envelope")
    if not all(_inside(text, area, spare) for text in touched):
        return say(
            "the address has less than {spare} mm to spare in the window of the envelope", spare=f"{clearance:g}"
        )
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
