"""What must not be torn apart at the end of a line: numbers of notices and accounts, telephones, hours, units."""

from __future__ import annotations

import re
from collections.abc import Mapping

WORD_JOINER = "\u2060"  # takes no room, and no line ends where it stands (Unicode line breaking, UAX #14, class WJ)
FIGURE_SPACE = "\u2007"  # as wide as a figure and never broken at; at U+00A0 LibreOffice 7.4 does break a line
WHOLE = frozenset(
    {
        "number",
        "previous_number",
        "unit",
        "bank_account",
        "licence",
        "handler_telephone",
        "centre_telephone",
        "law_firm_telephone",
    }
)
IN_PARTS = frozenset({"centre_hours"})  # words may part from figures, 8:30–17:30 may not come apart
FIGURES = re.compile(r"\d[\d:：.\-–—~～至到]*\d")
# Between letters and figures no line ends, nor before these; each joiner less is a piece of text less to lay out.
PLAIN = r"A-Za-z0-9"
NEVER_BEFORE = r"\-–:/."
BREAKS = re.compile(rf"(?<=[^{PLAIN}])(?=.)|(?<=.)(?=[^{PLAIN}{NEVER_BEFORE}])")
LONGEST = 40  # characters: about a line; what is longer has to break somewhere


def unbroken(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields of a letter with what a line must not break held together by signs that print nothing.

    For pages only: who copies a number out of an e-mail must not get the signs with it. A PDF made by LibreOffice
    does not hold them any more. Between two Chinese characters LibreOffice 7.4 breaks a line all the same.
    """
    return {name: _held(name, value) if isinstance(value, str) else value for name, value in fields.items()}


def _held(name: str, value: str) -> str:
    if name in WHOLE:
        return _joined(value)
    return FIGURES.sub(lambda found: _joined(found[0]), value) if name in IN_PARTS else value


def _joined(text: str) -> str:
    if len(text) > LONGEST:
        return text
    return BREAKS.sub(WORD_JOINER, text.strip().replace(" ", FIGURE_SPACE))
