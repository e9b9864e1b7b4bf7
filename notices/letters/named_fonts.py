"""Fonts that a template's text, styles, lists and theme name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import Part

from notices.letters.leftovers import parsed
from notices.letters.ooxml import Xml, find, related, value, values

UNNAMED = ""  # for Chinese text, where the template leaves the choice to the program that opens it
FONTS = ".//w:rFonts"
PLAIN = ("w:ascii", "w:hAnsi", "w:eastAsia")
THEMED = ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme")
SYMBOLS = frozenset({"Symbol", "Wingdings", "Wingdings 2", "Wingdings 3", "Webdings"})  # LibreOffice has its own
STYLE_IDS = ".//w:pStyle/@w:val | .//w:rStyle/@w:val | .//w:tblStyle/@w:val"
CHINESE = ".//w:rFonts/@w:eastAsia | .//w:rFonts/@w:eastAsiaTheme"


def named_fonts(main: Part, stories: Sequence[Xml]) -> set[str]:
    """Return the names of all fonts that draw text of a document, directly, through a style, a list or the theme.

    `stories` are its body, headers, footers and notes. The result holds UNNAMED where Chinese text may have no named
    font. Fonts of bullets are left out.
    """
    styles, numbering = (
        related(main, relation) for relation in (RELATIONSHIP_TYPE.STYLES, RELATIONSHIP_TYPE.NUMBERING)
    )
    chosen = [] if styles is None else _styles_used(styles, stories)
    defaults = [] if styles is None else find(styles, "./w:docDefaults")
    if _names_all(chosen):
        defaults = []
    lists = [] if numbering is None else _levels_used(numbering, [*stories, *chosen])
    theme = _Theme(main)
    names = {name for part in (*stories, *chosen, *defaults, *lists) for name in _names(find(part, FONTS), theme)}
    if not _names_all(chosen) and not any(values(part, CHINESE) for part in defaults):
        names.add(UNNAMED)
    return names - SYMBOLS


class _Theme:
    """The fonts of a document's theme, by the name under which styles refer to them (ECMA-376-1, 17.18.96)."""

    def __init__(self, main: Part) -> None:
        found = (one.target_part for one in main.rels.values() if one.reltype == RELATIONSHIP_TYPE.THEME)
        part = next(found, None)
        self._theme = None if part is None else parsed(part.blob)

    def font(self, reference: str) -> str:
        """Return the font of a reference such as `minorEastAsia`, for Chinese (simplified) where it depends on that."""
        if self._theme is None:
            return UNNAMED
        scheme = "majorFont" if reference.startswith("major") else "minorFont"
        chinese = reference.endswith("EastAsia")
        paths = ("a:ea/@typeface", "a:font[@script='Hans']/@typeface") if chinese else ("a:latin/@typeface",)
        for path in paths:
            if name := "".join(values(self._theme, f".//a:{scheme}/{path}")):
                return name
        return UNNAMED


def _names(fonts: Iterable[Xml], theme: _Theme) -> Iterator[str]:
    for each in fonts:
        for plain, themed in zip(PLAIN, THEMED, strict=True):
            if reference := value(each, themed):  # takes precedence (ECMA-376-1, 17.3.2.26)
                yield theme.font(reference)
            elif name := value(each, plain):
                yield name


def _styles_used(styles: Xml, stories: Sequence[Xml]) -> list[Xml]:
    """Return the styles that the text uses: those it names, the default ones, and what these are based on."""
    by_id = {value(style, "w:styleId"): style for style in find(styles, "./w:style")}
    waiting = {name for story in stories for name in values(story, STYLE_IDS)}
    waiting |= {name for name, style in by_id.items() if value(style, "w:default") in {"1", "true", "on"}}
    used: dict[str, Xml] = {}
    while waiting:
        name = waiting.pop()
        if name in by_id and name not in used:
            used[name] = by_id[name]
            waiting |= set(values(by_id[name], "./w:basedOn/@w:val"))
    return list(used.values())


def _names_all(styles: Sequence[Xml]) -> bool:
    """Return whether each paragraph style that is based on no other names all fonts, so that no defaults apply."""
    paragraphs = [style for style in styles if value(style, "w:type") == "paragraph"]
    roots = [style for style in paragraphs if not values(style, "./w:basedOn/@w:val")]
    slots = [
        set(values(style, f"./w:rPr/w:rFonts/@{plain} | ./w:rPr/w:rFonts/@{themed}"))
        for style in roots
        for plain, themed in zip(PLAIN, THEMED, strict=True)
    ]
    return bool(slots) and all(slots)


def _levels_used(numbering: Xml, users: Sequence[Xml]) -> list[Xml]:
    """Return the definitions of the lists that text or styles refer to."""
    numbers = {number for user in users for number in values(user, ".//w:numPr/w:numId/@w:val")}
    lists = [each for each in find(numbering, "./w:num") if value(each, "w:numId") in numbers]
    kinds = {kind for each in lists for kind in values(each, "./w:abstractNumId/@w:val")}
    return [*lists, *(each for each in find(numbering, "./w:abstractNum") if value(each, "w:abstractNumId") in kinds)]
