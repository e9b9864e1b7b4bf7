"""Whose money it is: the account that a line of a statement names, for certain or as a proposal.

Certain are only the whole number of a notice, and the whole unit together with the name of one of its owners. Whatever
else a payer writes, and whatever contradicts itself, is a proposal for a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from notices.model import CaseKey
from notices.spelling import comparable_name, comparable_unit

Certainty = Literal["number", "unit-and-owner"]
Hint = Literal["unit", "owner", "telephone", "amount", "several"]

MOST_CANDIDATES = 10
MARKS = str.maketrans("—–‐‑―−﹣_~〔〕【】[]{}〈〉•‧・∙⋅", "---------()()()()()·····")
FIGURES = {character: str(value) for value, character in enumerate("零一二三四五六七八九")} | {"〇": "0", "两": "2"}
SPELT_OUT = re.compile(r"[〇零一二两三四五六七八九十百]+(?=\s*(?:栋|幢|座|号楼|单元|楼|层|室|户|#))")
SPELT_ROOM = re.compile(r"(?<=单元)[〇零一二三四五六七八九]{3,4}")
FLOOR = re.compile(r"(单元|-)\s*(?:第)?(\d{1,2})[楼层]\s*(?=\2\d{2})")
INNER = re.compile(r"(?<=[0-9A-Z])\s*(?:号楼|号院|#楼|栋|幢|座|#|楼|单元|门|号(?=\s*\d))\s*-?(?=\s*[0-9A-Z负])\s*")
ROOM = re.compile(r"(?<![0-9A-Z-])(\d{3,4})\s*(?:室|号房|户|房)")
LAST = re.compile(r"(?<=[0-9A-Z])(?:室|号房|号|户|房)")
SPACED_DASH = re.compile(r"(?<=[0-9A-Z])\s*-\s*(?=[0-9A-Z负])")
THREE = re.compile(r"(?<![\w.,、/-])(\d{1,3})([ .,、·:/\\])(\d{1,2})\2(\d{3,4})(?![\d.,、·:/-])")
# Months and years that read like units: 1-12月, 24-25年, 2025.1-12, 2025.1-2025.12.
SPAN = re.compile(
    r"(?<![0-9A-Z-])(?:\d{1,2}\s*-\s*\d{1,2}\s*(?=个?月|季|日)|(?:20)?\d\d\s*-\s*(?:20)?\d\d\s*(?=年)"
    r"|20\d\d\s*[./年]\s*\d{1,2}\s*月?\s*-\s*(?:20\d\d\s*[./年]\s*)?\d{1,2}(?![0-9A-Z]|\s*-))"
)
SEQUENCE = re.compile(
    r"(?<![0-9A-Z负])(?<![0-9A-Z负]-)([0-9A-Z负]+(?:-[0-9A-Z负]+)+)(?![0-9A-Z负]|-[0-9A-Z负])"
    r"((?:\s*[、,;+&/和及与]\s*\d{3,4}(?![\d-]))*)"
)
DIGITS = re.compile(r"(?<![0-9A-Z])\d{3,6}(?![0-9A-Z])")
MOBILE = re.compile(r"(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
HAN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U000323af]")
# What may stand right before and right after a name in a sentence without spaces.
BEFORE_NAME = frozenset("室号户栋主人名款缴交替为给是座幢〇零一二三四五六七八九十")
AFTER_NAME = re.compile(
    r"物业|物管|管理费|服务费|缴|交|付|费|的|业主|先生|女士|小姐|欠费|欠款|补交|滞纳金|违约金|停车|车位|水费|电费"
)
COMPANY_ENDS = ("公司", "厂", "店", "中心", "学校", "医院", "银行", "合作社", "事务所", "基金会", "协会")
WORDED = re.compile(r"(.*[㐀-鿿])-?\d+")  # 车位12
LONG_DIGITS = re.compile(r"[\d*]{6,}")


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account with what payers may write of it; `open_sums` are its open principal and totals in yuan.

    `withdrawn` are the numbers of notices that were withdrawn; `listed` is false once the estate's last list no longer
    has the account.
    """

    case: CaseKey
    telephones: Collection[str] = ()
    numbers: Collection[str] = ()
    withdrawn: Collection[str] = ()
    open_sums: Collection[Decimal] = ()
    listed: bool = True


