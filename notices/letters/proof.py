"""Proof that pages belong to their owner: read back, a letter's pages bear its own data and no other's number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise

from notices.messages import Message, say
from notices.model import Letter

PAGE_OF = re.compile(r"第(\d+)页共(\d+)页|Page(\d+)of(\d+)", re.IGNORECASE)
LINE_END_HYPHENS = "\x02\ufffe\u2010\u2011\u00ad"
ENDS_A_FIGURE = "，。．：；、～"  # folded to ASCII, full-width punctuation would look like a part of the figure


@dataclass(frozen=True, slots=True)
class PageRange:
    """A proved letter's pages in the document: index of the first, from 0, and their count."""

    number: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A letter that its pages do not prove, and the reason."""

    number: str
    reason: Message


class Page:
    """A page's text without white space, remembering where white space was."""

    def __init__(self, text: str) -> None:
        pieces = _folded(text).split()
        self.text = "".join(pieces)
        self._begun = {0, *accumulate(map(len, pieces))}  # start of each piece, and end of the last one

    def holds(self, wanted: str) -> bool:
        """Return whether the text occurs as a whole token: 1-1 is not found in 1-10, nor 234.50 in 1,234.50."""
        return next(self.places(wanted), None) is not None

    def places(self, wanted: str) -> Iterator[tuple[int, int]]:
        """Yield the start and end of each occurrence as a whole token."""
        text = as_read(wanted)
        start = self.text.find(text) if text else -1
        while start >= 0:
            end = start + len(text)
            if not self._runs_on_before(start) and not self._runs_on_after(end):
                yield start, end
            start = self.text.find(text, start + 1)

    @cached_property
    def label(self) -> tuple[int, int] | None:
        """The page's own 第 i 页 共 n 页 as (i, n); None if it has none or several that differ."""
        found = {tuple(int(figure) for figure in match if figure) for match in PAGE_OF.findall(self.text)}
        return found.pop() if len(found) == 1 else None  # type: ignore[return-value]  # each alternative has two groups

    def _runs_on_before(self, start: int) -> bool:
        if start in self._begun or not _is_figure(self.text[start]):
            return False
        before = self.text[start - 1]
        return _is_figure(before) or (before in "-.," and start > 1 and _is_figure(self.text[start - 2]))

    def _runs_on_after(self, end: int) -> bool:
        if end in self._begun or not _is_figure(self.text[end - 1]):
            return False
        after = self.text[end]
        return _is_figure(after) or (after in "-." and end + 1 < len(self.text) and self.text[end + 1].isdigit())


def prove(pages: Sequence[str], letters: Sequence[Letter]) -> tuple[PageRange | Failure, ...]:
    """Find and prove each letter's pages, given the text of every page of the document and its letters in order.

    A letter is proved if its pages are numbered from 1 to their count, each bears its notice number and no other
    letter's number (except those in `foreign`), and all its proof texts are found on them.
    """
    read = [Page(text) for text in pages]
    runs = _runs(read)
    numbers = [letter.number for letter in letters]
    pairs = zip(letters, runs, strict=True) if len(runs) == len(letters) else _by_number(letters, runs, read)
    return tuple(_proved(letter, run, read, numbers) for letter, run in pairs)


def is_proved(pages: Sequence[str], letter: Letter, numbers: Sequence[str]) -> bool:
    """Return whether these pages, and no fewer, are proved to be a letter's; `numbers` are those of its document."""
    return _flaw(letter, [Page(text) for text in pages], numbers) is None


def flaw_of(pages: Sequence[str], letter: Letter, numbers: re.Pattern[str]) -> Message | None:
    """Return why these pages are not exactly one letter, or None if they are.

    Besides what `prove` checks, no page may bear anything like a notice number that is neither the letter's own nor in
    its data; `numbers` finds them in text as from `as_read`.
    """
    read = [Page(text) for text in pages]
    reason = _flaw(letter, read, ())
    if reason is not None:
        return reason
    data = (as_read(text) for value in letter.fields.values() for text in _texts(value))
    named = {number.group() for text in data for number in numbers.finditer(text)}
    for index, page in enumerate(read, start=1):
        for other in numbers.finditer(_without(page, (letter.number, *letter.foreign))):
            if other.group() not in named:
                return say("page {page} bears the number of {other}", page=index, other=other.group())
    return None


