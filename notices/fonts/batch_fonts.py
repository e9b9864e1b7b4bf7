"""Fonts of a batch: TrueType subsets of the faces that its templates use, the only fonts that LibreOffice then sees."""

from __future__ import annotations

import hmac
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from xml.sax.saxutils import escape

from notices.errors import Unusable
from notices.files import built_aside, locked
from notices.fonts.installed import (
    CHINESE_FROM,
    configuration_file,
    resolve_families,
    style_faces,
    substitution_rules,
)
from notices.fonts.truetype import UnsuitableFont, drawn_by, truetype_subset

CONFIGURATION, ASKED, DRAWN, SEAL, LOCK = "fonts.conf", "asked.txt", "drawn.txt", "seal", "lock"
VERSION = 1  # of the way in which fonts are made
SYMBOLS = "OpenSymbol"  # LibreOffice draws the bullets of lists with it; copied whole
MOST_CHARACTERS = 8000
SETS_KEPT = 6
# Figures, Latin letters, punctuation and Chinese numerals, whatever the letters of the first batch need of them.
ALWAYS = "".join(
    (
        *map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x100))),
        bytes(byte for row in range(0xA1, 0xA4) for column in range(0xA1, 0xFF) for byte in (row, column)).decode(
            "gb2312", "ignore"
        ),
        "〇零一二三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟元圆角分整年月日时至起止第号期户室楼栋幢座单层共页度半您贵司你位先生女士之对折",
        "㎡²·件等处贵公司您无",  # beside those above, what the program itself writes into letters
        "\u2011\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u25a1\u2610\u2611\u2612\u2713",
    )
)


@dataclass(frozen=True, slots=True)
class BatchFonts:
    """A folder of subset fonts: an environment in which LibreOffice sees them alone, and the characters they draw."""

    environment: dict[str, str]
    characters: frozenset[str]


def batch_fonts(
    families: Iterable[str], characters: Collection[str], folder: Path, secret: bytes, pool: Executor | None = None
) -> BatchFonts | None:
    """Return fonts for these characters of the faces that draw these families here; make them if there are none yet.

    With a `pool` each face is a task for it, without one they are made one after the other.

    They are kept in `folder`, authenticated with `secret`, and made anew with all so far when new characters occur.
    Returns None where a family is neither installed nor has a substitute, no face draws Chinese, a face is damaged or
    may not be embedded, or the folder cannot be written: letters are made with the machine's own fonts then. Raises
    Unusable if fontconfig is missing.
    """
    resolved = resolve_families(families)
    if not all(resolved.values()):
        return None
    faces = sorted({face for family in resolved.values() if family for face in style_faces(family)})
    wanted = frozenset((*ALWAYS, *characters))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(folder / LOCK):
            fonts = _FontSets(folder, secret, faces, pool).fitting(wanted)
    except (UnsuitableFont, OSError, Unusable, BrokenExecutor):
        return None
    return fonts if any(each >= CHINESE_FROM for each in fonts.characters) else None


class _FontSets:
    """The sets of fonts in a folder that were made of these faces."""

    def __init__(self, folder: Path, secret: bytes, faces: Sequence[tuple[Path, int]], pool: Executor | None) -> None:
        self.folder, self.secret, self.faces, self.pool = folder, secret, faces, pool
        facts = [(file, index, file.stat().st_size, file.stat().st_mtime_ns) for file, index in faces]
        self.prefix = sha256(repr((VERSION, facts, substitution_rules())).encode()).hexdigest()[:16]

    def fitting(self, wanted: frozenset[str]) -> BatchFonts:
        """Return the newest set that was made for all these characters, or a new one."""
        kept = sorted(self.folder.glob(f"{self.prefix}-*"), key=lambda each: each.stat().st_mtime, reverse=True)
        known = {each: frozenset((each / ASKED).read_text("utf-8")) for each in kept if self._is_ours(each)}
        for found, asked in known.items():
            if wanted <= asked:
                found.touch()
                return self._opened(found)
        before = next(iter(known.values()), frozenset())
        made = self._made(wanted | before if len(wanted | before) <= MOST_CHARACTERS else wanted)
        for old in kept[SETS_KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
        return self._opened(made)

    def _made(self, asked: frozenset[str]) -> Path:
        text = "".join(sorted(asked))
        name = f"{self.prefix}-{sha256(text.encode()).hexdigest()[:16]}"
        with built_aside(self.folder, name) as made:
            fonts = self._subsets(text)
            for place, font in enumerate(fonts):
                (made / f"{place}.ttf").write_bytes(font)
            for file, _ in style_faces(SYMBOLS)[:1]:
                shutil.copyfile(file, made / f"symbols{file.suffix}")
            (made / ASKED).write_text(text, "utf-8")
            (made / DRAWN).write_text("".join(sorted(_drawn_alike(map(drawn_by, fonts)))), "utf-8")
            (made / CONFIGURATION).write_text(_configuration(self.folder / name), "utf-8")
            (made / SEAL).write_text(self._seal(made), "ascii")
        return self.folder / name

    def _subsets(self, text: str) -> list[bytes]:
        if self.pool is None:
            return [truetype_subset(file, index, text) for file, index in self.faces]
        tasks = [self.pool.submit(truetype_subset, file, index, text) for file, index in self.faces]
        return [task.result() for task in tasks]

    def _opened(self, made: Path) -> BatchFonts:
        return BatchFonts({"FONTCONFIG_FILE": str(made / CONFIGURATION)}, frozenset((made / DRAWN).read_text("utf-8")))

    def _is_ours(self, made: Path) -> bool:
        seal = made / SEAL
        return seal.is_file() and hmac.compare_digest(seal.read_bytes(), self._seal(made).encode())

    def _seal(self, made: Path) -> str:
        """Return a digest that only this workspace can make, of every file of a set."""
        files = sorted(each for each in made.iterdir() if each.name != SEAL)
        told = repr([(each.name, sha256(each.read_bytes()).hexdigest()) for each in files])
        return hmac.new(self.secret, told.encode(), sha256).hexdigest()


def font_files(environment: Mapping[str, str]) -> dict[str, bytes]:
    """Return the font files of a batch by name, given the environment of its fonts, for another machine."""
    folder = Path(environment["FONTCONFIG_FILE"]).parent
    ours = {CONFIGURATION, ASKED, DRAWN, SEAL}
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name not in ours}


def place_fonts(files: Mapping[str, bytes], folder: Path) -> dict[str, str]:
    """Write what `font_files` returned into a new folder; return the environment that shows these alone."""
    folder.mkdir(mode=0o700)
    for name, content in files.items():
        (folder / Path(name).name).write_bytes(content)
    (folder / CONFIGURATION).write_text(_configuration(folder), "utf-8")
    return {"FONTCONFIG_FILE": str(folder / CONFIGURATION)}


def _configuration(folder: Path) -> str:
    """Return fontconfig's file that shows a folder of fonts alone; its cache is beside the folder."""
    where = f"  <dir>{escape(str(folder))}</dir>\n  <cachedir>{escape(str(folder.parent))}</cachedir>\n"
    return configuration_file(where + substitution_rules())


def _drawn_alike(fonts: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return the characters that each font draws, as far as it draws Chinese; of others, those that some font draws."""
    drawn = list(fonts)
    chinese = [each for each in drawn if "\u4e00" in each]
    common = frozenset[str]().union(*drawn)
    return frozenset(
        each for each in common if each < CHINESE_FROM or all(each in characters for characters in chinese)
    )
