"""Number formats that add to the value of a cell: "1-1-"0 shows 101 as 1-1-101, yyyy"年" shows a day as 2025年.

Only formats that say something which the value does not are applied: words, another currency, a percentage, a minus
before a positive number, a decimal point inside a whole number (0!.00), a scale (#,##0,). Formats that only shape a
number (¥#,##0.00, yyyy-mm-dd) are not. All digits are kept, also those that the format rounds away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from notices.tables.cells import Cell, LostValue

TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)|_.|\*.|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[(?P<bracket>[^\]]*)\]|'
    r"(?P<general>General|G/通用格式)|(?P<year>[ye]+)|(?P<day>[mdhsg]+|AM/PM|A/P|上午/下午|a{3,4}|b+)|(?P<digit>[0#?])|"
    r"(?P<exponent>E[+-])|(?P<mark>[.,%@/])|(?P<plain>.)",
    re.IGNORECASE | re.DOTALL,
)
CONDITION = re.compile(r"([<>]=?|<>|=)(-?\d+(?:\.\d+)?)$")
SAYS_NOTHING = re.compile(r"[\s¥￥()（）+,.:'_]|RMB|CNY", re.IGNORECASE)
NEGATES = re.compile(r"[\s¥￥]*[-−(（]")
DIGITS = frozenset({"digit", "general"})
WHITE_ON_WHITE = ";;"  # stands for the format of a cell whose numbers have the colour of the paper
LIKE_AN_AMOUNT = re.compile(r"[-+¥￥]?\s*[\d,]*\d(?:\.\d*)?\s*元?")
COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
}
Token = tuple[str, str]  # its kind and text


@dataclass(frozen=True, slots=True)
class CellStyles:
    """Styles and texts that change the meaning of a cell.

    Numbers of the styles with a strikethrough font, the formats that show more than a cell's value, and the shared
    texts of which a part is struck through or raised.
    """

    struck: frozenset[str] = frozenset()
    telling: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, LostValue | str] = field(default_factory=dict)


def is_telling(code: str) -> bool:
    """Return whether cells of this format show more than their value."""
    sections = _sections(code)
    return _negates(sections[0]) or _hides(sections) or any(_tells(section) for section in sections)


def _hides(sections: tuple[tuple[Token, ...], ...]) -> bool:
    """Return whether a format shows nothing of some values, as ;;; does; one that hides zeros hides no debt."""
    return len(sections) > 1 and any(
        _shows_nothing(section)
        for place, section in enumerate(sections[:4])
        if place != 2  # zeros
    )


def _shows_nothing(section: tuple[Token, ...]) -> bool:
    return all(kind == "bracket" or not text.strip() for kind, text in section)


def _is_unseen_text(text: str, code: str, sections: tuple[tuple[Token, ...], ...]) -> bool:
    if code == WHITE_ON_WHITE:
        return LIKE_AN_AMOUNT.fullmatch(text.strip()) is not None
    return len(sections) > 3 and _shows_nothing(sections[3]) and bool(text.strip())


def _plain(number: Decimal) -> str:
    return f"{number.to_integral_value() if number == number.to_integral_value() else number:f}"


def as_shown(cell: Cell, code: str) -> Cell:
    """Return the cell as its format shows it, with all decimals; the cell itself if the format adds nothing.

    A value of which the format shows nothing is an unseen one; a zero that is not shown is one all the same.
    """
    sections = _sections(code)
    if isinstance(cell, datetime | date):
        return _day(cell, sections[0]) if _tells(sections[0]) else cell
    if isinstance(cell, str):
        section = sections[3] if len(sections) > 3 else sections[-1]
        if _is_unseen_text(cell, code, sections):
            return LostValue(cell, unseen=True)
        shown = any(kind == "mark" and text == "@" for kind, text in section) and _tells(section)
        return "".join(cell if text == "@" else _literal((kind, text)) for kind, text in section) if shown else cell
    if isinstance(cell, int | float) and not isinstance(cell, bool) and (number := Decimal(repr(cell))).is_finite():
        section, signed = _section_for(number, sections)
        if number and len(sections) > 1 and _shows_nothing(section):
            return LostValue(_plain(number), unseen=True)
        if not {kind for kind, _ in section} & {"year", "day"} and (
            _tells(section) or (number > 0 and _negates(section))
        ):
            return _number(number if signed else abs(number), section)
    return cell


@lru_cache(maxsize=256)
def _sections(code: str) -> tuple[tuple[Token, ...], ...]:
    sections: list[list[Token]] = [[]]
    for match in TOKEN.finditer(code):
        kind = match.lastgroup
        if kind == "plain" and match[0] == ";":
            sections.append([])
        elif kind is not None:
            text = match[kind]
            sections[-1].append((kind, text))
    return tuple(tuple(section) for section in sections)


@lru_cache(maxsize=256)
def _tells(section: tuple[Token, ...]) -> bool:
    """Return whether a section says more than a number (words, currency, scale) or shows the year of a day alone."""
    kinds = {kind for kind, _ in section}
    if "year" in kinds and "day" not in kinds and "digit" not in kinds:
        return True
    if kinds & {"year", "day", "exponent"} or ("mark", "/") in section:
        return False
    said = SAYS_NOTHING.sub("", "".join(map(_literal, section)))
    if not kinds & DIGITS and ("mark", "@") not in section:
        return said not in {"", "-"} and "mark" not in kinds
    return (
        said not in {"", "-"}
        or ("mark", "%") in section
        or bool(_thousands(section))
        or _has_inner_hyphen(section)
        or _has_inner_point(section)
    )


@lru_cache(maxsize=256)
def _negates(section: tuple[Token, ...]) -> bool:
    """Return whether a section puts a minus or a bracket before the first digit."""
    first = next((place for place, (kind, _) in enumerate(section) if kind in DIGITS), None)
    return first is not None and NEGATES.fullmatch("".join(map(_literal, section[:first]))) is not None


def _has_inner_hyphen(section: tuple[Token, ...]) -> bool:
    return re.search("0-+0", _shape(section)) is not None


def _has_inner_point(section: tuple[Token, ...]) -> bool:
    """Return whether a decimal point that is only text stands among the digits, as in 0!.00."""
    return ("mark", ".") not in section and re.search(r"0,*\.,*0", _shape(section)) is not None


def _shape(section: tuple[Token, ...]) -> str:
    return "".join("0" if kind in DIGITS else _literal((kind, text)) for kind, text in section)


def _thousands(section: tuple[Token, ...]) -> int:
    """Return how many commas behind the last digit before the point divide the number by a thousand each."""
    shape = "".join(text if kind in {"digit", "mark"} else "" for kind, text in section)
    found = re.search(r"[0#?](,+)(?:[.%]|$)", shape)
    return len(found[1]) if found else 0


def _section_for(number: Decimal, sections: tuple[tuple[Token, ...], ...]) -> tuple[tuple[Token, ...], bool]:
    """Return the section that shows a number, and whether it shows the sign too."""
    numeric = sections[:3] if len(sections) > 3 else sections
    conditions = [_condition(section) for section in numeric]
    if any(conditions):
        for section, condition in zip(numeric, conditions, strict=True):
            if condition is not None and COMPARE[condition[0]](number, condition[1]):
                return section, True
        return next((it for it, c in zip(numeric, conditions, strict=True) if c is None), numeric[-1]), True
    if number < 0 and len(numeric) > 1:
        return numeric[1], False
    return (numeric[2] if number == 0 and len(numeric) > 2 else numeric[0]), True


def _condition(section: tuple[Token, ...]) -> tuple[str, Decimal] | None:
    for kind, text in section:
        if kind == "bracket" and (match := CONDITION.match(text)):
            return match[1], Decimal(match[2])
    return None


def _literal(token: Token) -> str:
    kind, text = token
    return text if kind in {"quoted", "escaped", "currency", "plain"} else ""


def _day(day: date, section: tuple[Token, ...]) -> str:
    return "".join(
        f"{day.year % 100:02d}" if kind == "year" and text.lower() == "yy" else
        str(day.year) if kind == "year" else _literal((kind, text))
        for kind, text in section
    )  # fmt: skip


def _number(number: Decimal, section: tuple[Token, ...]) -> str:
    """Lay the digits of a number out on the placeholders of a section, from the right; keep all decimals.

    A scaled number whose unit the format does not name is followed by its scale: 12×1000.
    """
    places = [place for place, (kind, _) in enumerate(section) if kind in DIGITS]
    if not places:
        return "".join(map(_literal, section))
    scale = _thousands(section)
    percent = section.count(("mark", "%"))
    number = number.scaleb(2 * percent - 3 * scale)
    whole, _, fraction = f"{abs(number):f}".partition(".")
    fraction = fraction.rstrip("0")
    point = next((place for place, token in enumerate(section) if token == ("mark", ".")), places[-1] + 1)
    before, after = section[:point], section[point:]
    digits = list(whole)
    left: list[str] = []
    slots = sum(kind in DIGITS for kind, _ in before)
    for kind, text in reversed(before):
        if kind in DIGITS:
            slots -= 1
            if slots == 0:
                left.append("".join(digits) or ("0" if text == "0" else ""))
            elif digits:
                left.append(digits.pop())
            elif text == "0":
                left.append("0")
        else:
            left.append(_shown(kind, text))
    shown = "".join(reversed(left))
    fraction = fraction.ljust(sum(text == "0" for kind, text in after if kind == "digit"), "0")
    tail = "".join(_shown(kind, text) for kind, text in after)
    inner = re.search(r"\.[^.]*$", _shape(before)) if _has_inner_point(section) else None
    if scale and not SAYS_NOTHING.sub("", "".join(map(_literal, section))):
        tail += f"×{10 ** (3 * scale + (inner[0].count('0') if inner else 0))}"
    return f"{'-' if number < 0 else ''}{shown}{'.' if fraction and not inner else ''}{fraction}{tail}"


def _shown(kind: str, text: str) -> str:
    return text if (kind, text) == ("mark", "%") else _literal((kind, text))
