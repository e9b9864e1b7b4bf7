"""Chinese font for typing into PDF forms: an installed font subset to common characters, small enough for e-mail."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import uharfbuzz
from fontTools.ttLib import TTFont

from notices.errors import Unusable
from notices.files import write_whole
from notices.messages import say

GB2312_ROWS = (*range(0xA1, 0xA4), *range(0xB0, 0xD8))  # punctuation, full-width letters, the 3,755 of level 1
LATIN = range(0x20, 0x7F)
NAMES_KEPT = (1, 4, 6)  # family, full and PostScript name
DROPPED = ("GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx")  # for layout, and for vertical text


@dataclass(frozen=True, slots=True)
class Typeface:
    """A font to embed in a PDF: its program, the code of each character, and widths in thousandths of an em."""

    name: str
    program: bytes
    is_cff: bool
    codes: dict[str, int]
    widths: dict[int, int]
    box: tuple[int, int, int, int]
    ascent: int
    descent: int


def typeface(file: Path, index: int, folder: Path) -> Typeface:
    """Return face `index` of a font file, subset; the subset is cached in `folder`.

    Raises Unusable if the file cannot be read.
    """
    key = hashlib.sha256(f"{file} {index} {file.stat().st_mtime_ns}".encode()).hexdigest()[:16]
    kept = folder / f"typeface-{key}.otf"
    if not kept.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(kept, subset_font(file, index, common_characters()))
    return _read(kept)


def common_characters() -> str:
    """Return the characters typed into forms: the common characters of GB 2312, and ASCII."""
    chinese = bytes(byte for row in GB2312_ROWS for column in range(0xA1, 0xFF) for byte in (row, column))
    return "".join(map(chr, LATIN)) + chinese.decode("gb2312", "ignore")


@lru_cache(maxsize=4)
def subset_font(file: Path, index: int, text: str) -> bytes:
    """Subset face `index` of a font file to the characters of `text`; raise Unusable if it cannot be read."""
    wanted = uharfbuzz.SubsetInput()
    wanted.unicode_set.update(map(ord, text))
    wanted.name_id_set.clear()
    wanted.name_id_set.update(NAMES_KEPT)
    wanted.drop_table_tag_set.update(int.from_bytes(tag.encode(), "big") for tag in DROPPED)
    flags = uharfbuzz.SubsetFlags
    wanted.flags = flags.NO_HINTING | flags.DESUBROUTINIZE | flags.NOTDEF_OUTLINE
    try:
        face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(file)), index)
        if not face.glyph_count:
            raise _unreadable(file)
        return bytes(uharfbuzz.subset(face, wanted).blob.data)
    except (OSError, uharfbuzz.HarfBuzzError, RuntimeError) as error:
        raise _unreadable(file) from error


def _unreadable(file: Path) -> Unusable:
    return Unusable(
        say("The font {file} cannot be read.", file=file.name),
        say("Install Chinese fonts, on Debian and Ubuntu: apt-get install fonts-noto-cjk"),
    )


@cache
def _read(kept: Path) -> Typeface:
    with TTFont(kept) as font:
        is_cff = "CFF " in font
        scale = 1000 / font["head"].unitsPerEm
        glyphs = font.getBestCmap()
        numbers = {name: _code(font, name) for name in set(glyphs.values())}
        head, hhea = font["head"], font["hhea"]
        return Typeface(
            name="NoticesForm",
            program=font.reader["CFF "] if is_cff else kept.read_bytes(),
            is_cff=is_cff,
            codes={chr(character): numbers[name] for character, name in glyphs.items()},
            widths={code: round(font["hmtx"][name][0] * scale) for name, code in numbers.items()},
            box=(
                round(head.xMin * scale),
                round(head.yMin * scale),
                round(head.xMax * scale),
                round(head.yMax * scale),
            ),
            ascent=round(hhea.ascent * scale),
            descent=round(hhea.descent * scale),
        )


def _code(font: TTFont, name: str) -> int:
    """Return the number by which a PDF selects the glyph: its CID in a CID-keyed font, else its glyph index."""
    return int(name.removeprefix("cid")) if name.startswith("cid") else int(font.getGlyphID(name))
