"""Rare characters: set in a run of their own, in a font that has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from itertools import groupby
from pathlib import Path
from typing import cast

from docx.oxml.ns import qn
from docx.oxml.text.run import CT_R

from notices.errors import DataNeedsPerson
from notices.fonts.installed import is_drawn, missing_characters
from notices.fonts.truetype import UnsuitableFont
from notices.fonts.undrawn import undrawn_codes
from notices.letters.ooxml import Xml, find, new, parent
from notices.messages import Message, say
from notices.model import Letter
from notices.pdf import damaged, undrawn_characters


def set_rare_fonts(story: Xml, families: Mapping[str, str]) -> None:
    """Move the characters in `families` into runs of their own, set in their family.

    LibreOffice's own fallback would find a font too, but draws such characters after the rest of the line, so that a
    name read back from the page has its characters in the wrong order.
    """
    if not families:
        return
    wanted = re.compile(f"[{re.escape(''.join(families))}]")
    for text in find(story, ".//w:r/w:t"):
        if wanted.search(text.text or ""):
            _split(text, families)


def _split(text: Xml, families: Mapping[str, str]) -> None:
    run = parent(text)
    leading = list(text.itersiblings(preceding=True))[::-1]
    if not all(child.tag == qn("w:rPr") for child in leading):
        first = _empty_copy(run)
        first.extend([child for child in leading if child.tag != qn("w:rPr")])
        run.addprevious(first)
    for family, characters in groupby(text.text or "", lambda character: families.get(character, "")):
        piece = _empty_copy(run)
        piece.append(_text("".join(characters)))
        if family:
            _set_in(piece, family)
        run.addprevious(piece)
    run.remove(text)


def _empty_copy(run: Xml) -> Xml:
    """Return an empty run with the same formatting."""
    fresh = new("r")
    for properties in find(run, "./w:rPr"):
        fresh.append(deepcopy(properties))
    return fresh


def _text(content: str) -> Xml:
    text = new("t")
    text.text = content
    text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return text


def _set_in(run: Xml, family: str) -> None:
    font = cast("CT_R", run).get_or_add_rPr().get_or_add_rFonts()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        font.set(qn(f"w:{script}"), family)


def not_drawable(letter: Letter) -> Message | None:
    """Return why the fonts of this machine cannot draw a letter; None where they can."""
    missing = missing_characters(text_of(letter))
    return _no_font_has(missing) if missing else None


def refuse_undrawn(pdf: Path) -> None:
    """Raise DataNeedsPerson if a PDF from LibreOffice shows a box, or nothing, in place of a character."""
    try:
        missing = [each for each in undrawn_characters(pdf, undrawn_codes) if is_drawn(each)]
    except UnsuitableFont as error:
        raise damaged(pdf) from error
    if missing:
        raise DataNeedsPerson(_no_font_has(missing))


def _no_font_has(missing: Iterable[str]) -> Message:
    return say(
        "no font has {characters}; install a font that does (such as fonts-babelstone-han), "
        "or write the name otherwise",
        characters=", ".join(f"{character} (U+{ord(character):04X})" for character in missing),
    )


def text_of(letter: Letter) -> str:
    """Return everything that a letter's fields say."""
    return _text_of(letter.fields)


def _text_of(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "".join(_text_of(each) for each in value.values())
    return "".join(_text_of(each) for each in value) if isinstance(value, Sequence) else ""
