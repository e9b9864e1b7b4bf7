"""Fonts installed on this machine, substitutes for formal fonts, and characters that no font can draw."""

from __future__ import annotations

import os
import subprocess
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from xml.sax.saxutils import escape

from notices.errors import Unusable
from notices.files import write_whole
from notices.messages import say

SONG = (
    "Noto Serif CJK SC",
    "Noto Serif SC",
    "Source Han Serif SC",
    "Source Han Serif CN",
    "FandolSong",
    "AR PL UMing CN",
)
HEI = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "FandolHei", "WenQuanYi Zen Hei")
FANGSONG = ("FandolFang R", "FandolFang", *SONG)
KAI = ("FandolKai", "AR PL UKai CN", *SONG)

# The formal fonts of a clerk's Windows machine, each with all its names and its closest free substitutes.
FORMAL: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("宋体", "SimSun"), SONG),
    (("新宋体", "NSimSun"), SONG),
    (("华文宋体", "STSong"), SONG),
    (("方正小标宋简体", "FZXiaoBiaoSong-B05S"), SONG),
    (("仿宋", "FangSong"), FANGSONG),
    (("仿宋_GB2312", "FangSong_GB2312"), FANGSONG),
    (("华文仿宋", "STFangsong"), FANGSONG),
    (("黑体", "SimHei"), HEI),
    (("华文黑体", "STHeiti"), HEI),
    (("微软雅黑", "Microsoft YaHei"), HEI),
    (("等线", "DengXian"), HEI),
    (("楷体", "KaiTi"), KAI),
    (("楷体_GB2312", "KaiTi_GB2312"), KAI),
    (("华文楷体", "STKaiti"), KAI),
    (("Times New Roman",), ("Liberation Serif", "Tinos", "TeX Gyre Termes", *SONG)),
    (("Arial",), ("Liberation Sans", "Arimo", *HEI)),
    (("Calibri",), ("Carlito", *HEI)),
)
CHINESE_IN_LETTERS = ("宋体", "仿宋", "黑体")
CHINESE_FROM = "\u2e80"  # the first block of Chinese writing, CJK radicals
USED_BY_LETTERS = (*CHINESE_IN_LETTERS, "Times New Roman")
FAR_REACHING = ("BabelStone Han", "HanaMinA", "HanaMinB", "Plangothic P1", "Jigmo")  # for rare characters in names
REGULAR, BOLD = 80, 200  # fontconfig's weights
SYSTEM_CONFIGURATION = "/etc/fonts/fonts.conf"  # unless FONTCONFIG_FILE names another


@dataclass(frozen=True, slots=True)
class FontReport:
    """Font substitutes in use, formal fonts without one, and installed fonts for rare characters."""

    substitutes: Mapping[str, str]
    lacking: tuple[str, ...]
    far_reaching: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Face:
    """A face as fontconfig describes it: families, file, index in the file, style, and characters (`20-7e a0-ff`)."""

    families: tuple[str, ...]
    file: Path
    index: int
    weight: int
    slanted: bool
    drawn: str


