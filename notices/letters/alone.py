"""A letter as a PDF of its own, cut out of the document that it was made in with others."""

from __future__ import annotations

from pathlib import Path

from notices.errors import DataNeedsPerson
from notices.fonts.glyphs import codes_with_outlines, only_glyphs
from notices.fonts.truetype import UnsuitableFont
from notices.messages import say
from notices.pdf import DocumentInfo, NotReducible, cut, cut_alone, foreign_parts, texts_of


def letter_alone(number: str, source: Path, pages: tuple[int, int, int], info: DocumentInfo) -> bytes:
    """Return a letter's PDF with nothing of the other letters in `source`: no text, glyph, character map or picture.

    `pages` are the first page, from 1, their count, and the page count of `source`. Raises DataNeedsPerson if that
    cannot be had or, when the PDF is read back, was not achieved; DamagedPdf.
    """
    first, count, of = pages
    if count == of:  # a document of its own
        return cut(source, first, count, info)
    try:
        letter = cut_alone(source, first, count, info, only_glyphs)
        foreign = foreign_parts(letter, texts_of(letter), codes_with_outlines)
    except (NotReducible, UnsuitableFont) as error:
        foreign = [str(error)]
    if not foreign:
        return letter
    raise DataNeedsPerson(
        say(
            "{notice}: not e-mailed, because its PDF holds other letters too and would give away owners' names "
            "({parts}).",
            notice=number,
            parts=", ".join(sorted(set(foreign))),
        ),
        say("Render the batch again."),
    )
