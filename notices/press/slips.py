"""Reason slips: finding the page a slip starts on, so that it can get a separate sheet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from notices.pdf import page_texts
from notices.press.items import PrintItem

BOX = "□"  # tick boxes occur only on the slip


def with_slip_pages(items: Iterable[PrintItem]) -> list[PrintItem]:
    """Set `slip_page` on the items that have a slip; raises DamagedPdf."""
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