@dataclass(frozen=True, slots=True)
class KnownLetter:
    """A letter for several units by its number; `shares` are its sums in yuan, each as the parts of its accounts.

    Only sums that settle what is still owed of each unit belong here: they need no one to say how they are spread.
    """

    number: str
    cases: Collection[CaseKey]
    shares: Collection[Mapping[CaseKey, Decimal]] = ()


@dataclass(frozen=True, slots=True)
class Remittance:
    """Origin of a line as it says it: payer, remark, amount in yuan, and the cells of a table that has them.

    `into` are the estates whose account the statement is of; nobody knows where it is empty.
    """

    amount: Decimal
    payer: str = ""
    remark: str = ""
    estate: str = ""
    unit: str = ""
    owner: str = ""
    into: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An account that a line may be for, with the reason."""

    case: CaseKey
    why: Hint


@dataclass(frozen=True, slots=True)
class AccountMatch:
    """The account that a line is for, with the reason it is certain; else the candidates, possibly none.

    The sum of a letter for several units is for all their accounts: then `shares` are their parts in yuan.
    """

    case: CaseKey | None = None
    why: Certainty | None = None
    candidates: tuple[Suggestion, ...] = ()
    shares: tuple[tuple[CaseKey, Decimal], ...] = ()


@dataclass
class _Named:
    """Accounts that a line names, by the way in which it does."""

    numbered: set[CaseKey] = field(default_factory=set)
    letters: set[str] = field(default_factory=set)
    withdrawn: set[CaseKey] = field(default_factory=set)
    units: dict[str, set[CaseKey]] = field(default_factory=dict)
    partial: set[CaseKey] = field(default_factory=set)
    named: set[CaseKey] = field(default_factory=set)
    called: set[CaseKey] = field(default_factory=set)
    digits: set[CaseKey] = field(default_factory=set)
    estates: set[str] = field(default_factory=set)

    @property
    def in_units(self) -> set[CaseKey]:
        return {case for cases in self.units.values() for case in cases}


class Matcher:
    """Index of all accounts, by everything that payers write.

    `book_unit_and_owner` is false if only a notice's number shall count as certain.
    """

    def __init__(
        self,
        accounts: Iterable[KnownAccount],
        letters: Iterable[KnownLetter] = (),
        *,
        book_unit_and_owner: bool = True,
    ) -> None:
        self._book_unit_and_owner = book_unit_and_owner
        self._listed: set[CaseKey] = set()
        self._numbers: dict[str, set[CaseKey]] = defaultdict(set)
        self._withdrawn: dict[str, set[CaseKey]] = defaultdict(set)
        self._last_digits: dict[str, set[CaseKey]] = defaultdict(set)
        self._units: dict[str, set[CaseKey]] = defaultdict(set)
        self._parts: dict[str, set[CaseKey]] = defaultdict(set)
        self._rooms: dict[str, set[CaseKey]] = defaultdict(set)
        self._names: dict[str, set[CaseKey]] = defaultdict(set)
        self._telephones: dict[str, set[CaseKey]] = defaultdict(set)
        self._sums: dict[Decimal, set[CaseKey]] = defaultdict(set)
        spelt: set[str] = set()
        for account in accounts:
            self._enter(account)
            spelt |= {*account.numbers, *account.withdrawn}
        self._letters = {_bare(letter.number): letter for letter in letters}
        for bare, letter in self._letters.items():
            self._numbers[bare] |= set(letter.cases)
        self._estates = {_narrow(case.estate) for cases in self._units.values() for case in cases}
        self._shapes = _pattern_of(spelt)
        self._words = _pattern_of_words(map(_word_of, self._units))
        self._lengths = sorted({len(name) for name in self._names}, reverse=True)

    def _enter(self, account: KnownAccount) -> None:
        case = account.case
        if account.listed:
            self._listed.add(case)
        for number in account.numbers:
            self._numbers[_bare(number)].add(case)
            if tail := re.search(r"(\d{3,})\D*$", number):
                self._last_digits[tail[1]].add(case)
                self._last_digits[tail[1].lstrip("0")].add(case)
        for number in account.withdrawn:
            self._withdrawn[_bare(number)].add(case)
        self._units[case.unit].add(case)
        parts = case.unit.split("-")
        if len(parts) > 1:
            self._parts["".join(parts)].add(case)
            self._parts[f"{parts[0]}-{parts[-1]}"].add(case)
            self._rooms[parts[-1]].add(case)
        for name in case.owners:
            self._names[_as_name(name)].add(case)
        for telephone in account.telephones:
            for each in MOBILE.findall(_narrow(telephone)) or [telephone]:
                self._telephones[re.sub(r"\D", "", each)].add(case)
        for amount in account.open_sums:
            self._sums[amount].add(case)

    def match(self, line: Remittance) -> AccountMatch:
        """Return whose money a line is."""
        remark = _narrow(line.remark)
        text = f"{remark} {_narrow(line.payer)}"
        found = self._found(line, text, remark)
        self._narrow_letter(found)
        sure = self._sure(found)
        units, numbered = found.in_units, found.numbered
        contradicted = self._contradicted(found) or self._other_owner_cell(line, sure) or self._other_estate(found)
        if len(sure) == 1 and not contradicted:
            (case,) = sure
            if case in numbered:
                return AccountMatch(case, "number")
            elsewhere = bool(line.into) and case.estate not in line.into
            if self._book_unit_and_owner and not elsewhere and not self._hinted(text, found, case):
                return AccountMatch(case, "unit-and-owner")
        shares = self._shares(line, found)
        if shares and not self._other_owner_cell(line, sure) and not self._other_estate(found):
            return AccountMatch(why="number", shares=tuple(shares.items()))
        return AccountMatch(candidates=tuple(self._candidates(line, found, sure, units)))

    def _narrow_letter(self, found: _Named) -> None:
        """Take the number of a letter for several units together with one of them as that unit's own number."""
        if len(found.letters) == 1 and len(found.units) == 1:
            (number,) = found.letters
            if found.numbered == set(self._letters[number].cases):
                found.numbered = found.numbered & found.in_units or found.numbered

    def _shares(self, line: Remittance, found: _Named) -> Mapping[CaseKey, Decimal]:
        """Return the parts of the accounts of a letter that a line names by its number alone, paying its sum."""
        if len(found.letters) != 1 or found.units or found.withdrawn:
            return {}
        (number,) = found.letters
        letter = self._letters[number]
        if found.numbered != set(letter.cases):
            return {}
        return next((parts for parts in letter.shares if sum(parts.values()) == line.amount), {})

    def _sure(self, found: _Named) -> set[CaseKey]:
        return found.numbered | (found.named & found.in_units)

    def _contradicted(self, found: _Named) -> bool:
        """Return whether a line names two accounts, or a number and the unit of another account."""
        if len(found.units) > 1 or len(found.numbered) > 1:
            return True
        if found.numbered and found.units:
            return not {(case.estate, case.unit) for case in found.numbered} & {
                (case.estate, case.unit) for case in found.in_units
            }
        return bool(found.withdrawn - self._sure(found))

    def _other_owner_cell(self, line: Remittance, sure: set[CaseKey]) -> bool:
        """Return whether the table's own column names the owner of another account."""
        if not line.owner or not sure:
            return False
        others = {case for name in _names_in_cell(line.owner) for case in self._names.get(name, ())}
        return bool(others) and not others & sure

    def _other_estate(self, found: _Named) -> bool:
        """Return whether a line names an estate and the number of a notice of another one.

        A part of the estate's name, as payers shorten it, is not another estate.
        """
        theirs = {_narrow(case.estate) for case in found.numbered}
        named = found.estates & self._estates
        return bool(theirs and named) and not any(it in their for it in named for their in theirs)

    def _found(self, line: Remittance, text: str, remark: str) -> _Named:
        found = _Named()
        for match in self._shapes.finditer(text) if self._shapes else ():
            bare = _bare(match[0])
            found.numbered |= self._numbers.get(bare, set())
            found.letters |= {bare} & self._letters.keys()
            found.withdrawn |= self._withdrawn.get(bare, set())
        text = self._shapes.sub(" ", text) if self._shapes else text
        here = found.estates = self._estates_named(line, text)
        for unit in self._units_named(line, text):
            cases = self._within(self._units.get(unit, set()), here)
            if cases:
                found.units[unit] = cases
        found.partial = self._within(self._partly(text), here) - found.in_units
        for name in self._names_said(line, remark):
            found.named |= self._within(self._names[name], here)
        for mobile in MOBILE.findall(text):
            found.called |= self._telephones.get(re.sub(r"\D", "", mobile), set())
        for digits in _short_numbers(text) + _short_numbers(line.remark):
            found.digits |= self._last_digits.get(digits, set())
        return found

    def _estates_named(self, line: Remittance, text: str) -> set[str]:
        if line.estate:
            return {_narrow(line.estate)}
        if len(self._estates) == 1:
            return set()
        named = {estate for estate in self._estates if estate in text}
        # 阳光花园二期 is not 阳光花园 as well, unless that stands elsewhere, too.
        return {it for it in named if it in _without(text, (other for other in named if it != other and it in other))}

    @staticmethod
    def _within(cases: Collection[CaseKey], estates: Collection[str]) -> set[CaseKey]:
        return {case for case in cases if not estates or _narrow(case.estate) in estates}

    def _units_named(self, line: Remittance, text: str) -> Iterator[str]:
        if line.unit:
            yield comparable_unit(line.unit)
        yield from _units_in(text)
        for word, numbers in self._words.findall(text) if self._words else ():
            for number in re.findall(r"\d+", numbers):  # 车位12、13 are two
                yield from map(comparable_unit, (f"{word}{number}", f"{word}-{number}"))

    def _hinted(self, text: str, found: _Named, case: CaseKey) -> bool:
        """Return whether a line also tells of another account of the same owners: of its room, or 车位 of a 车位12."""
        theirs = [it for name in case.owners for it in self._names[_as_name(name)] if it.unit != case.unit]
        room = case.unit.rpartition("-")[2]
        return any(
            (word := _word_of(it.unit, last=True)) and word in text and word != _word_of(case.unit, last=True)
            if it not in found.partial
            else it.unit.rpartition("-")[2] != room
            for it in theirs
            if it.estate == case.estate
        )

    def _partly(self, text: str) -> set[CaseKey]:
        """Return the accounts whose unit is written in part: building and room, the room alone, or without marks."""
        found: set[CaseKey] = set()
        for unit in _units_in(text):
            parts = unit.split("-")
            found |= self._parts.get(unit, set()) if len(parts) == 2 else set()
            if len(parts) > 3:
                found |= self._units.get("-".join(parts[-3:]), set())
        for digits in _short_numbers(text):
            found |= self._parts.get(digits, set()) if len(digits) > 3 else set()
        for room in ROOM.findall(text):
            found |= self._rooms.get(room, set())
        return found

    def _names_said(self, line: Remittance, text: str) -> set[str]:
        """Return the owners' names that a line has as a whole: a cell, or a word of the remark."""
        said = {name for cell in (line.owner, line.payer) for name in _names_in_cell(cell) if name in self._names}
        place = 0
        while place < len(text):
            length = next((n for n in self._lengths if text[place : place + n] in self._names), 0)
            if length and _stands_alone(text, place, place + length):
                said.add(text[place : place + length])
            place += max(length, 1)
        return said

    def _candidates(
        self, line: Remittance, found: _Named, sure: set[CaseKey], units: set[CaseKey]
    ) -> Iterator[Suggestion]:
        """Return the accounts that a line may be for, the likeliest first, each once with its best reason."""
        narrow = found.partial & (found.named | found.called)
        current = {case for case in units if case in self._listed} | (units & found.named)
        several = sure if len(sure) > 1 or self._contradicted(found) else set()
        groups: list[tuple[Hint, Collection[CaseKey]]] = [
            ("several", several | found.withdrawn),
            ("unit", current or units),
            ("owner", narrow & found.named),
            ("telephone", found.called),
            ("owner", found.named),
            ("unit", narrow or found.partial),
        ]
        if not any(cases for _, cases in groups):
            groups.append(("several", found.digits))
        if not any(cases for _, cases in groups):
            fitting = self._sums.get(line.amount, set())
            groups.append(("amount", fitting if len(fitting) == 1 else ()))
        seen: set[CaseKey] = set()
        for why, cases in groups:
            for case in sorted(cases, key=lambda case: (case not in self._listed, case.key)):
                if case not in seen and len(seen) < MOST_CANDIDATES:
                    seen.add(case)
                    yield Suggestion(case, why)


