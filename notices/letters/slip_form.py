"""The slip of a letter that goes by e-mail: the printed boxes and lines can be filled in on the screen."""

from __future__ import annotations

from pathlib import Path

from notices.fonts.installed import face_of
from notices.fonts.typeface import typeface
from notices.letters.answers import FILE, read_objections, read_rooms
from notices.pdf import FormFont, find_places, with_fields


def ready_font(keep: Path) -> None:
    """Cut the font to type with, before several processes want to at once; does nothing where there is none."""
    if face := face_of("黑体"):
        typeface(*face, keep)


def fillable(letter: bytes, templates: Path, number: str, keep: Path) -> bytes:
    """The letter's PDF with fields over its slip, named by the notice's number and the objection's code.

    A workspace without answers.toml, or a machine without a Chinese font, leaves the letter as printed. The font to
    type with is kept in `keep`. Raises Unusable where answers.toml has mistakes.
    """
    answers, face = templates / FILE, face_of("黑体")
    if not answers.exists() or face is None:
        return letter
    boxes = {objection.code: objection.label for objection in read_objections(answers)}
    places = find_places(letter, boxes, read_rooms(answers))
    if not places:
        return letter
    cut = typeface(*face, keep)
    font = FormFont(cut.name, cut.program, cut.is_cff, cut.codes, cut.widths, cut.box, cut.ascent, cut.descent)
    return with_fields(letter, places, font, number)