def _without(page: Page, numbers: Sequence[str]) -> str:
    """Return a page's text without these numbers: side by side with other figures they would look like others."""
    text = page.text
    for start, end in sorted({place for number in numbers for place in page.places(number)}, reverse=True):
        text = f"{text[:start]}\n{text[end:]}"
    return text


def _texts(value: object) -> Iterator[str]:
    """Yield the texts in a field's value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, Iterable):
        for each in value:
            yield from _texts(each)


def _runs(pages: Sequence[Page]) -> list[range]:
    """Split the pages before each page labelled 1."""
    starts = [index for index, page in enumerate(pages) if index == 0 or (page.label or (0, 0))[0] == 1]
    return [range(start, end) for start, end in pairwise([*starts, len(pages)])]


def _by_number(
    letters: Sequence[Letter], runs: Sequence[range], pages: Sequence[Page]
) -> Iterator[tuple[Letter, range]]:
    """Match letters and runs by number, if their counts differ: the only run that begins with it, else none."""
    for letter in letters:
        found = [run for run in runs if pages[run.start].holds(letter.number)]
        yield letter, found[0] if len(found) == 1 else range(0)


def _proved(letter: Letter, run: range, pages: Sequence[Page], numbers: Sequence[str]) -> PageRange | Failure:
    reason = _flaw(letter, [pages[index] for index in run], numbers)
    return Failure(letter.number, reason) if reason else PageRange(letter.number, run.start, len(run))


def _flaw(letter: Letter, own: Sequence[Page], numbers: Sequence[str]) -> Message | None:
    if not own:
        return say("it is unclear which pages of the document belong to it")
    for index, page in enumerate(own, start=1):
        if page.label != (index, len(own)):
            return say("page {page} of {count} has a missing or wrong page number", page=index, count=len(own))
        if not page.holds(letter.number):
            return say("page {page} does not bear its number", page=index)
        stranger = _foreign(letter, page, numbers)
        if stranger:
            return say("page {page} bears the number of {other}", page=index, other=stranger)
    for position, text in enumerate(letter.proof, start=1):
        if not any(page.holds(text) for page in own):
            return say(
                "a required text is missing from its pages (item {position} of number, owners, unit, total …)",
                position=position,
            )
    return None


def _foreign(letter: Letter, page: Page, numbers: Sequence[str]) -> str | None:
    """Return another letter's number on this page, ignoring occurrences inside a number that is allowed there."""
    allowed = [place for number in (letter.number, *letter.foreign) for place in page.places(number)]
    for number in numbers:
        if as_read(number) not in page.text or number == letter.number or number in letter.foreign:
            continue
        for start, end in page.places(number):
            if not any(first <= start and end <= last and last - first > end - start for first, last in allowed):
                return number
    return None


class _Folding(dict[int, str]):
    """Cache of the NFKC form of each character, for str.translate."""

    def __missing__(self, code: int) -> str:
        folded = unicodedata.normalize("NFKC", chr(code))
        self[code] = folded
        return folded


FOLDING = _Folding()
FOLDING.update({ord(each): "-" for each in LINE_END_HYPHENS})
FOLDING.update({ord(each): unicodedata.normalize("NFKC", each) + " " for each in ENDS_A_FIGURE})


def _folded(text: str) -> str:
    # Folding single characters first leaves only combining ones for normalize(), the slower of the two.
    return unicodedata.normalize("NFKC", text.translate(FOLDING))


@lru_cache(maxsize=4096)  # every page is searched for every number of the document
def as_read(text: str) -> str:
    """Return a text as `Page` holds it: in NFKC, without white space."""
    return "".join(_folded(text).split())


def _is_figure(character: str) -> bool:
    return character.isascii() and character.isalnum()