def _pattern_of(numbers: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern for all numbers of the forms that are known, whatever hyphens and brackets they have.

    A number never begins or ends within a longer run of digits or letters: that is another number.
    """
    forms = {re.sub(r"\d", "0", _narrow(number)) for number in numbers if number}
    if not forms:
        return None
    written = [_form_pattern(form) for form in sorted(forms, key=lambda form: (-len(form), form))]
    return re.compile(rf"(?<![0-9A-Z])(?<![0-9A-Z]-)\(?(?:{'|'.join(written)})")


def _word_of(unit: str, *, last: bool = False) -> str:
    """Return the word before a unit's number, such as 车位 of 车位12; "" if it has none; `last`: of its last part."""
    found = WORDED.fullmatch(unit)
    return (found[1].rpartition("-")[2] if last else found[1]) if found else ""


def _pattern_of_words(words: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern for the numbers after these words; those of months and of money are none."""
    known = sorted({word for word in words if word}, key=lambda word: (-len(word), word))
    if not known:
        return None
    number = r"\d{1,4}(?![\d.]|\s*(?:个|月|年|元|块))"
    return re.compile(
        rf"({'|'.join(map(re.escape, known))})\s*(?:第|-)?\s*({number}(?:\s*号?\s*[、,;+&/和及与]\s*{number})*)"
    )


def _form_pattern(form: str) -> str:
    """Return the pattern of one form of numbers, such as ABC-0000-000000 with 0 for any digit."""
    pieces = re.findall(r"0+|[^0()\s-]+", form)
    ends = r"(?![0-9A-Z])(?!-[0-9A-Z])" if pieces[-1][-1].isascii() else ""
    runs = (rf"\d{{{len(piece)}}}" if piece[0] == "0" else re.escape(piece) for piece in pieces)
    return r"[-()\s]{0,3}".join(runs) + ends


def _bare(number: str) -> str:
    return re.sub(r"[-()\s]", "", _narrow(number))


@lru_cache(maxsize=2**17)
def _narrow(text: str) -> str:
    """Return text in half-width capitals with plain hyphens and round brackets."""
    return unicodedata.normalize("NFKC", text).upper().translate(MARKS)


@lru_cache(maxsize=64)
def _units_in(text: str) -> tuple[str, ...]:
    """Return everything in a text that is written like a unit, as units are compared."""
    return tuple(_written_units(text))


def _written_units(text: str) -> Iterator[str]:
    if not any(character.isdigit() or character in FIGURES for character in text):
        return
    text = SPELT_ROOM.sub(lambda match: _figures(match[0]), SPELT_OUT.sub(lambda match: _figures(match[0]), text))
    text = SPAN.sub(" ", FLOOR.sub(r"\1", text))
    text = LAST.sub(" ", INNER.sub("-", text))
    text = THREE.sub(r"\1-\3-\4", SPACED_DASH.sub("-", text))
    for unit, more in SEQUENCE.findall(text):
        yield comparable_unit(unit)
        for room in re.findall(r"\d+", more):  # 3-2-501、502 are two flats
            yield comparable_unit(f"{unit.rpartition('-')[0]}-{room}")


def _without(text: str, names: Iterable[str]) -> str:
    for name in names:
        text = text.replace(name, " ")
    return text


def _short_numbers(text: str) -> list[str]:
    """Return the numbers of a few digits in a text, without years."""
    return [digits for digits in DIGITS.findall(text) if not re.fullmatch(r"(?:19|20)\d\d", digits)]


def _figures(text: str) -> str:
    """Return a Chinese number in figures: 十二 is 12, and 五零一 is 501, digit by digit."""
    if "百" in text:
        return text
    if "十" in text:
        tens, _, ones = text.partition("十")
        return (FIGURES.get(tens, "1") if tens else "1") + (FIGURES.get(ones, "0") if ones else "0")
    return "".join(FIGURES[character] for character in text)


@lru_cache(maxsize=2**17)
def _as_name(name: str) -> str:
    """Return a name as it is compared with a text in capitals."""
    return _narrow(comparable_name(name))


@lru_cache(maxsize=2**16)
def _names_in_cell(cell: str) -> tuple[str, ...]:
    """Return the names in a cell for one or several: an account number beside them is left out."""
    text = LONG_DIGITS.sub(" ", _narrow(cell))
    parts = [part.strip(" -:：/()") for part in re.split(r"[、,;；/]|\s{2,}", text)]
    return tuple(_as_name(part) for part in (text.strip(), *parts) if part)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Return whether a name in a text is the whole name: 张三 in 张三丰, or in 小张三, is not."""
    before, after = text[start - 1 : start], text[end:]
    if not HAN.match(text[start]):
        return not (before.isalnum() or after[:1].isalnum())
    if text[start:end].endswith(COMPANY_ENDS):
        return not HAN.match(after) or AFTER_NAME.match(after) is not None
    opens = not HAN.match(before) or before in BEFORE_NAME
    return opens and (not HAN.match(after) or AFTER_NAME.match(after) is not None)
