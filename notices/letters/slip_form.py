"""Fillable slip of an e-mailed letter: form fields over its printed boxes and lines."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from notices.fonts.installed import face_for
from notices.fonts.typeface import typeface
from notices.letters.answers import ANSWERS_FILE, read_objections, read_text_fields
from notices.letters.unit_boxes import unit_boxes
from notices.pdf import FormFont, add_fields, find_places

NO_UNITS: Mapping[str, str] = MappingProxyType({})


def prepare_font(keep: Path) -> None:
    """Create the cached font for typing before several processes need it; do nothing if no font is installed."""
    if face := face_for("黑体"):
        typeface(*face, keep)


def with_slip_fields(
    letter: bytes, templates: Path, number: str, keep: Path, units: Mapping[str, str] = NO_UNITS
) -> bytes:
    """Add fields to the letter's slip, named by the notice's number and the objection's code.

    In a letter for several `units`, each by the number of its notice, also a box for each unit.

    Returns the letter unchanged if the workspace has no answers.toml or the machine no Chinese font. The font for
    typing is cached in `keep`. Raises Unusable if answers.toml has mistakes.
    """
    answers, face = templates / ANSWERS_FILE, face_for("黑体")
    if not answers.exists() or face is None:
        return letter
    boxes = {objection.code: objection.label for objection in read_objections(answers)}
    boxes |= unit_boxes(units)
    places = find_places(letter, boxes, read_text_fields(answers))
    if not places:
        return letter
    return add_fields(letter, places, _form_font(*face, keep), number)


@cache
def _form_font(file: Path, index: int, keep: Path) -> FormFont:
    cut = typeface(file, index, keep)
    return FormFont(cut.name, cut.program, cut.is_cff, cut.codes, cut.widths, cut.box, cut.ascent, cut.descent)
