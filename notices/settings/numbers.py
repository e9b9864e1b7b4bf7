"""[numbers]: the patterns of notice numbers, the series that they make, and the first number of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from string import Formatter
from typing import Annotated

from pydantic import Field

from notices.messages import say
from notices.settings.mistakes import Mistake
from notices.settings.section import Section
from notices.spelling import comparable_number

SEQ = re.compile(r"\{seq[^}]*\}")
FIELDS: Mapping[str, str] = {"code": r"[^\W_]{1,12}", "year": r"\d{4}", "seq": r"\d{1,9}"}


class Numbers(Section):
    """Numbers of notices; `start` gives the first running number of a pattern whose register began elsewhere.

    A key is the `number` of a tier, or the same with {code} or {year} filled in: then it is for that series only.
    """

    start: Mapping[str, Annotated[int, Field(ge=1, le=999_999_999)]] = Field(default_factory=dict)

    def first(self, pattern: str, code: str, year: int) -> int:
        """Return the first running number of a series; the key that names it most exactly counts."""
        given = {_key(key): value for key, value in self.start.items()}
        return next((given[key] for key in _keys(pattern, (code,), (str(year),)) if key in given), 1)

    def unknown(self, patterns: Iterable[str], codes: Iterable[str]) -> list[str]:
        """Return the keys of `start` that no pattern of a tier gives."""
        tiers, estates = list(patterns), list(codes)

        def known(key: str) -> Iterator[str]:
            years = re.findall(r"\d{4}", comparable_number(key))
            return (each for tier in tiers for each in _keys(tier, estates, years))

        return [key for key in self.start if _key(key) not in known(key)]


def fillable_number(value: str) -> str:
    """Return a pattern of numbers; raises Mistake if it cannot be filled, counts nothing, or is no file name."""
    try:
        first, second = (value.format(code="A", year=2026, seq=seq) for seq in (1, 2))
    except (KeyError, IndexError, AttributeError) as error:
        raise Mistake(say("may contain only {fields}", fields="{code}, {year}, {seq}")) from error
    if first == second:
        raise Mistake(say("must contain {field}", field="{seq}"))
    if re.search(r"[/\\\x00-\x1f:*?\"<>|]|^[.\s]|\s$", first):
        raise Mistake(say("must be usable as a file name"))
    return value


def series(pattern: str, code: str, year: int) -> str:
    """Return a number's pattern with everything but the running number filled in."""
    found = SEQ.search(pattern)
    assert found is not None  # noqa: S101 - the settings refuse a pattern without it
    marker = "\x00"
    filled = f"{pattern[: found.start()]}{marker}{pattern[found.end() :]}".format(code=code, year=year)
    return filled.replace(marker, found[0])


def series_of(number: str, patterns: Iterable[str], codes: Iterable[str]) -> tuple[str, int] | None:
    """Return the series that a number belongs to, whatever its year and code, and its running number; else None."""
    spelt = {comparable_number(code): code for code in codes}
    for pattern in dict.fromkeys(patterns):
        found = re.fullmatch(_expression(pattern), comparable_number(number))
        if found:
            parts = found.groupdict()
            code = spelt.get(parts.get("code", ""), parts.get("code", ""))
            return series(pattern, code, int(parts.get("year", 0))), int(parts["seq"])
    return None


def _expression(pattern: str) -> str:
    pieces: list[str] = []
    seen: set[str] = set()
    for literal, field, _, _ in Formatter().parse(pattern):
        pieces.append(re.escape(comparable_number(literal)))
        if field is not None:
            pieces.append(f"(?P={field})" if field in seen else f"(?P<{field}>{FIELDS[field]})")
            seen.add(field)
    return "".join(pieces)


def _keys(pattern: str, codes: Iterable[str], years: Iterable[str]) -> Iterator[str]:
    """Yield the keys that may name a series of this pattern, the most exact first."""
    estates = list(codes)
    for year in (*years, "{year}"):
        for code in (*estates, "{code}"):
            yield _key(re.sub(r"\{year[^}]*\}", year, re.sub(r"\{code[^}]*\}", code, pattern)))


def _key(text: str) -> str:
    """Return a key as it is compared: the width of the running number does not matter."""
    return comparable_number(SEQ.sub("{seq}", text))
