"""Spelling: the form in which names and units are compared, whatever marks and variants they were typed with.

One name can be typed as many strings that print alike: with marks nobody sees, with radicals out of a PDF, with
compatibility characters. `model.CaseKey` compares names in the form made here, so lists, holds, payments, history and
typed accounts agree, and so do rows that an earlier version stored as they were typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache, lru_cache

from notices.radicals import UNIFIED

# Almost every name, unit and cell consists of these, which stay as they are; the rest is worth a closer look.
ORDINARY = " -~·、。“”《》一-鿿"
_ORDINARY = re.compile(f"[{ORDINARY}]*")
_HAN = re.compile(r"[㐀-䶿一-鿿豈-﫿\U00020000-\U000323af〇]")
# What nearly all units and names are, which compare as they are.
_PLAIN_UNIT = re.compile("[1-9][0-9]*(?:-[1-9][0-9]*)*")
_PLAIN_NAME = re.compile("[0-9A-Za-z一-鿿]+")
_DOTS = str.maketrans({"•": "·", "‧": "·", "・": "·", "∙": "·", "⋅": "·"})
_STAND_INS = dict.fromkeys((0x2800, 0xFFF9, 0xFFFA, 0xFFFB, 0xFFFC))
_WIDE_BRACKETS = str.maketrans({"(": "（", ")": "）"})
_NUMBER_MARKS = str.maketrans("〔〕【】[]—–‐‑―−", "()()()------")
_DESIGNATOR = re.compile(r"(?<=[0-9A-Za-z一二三四五六七八九十])(?:号楼|号院|#楼|栋|幢|座|#|号|楼|单元|门|室|户|房)")
_SEPARATOR = re.compile(r"[-—–‐‑―−﹣_/\\.·,、:~]+")
_LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_REMEMBERED = 2**17  # the same owners and units recur in every list, notice and payment


def is_ordinary(text: str) -> bool:
    """Return whether every character is an everyday one: printable ASCII, a common ideograph, a usual mark."""
    return _ORDINARY.fullmatch(text) is not None


def visible(text: str) -> str:
    """Return text without the characters that Unicode says to show nothing for (Default_Ignorable_Code_Point).

    Nor with the empty pattern of Braille, which looks like a space, and the signs that stand for something that is not
    there: an object, an annotation.
    """
    return text if is_ordinary(text) else _without_ignorable()("", text.translate(_STAND_INS))


def with_ideographs(text: str) -> str:
    """Return text with radicals and strokes, as PDFs give them, replaced by the ideographs that they look like."""
    return text if is_ordinary(text) else text.translate(UNIFIED)


def with_usual_marks(name: str) -> str:
    """Return a name with one kind of middle dot, and full-width brackets if it is Chinese."""
    name = name.translate(_DOTS)
    return name.translate(_WIDE_BRACKETS) if _HAN.search(name) else name


def hyphenated_unit(text: str) -> str:
    """Return a unit in half-width capitals, its parts joined by hyphens; "" if nothing is left."""
    narrow = "".join(_folded(text).split()).upper()
    return _SEPARATOR.sub("-", _DESIGNATOR.sub("-", narrow)).strip("-")


@lru_cache(maxsize=_REMEMBERED)
def comparable_unit(text: str) -> str:
    """Return a unit as it is compared: leading zeros, which spreadsheets lose, are ignored."""
    if _PLAIN_UNIT.fullmatch(text):
        return text
    return _LEADING_ZEROS.sub("", hyphenated_unit(text))


@lru_cache(maxsize=_REMEMBERED)
def comparable_name(name: str) -> str:
    """Return a name as it is compared: NFKC, nothing invisible, ideographs for radicals, the usual marks."""
    if _PLAIN_NAME.fullmatch(name):
        return name
    return with_usual_marks(" ".join(_folded(name).split()))


@lru_cache(maxsize=_REMEMBERED)
def comparable_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of joint owners as they are compared: sorted, each once."""
    if len(names) == 1:
        return (comparable_name(names[0]),)
    return tuple(sorted({comparable_name(name) for name in names}))


def comparable_person(name: str) -> str:
    """Return the name of a person who acts in the form in which such names are compared: no spaces, case or width."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def comparable_number(number: str) -> str:
    """Return a notice's number as it is compared: half-width capitals, round brackets, plain hyphens, no spaces."""
    return "".join(_folded(number).split()).upper().translate(_NUMBER_MARKS)


def spelt_as(typed: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return typed numbers as they are known; one that is not known stays as it was typed."""
    spelt = {comparable_number(number): number for number in known}
    return [spelt.get(comparable_number(number), number) for number in typed]


def _folded(text: str) -> str:
    return text if is_ordinary(text) else unicodedata.normalize("NFKC", with_ideographs(visible(text)))


@cache
def _without_ignorable() -> Callable[[str, str], str]:
    import regex  # noqa: PLC0415 - takes as long to import as a short command takes, and few texts need it

    return regex.compile(r"\p{Default_Ignorable_Code_Point}+").sub  # type: ignore[no-any-return] # regex has no types
