"""Fonts of a PDF reduced to some of their glyphs, without renumbering these: a page cut out keeps only its own."""

from __future__ import annotations

import io
import re
from collections.abc import Collection

from fontTools import subset
from fontTools.misc import eexec
from fontTools.ttLib import TTFont

EEXEC_KEY = 55665  # Adobe Type 1 Font Format, 7.3
SYMBOLS = 0xF000  # where the characters of a symbolic font lie
LEAD = 4  # random bytes before the encrypted part
ENCODED = re.compile(rb"dup (\d+) /([^ ]+) put\s")
COUNT = re.compile(rb"/CharStrings (\d+)")
GLYPH = re.compile(rb"/([^\s/]+) (\d+) (?:RD|-\|) ")
END_OF_GLYPH = re.compile(rb"\s?(?:ND|\|-)\s*|\s?noaccess def\s*")


def type1_reduced(program: bytes, lengths: tuple[int, int], codes: Collection[int]) -> tuple[bytes, tuple[int, int]]:
    """Return a Type 1 program with the glyphs of these codes only, and the lengths of its first two parts.

    fontTools reads such a program, but writes it with a dictionary of its own making; here every other byte stays.
    Raises ValueError if the program is not built as expected.
    """
    clear, secret = program[: lengths[0]], program[lengths[0] : sum(lengths)]
    rest = program[sum(lengths) :]
    kept = {name for code, name in ENCODED.findall(clear) if int(code) in codes} | {b".notdef"}
    clear = ENCODED.sub(lambda found: found[0] if found[2] in kept and int(found[1]) in codes else b"", clear)
    plain, _ = eexec.decrypt(secret, EEXEC_KEY)
    made, _ = eexec.encrypt(plain[:LEAD] + _charstrings_of(plain[LEAD:], kept), EEXEC_KEY)
    return clear + made + rest, (len(clear), len(made))


def _charstrings_of(plain: bytes, kept: Collection[bytes]) -> bytes:
    """Return the private part of a Type 1 program with these glyphs only."""
    start = COUNT.search(plain)
    if start is None:
        raise ValueError("no CharStrings")
    place = plain.index(b"begin", start.end()) + len(b"begin")
    glyphs, first = [], None
    while found := GLYPH.search(plain, place, place + 256):
        end = END_OF_GLYPH.match(plain, found.end() + int(found[2]))
        if end is None:
            raise ValueError("a glyph without its end")
        first = found.start() if first is None else first
        if found[1] in kept:
            glyphs.append(plain[found.start() : end.end()])
        place = end.end()
    if first is None or len(glyphs) > len(kept):
        raise ValueError("no glyphs")
    head = plain[:first].replace(start[0], b"/CharStrings %d" % len(glyphs))
    return head + b"".join(glyphs) + plain[place:]


def truetype_reduced(program: bytes, codes: Collection[int], *, by_character: bool) -> bytes:
    """Return a TrueType program in which all glyphs but those of these codes are empty; raises what fontTools raises.

    A code is the number of its glyph, or, `by_character`, what the program's own table of characters maps to it.
    """
    options = subset.Options(
        retain_gids=True, notdef_outline=True, layout_features=[], name_IDs=[], legacy_cmap=True, symbol_cmap=True
    )
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE"]
    with TTFont(io.BytesIO(program)) as font:
        glyphs = _mapped(font, codes) if by_character else codes
        subsetter = subset.Subsetter(options)
        subsetter.populate(gids=[glyph for glyph in glyphs if glyph < font["maxp"].numGlyphs])
        subsetter.subset(font)
        made = io.BytesIO()
        font.save(made)
    return made.getvalue()


def _mapped(font: TTFont, codes: Collection[int]) -> set[int]:
    wanted = {*codes, *(SYMBOLS + code for code in codes)}
    maps = (table.cmap for table in font["cmap"].tables)
    return {font.getGlyphID(name) for each in maps for code, name in each.items() if code in wanted}
