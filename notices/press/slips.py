"""The reason slip of a letter: which of its pages it begins on, so that it can come on a sheet of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from notices.pdf import page_texts
from notices.press.items import PrintItem

BOX = "□"  # what the owner ticks stands on the slip and nowhere else


def with_slip_pages(items: Iterable[PrintItem]) -> list[PrintItem]:
    """The items, each that has a slip with the page it begins on; raises DamagedPdf."""
    texts: dict[Path, list[str]] = {}
    found: list[PrintItem] = []
    for item in items:
        if item.has_slip and item.replaces is None:
            if item.source not in texts:
                texts[item.source] = page_texts(item.source)
            own = texts[item.source][item.first - 1 : item.first - 1 + item.count]
            slip = next((page for page, text in enumerate(own, start=1) if BOX in text), 0)
            found.append(replace(item, slip_page=slip))
        else:
            found.append(item)
    return found
