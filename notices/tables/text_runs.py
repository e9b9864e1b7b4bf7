"""Runs of a cell's text that are struck through or raised: 500 struck out before 200 is not 500200."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notices.tables.cells import LostValue

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MARKED = re.compile(rb"<(?:\w+:)?(?:strike|vertAlign)\b")


@dataclass(slots=True)
class TextRun:
    """A piece of text in one font."""

    text: str = ""
    struck: bool = False
    raised: bool = False

    @classmethod
    def of(cls, element: Element) -> TextRun:
        """Read a run of a workbook's text."""
        run = cls()
        for part in element.iter():
            name = part.tag.rpartition("}")[2]
            run.style(name, part.get("val"))
            if name == "t":
                run.text += part.text or ""
        return run

    def style(self, name: str, value: str | None) -> None:
        """Apply a mark of the run's font."""
        if name == "strike":
            self.struck = value not in {"0", "false"}
        elif name == "vertAlign":
            self.raised = value != "baseline"


def marked_text(runs: Sequence[TextRun]) -> LostValue | str | None:
    """Return how a text of these runs is read; None if it is read as it stands.

    A text of which only a part is struck through has no certain value. A raised figure is marked, so that the 1 of a
    footnote is no digit of the amount before it.
    """
    runs = [run for run in runs if run.text.strip()]
    text = "".join(run.text for run in runs)
    if len({run.struck for run in runs}) > 1:
        return LostValue(text, parts=tuple((run.text, run.struck) for run in runs))
    if not any(run.raised and run.text.strip()[0].isdigit() for run in runs):
        return None
    return "".join(f"^{run.text}" if run.raised else run.text for run in runs)