@cache
def _installed_faces() -> tuple[_Face, ...]:
    try:
        listed = subprocess.run(
            ["fc-list", "--format", "%{file}\t%{index}\t%{weight}\t%{slant}\t%{family}\t%{charset}\n"],
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout.decode("utf-8", "replace")
    except (OSError, subprocess.SubprocessError) as error:
        raise Unusable(
            say("The fonts of this machine cannot be listed."),
            say("Install fontconfig and the fonts: apt-get install fontconfig fonts-noto-cjk."),
        ) from error
    lines = (line.split("\t", 5) for line in sorted(set(listed.splitlines())))
    return tuple(
        _Face(
            families=tuple(family.strip() for family in families.split(",")),
            file=Path(file),
            index=int(index) & 0xFFFF,
            weight=_weight(weight),
            slanted=slant not in {"", "0"},
            drawn=drawn,
        )
        for file, index, weight, slant, families, drawn in lines
    )


def _weight(weight: str) -> int:
    """Return fontconfig's weight; the regular one for a variable font, which has a range of them."""
    return int(weight) if weight.isdigit() else REGULAR


@cache
def _faces() -> Mapping[str, tuple[_Face, ...]]:
    """Return the faces of each installed family."""
    faces: dict[str, list[_Face]] = {}
    for face in _installed_faces():
        for family in face.families:
            faces.setdefault(family, []).append(face)
    return {family: tuple(found) for family, found in faces.items()}


def installed() -> frozenset[str]:
    """Return the font families of this machine; raise Unusable if fontconfig is missing."""
    return frozenset(_faces())


def substitutes(families: Iterable[str]) -> dict[str, str]:
    """Map each formal font not in `families` to its other name if that is there, else to the first free substitute."""
    there = frozenset(families)
    chosen: dict[str, str] = {}
    for names, candidates in FORMAL:
        found = next((family for family in (*names, *candidates) if family in there), None)
        if found:
            chosen |= {name: found for name in names if name not in there}
    return chosen


def resolve_families(families: Iterable[str]) -> dict[str, str | None]:
    """Map each family to itself if it is installed, else to its substitute, else to None."""
    there = installed()
    chosen = substitutes(there)
    return {family: family if family in there else chosen.get(family) for family in families}


def face_for(formal: str) -> tuple[Path, int] | None:
    """Return the file and face index that draw a formal font's regular style here, or None."""
    family = resolve_families([formal])[formal]
    faces = [(face.file, face.index) for face in _faces().get(family, ())] if family else []
    return next((face for face in faces if "regular" in face[0].name.lower()), faces[0] if faces else None)


def style_faces(family: str) -> tuple[tuple[Path, int], ...]:
    """Return file and face index of a family's regular, bold, italic and bold italic style, as far as it has them."""
    chosen: dict[tuple[Path, int], None] = {}
    for slanted in (False, True):
        faces = [face for face in _faces().get(family, ()) if face.slanted is slanted]
        for wanted in (REGULAR, BOLD):
            if faces:
                nearest = min(faces, key=lambda face: (abs(face.weight - wanted), face.file, face.index))
                chosen[nearest.file, nearest.index] = None
    return tuple(chosen)


def report() -> FontReport:
    """Return the font facts that `doctor` shows; raise Unusable if fontconfig is missing."""
    there = installed()
    chosen = substitutes(there)
    lacking = tuple(formal for formal in USED_BY_LETTERS if formal not in there and formal not in chosen)
    return FontReport(chosen, lacking, tuple(family for family in FAR_REACHING if family in there))


def office_environment(folder: Path) -> dict[str, str]:
    """Write our LibreOffice font mapping into `folder`; return the environment that points to it.

    The machine's own fontconfig is included and not changed. Raises Unusable if fontconfig is missing.
    """
    file = folder / "fonts.conf"
    there = installed()
    content = _configuration(substitutes(there), [family for family in FAR_REACHING if family in there])
    if not file.exists() or file.read_text("utf-8") != content:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(file, content.encode("utf-8"))
    return {"FONTCONFIG_FILE": str(file)}


def fingerprint() -> str:
    """Return a digest that changes if a font is added, removed or replaced, or fontconfig's setup changes."""
    facts: list[object] = [(face.families, face.index, _state(face.file)) for face in _installed_faces()]
    for folder in (Path(SYSTEM_CONFIGURATION).parent, Path(os.environ.get("HOME", "/")) / ".config" / "fontconfig"):
        facts += [_state(path) for path in sorted(folder.rglob("*"))]
    return sha256(repr(facts).encode()).hexdigest()


@cache
def portable_faces() -> Mapping[str, str]:
    """Map each installed family to a digest of its faces that is equal on machines with the same font files."""
    known: dict[str, list[tuple[object, ...]]] = {}
    for face in _installed_faces():
        size = _state(face.file)[1]
        for family in face.families:
            known.setdefault(family, []).append(
                (face.file.name, size, face.index, face.weight, face.slanted, face.drawn)
            )
    return {family: sha256(repr(sorted(faces)).encode()).hexdigest()[:16] for family, faces in sorted(known.items())}


def missing_characters(text: str, families: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the characters of `text` that none of the families can draw, each once, in order.

    By default: the fonts of the letters and the installed fonts for rare characters.
    """
    if families is None and _drawable().issuperset(text):
        return ()
    chosen = letter_families() if families is None else tuple(families)
    wanted = dict.fromkeys(character for character in text if is_drawn(character))
    for family in chosen:
        wanted = {character: None for character in wanted if character not in _drawn_by(family)}
    return tuple(wanted)


def letter_families() -> tuple[str, ...]:
    """Return the installed families that letters are set in, followed by those for rare characters."""
    there = installed()
    chosen = substitutes(there)
    usual = (chosen.get(formal, formal) for formal in USED_BY_LETTERS)
    return tuple(dict.fromkeys(family for family in (*usual, *FAR_REACHING) if family in there))


def rare_families(text: str) -> dict[str, str]:
    """Map each Chinese character that a usual Chinese font lacks to the first family of letters that has it."""
    unusual = set(text) - _common()
    uncommon = {character for character in unusual if character >= CHINESE_FROM and is_drawn(character)}
    found: dict[str, str] = {}
    for character in sorted(uncommon):
        family = next((family for family in letter_families() if character in _drawn_by(family)), None)
        if family:
            found[character] = family
    return found


@cache
def _drawable() -> frozenset[str]:
    """Return the characters that at least one family of the letters draws."""
    return frozenset[str]().union(*map(_drawn_by, letter_families()))


@cache
def _common() -> frozenset[str]:
    """Return the characters that every usual Chinese font of this machine draws."""
    families = [family for family in resolve_families(CHINESE_IN_LETTERS).values() if family]
    return frozenset.intersection(*map(_drawn_by, families)) if families else frozenset()


@cache
def _drawn_by(family: str) -> frozenset[str]:
    """Return the characters of the family's first face, from fontconfig: reading the font file takes seconds."""
    spans = (span.partition("-") for face in _faces().get(family, ())[:1] for span in face.drawn.split())
    return frozenset(
        chr(character) for first, _, last in spans for character in range(int(first, 16), int(last or first, 16) + 1)
    )


def is_drawn(character: str) -> bool:
    """Return whether the character needs a glyph: spaces, controls, joiners and selectors do not."""
    selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return not selector and not character.isspace() and unicodedata.category(character) not in {"Cc", "Cf"}


def _state(path: Path) -> tuple[str, int, int]:
    try:
        state = path.stat()
    except OSError:  # deleted since it was listed
        return path.as_posix(), 0, 0
    return path.as_posix(), state.st_size, state.st_mtime_ns


def _configuration(chosen: Mapping[str, str], far_reaching: Sequence[str]) -> str:
    usual = sorted({*chosen.values(), *USED_BY_LETTERS} - set(chosen)) if far_reaching else []
    rules = "".join(
        (
            *(_rule(formal, "assign", [free]) for formal, free in chosen.items()),
            *(_rule(family, "append", far_reaching) for family in usual),  # for characters that the family lacks
        )
    )
    system = os.environ.get("FONTCONFIG_FILE") or SYSTEM_CONFIGURATION
    return configuration_file(f'  <include ignore_missing="yes">{escape(system)}</include>\n{rules}')


def configuration_file(content: str) -> str:
    """Return fontconfig's file with `content`, which is XML."""
    return (
        '<?xml version="1.0"?>\n'
        '<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n'
        f"<fontconfig>\n{content}</fontconfig>\n"
    )


def substitution_rules() -> str:
    """Return fontconfig's rules that give each formal font missing here its substitute."""
    return "".join(_rule(formal, "assign", [free]) for formal, free in substitutes(installed()).items())


def _rule(family: str, mode: str, others: Iterable[str]) -> str:
    names = "".join(f"<string>{escape(other)}</string>" for other in others)
    return (
        '  <match target="pattern">\n'
        f'    <test qual="any" name="family" compare="eq"><string>{escape(family)}</string></test>\n'
        f'    <edit name="family" mode="{mode}" binding="strong">{names}</edit>\n'
        "  </match>\n"
    )
