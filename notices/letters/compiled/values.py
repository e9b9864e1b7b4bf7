"""Field values as OpenDocument text: data from a list is never markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from xml.sax.saxutils import escape

from jinja2 import Undefined
from markupsafe import Markup

from notices.fonts.installed import rare_families
from notices.letters.compiled.supported import Unsupported

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
BLANKS = re.compile(r"[\t\n]|^ +| +$| {2,}")
ELEMENTS = {"\t": "<text:tab/>", "\n": "<text:line-break/>"}


@dataclass
class Code:
    """A QR code as a field value; templates can only print it or test whether it is set."""

    href: str
    side_mm: int
    printed: int = 0

    def frame(self) -> Markup:
        """Return the picture as an inline frame."""
        self.printed += 1
        name = f"{self.href}-{self.printed}"
        return Markup(  # noqa: S704 - made of our own names alone
            f'<draw:frame draw:style-name="LetterCode" draw:name="{name}" text:anchor-type="as-char" '
            f'svg:width="{self.side_mm}mm" svg:height="{self.side_mm}mm"><draw:image xlink:href="{self.href}" '
            'xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame>'
        )

    def __str__(self) -> str:
        raise Unsupported("a picture in the middle of an expression")


@dataclass
class ValueWriter:
    """Jinja's `finalize`: converts each value before it is printed, and collects the fonts for rare characters."""

    families: dict[str, str] = field(default_factory=dict)
    known: dict[str, Markup] = field(default_factory=dict)

    def __call__(self, value: object) -> object:
        """Return the value as it is printed; raise Unsupported if only docxtpl can print it."""
        if isinstance(value, Markup):
            raise Unsupported("a value that claims to be markup")
        if isinstance(value, Code):
            return value.frame()
        if isinstance(value, Undefined):
            return value  # printing it raises an error that names the missing field
        text = str(value)
        if text not in self.known:
            if len(self.known) > 10_000:
                self.known.clear()
            self.known[text] = Markup(as_text(text, self._style_of, rare_families(text)))  # noqa: S704 - escaped there
        return self.known[text]

    def _style_of(self, family: str) -> str:
        return self.families.setdefault(family, f"LetterRare{len(self.families) + 1}")


def as_text(value: str, style_of: Callable[[str], str], rare: Mapping[str, str]) -> str:
    """Return the value as paragraph text: spaces, tabs and line ends kept, rare characters in a font that has them.

    Raises Unsupported for characters that XML cannot hold or that docxtpl turns into paragraphs and page breaks.
    """
    if UNPRINTABLE.search(value):
        raise Unsupported("a control character in a value")
    if not rare:
        return _escaped(value)
    pieces = ((family, "".join(run)) for family, run in groupby(value, lambda each: rare.get(each, "")))
    return "".join(
        f'<text:span text:style-name="{style_of(family)}">{_escaped(run)}</text:span>' if family else _escaped(run)
        for family, run in pieces
    )


def blanks(count: int) -> str:
    """Return `count` spaces that OpenDocument does not collapse."""
    return f'<text:s text:c="{count}"/>'


def _escaped(text: str) -> str:
    return BLANKS.sub(lambda found: ELEMENTS.get(found[0]) or blanks(len(found[0])), escape(text))
