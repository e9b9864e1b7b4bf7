"""Prevent line breaks inside notice and account numbers, telephone numbers, office hours and units."""

from __future__ import annotations

import re
from collections.abc import Mapping

WORD_JOINER = "\u2060"  # zero width, prohibits a line break (Unicode line breaking, UAX #14, class WJ)
QUARTER_SPACE = "\u2005"  # as wide as a space; joiners beside it hold, which they do not beside U+0020 or U+00A0
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
END = 6  # characters of an address that stay together, so that it never leaves a single one on its last line
IN_PARTS = frozenset({"centre_hours"})  # keep 8:30–17:30 whole; lines may break between words and times
FIGURES = re.compile(r"\d[\d:：.\-–—~～至到]*\d")
# Lines never break between these characters or before those: joiners there would only slow the layout down.
PLAIN = r"A-Za-z0-9"
NEVER_BEFORE = r"\-–:/."
BREAKS = re.compile(rf"(?<=[^{PLAIN}])(?=.)|(?<=.)(?=[^{PLAIN}{NEVER_BEFORE}])")
LONGEST = 40  # characters, about a line; longer text has to break somewhere


def keep_together(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields with invisible joiners wherever a line must not break.

    For printed pages only: numbers copied from an e-mail must not contain the joiners. A PDF made by LibreOffice does
    not contain them. LibreOffice breaks lines between two Chinese characters all the same, unless the
    field has a run of its own whose East Asian language is not Chinese, as in the bundled templates.
    """
    joined = {name: _join_field(name, value) if isinstance(value, str) else value for name, value in fields.items()}
    if isinstance(address := fields.get("address"), str):
        joined["address"] = _join_end(address, str(fields.get("unit", "")))
    if isinstance(units := fields.get("units"), list):  # beside the boxes of a slip
        joined["units"] = [{**each, "unit": _join(each["unit"])} for each in units]
    return joined


def _join_field(name: str, value: str) -> str:
    if name in WHOLE:
        return _join(value)
    return FIGURES.sub(lambda found: _join(found[0]), value) if name in IN_PARTS else value


def _join_end(address: str, unit: str) -> str:
    """Return an address whose last characters stay together: the unit where it ends in one."""
    start = len(address) - max(END, len(unit) if address.endswith(unit) else 0)
    return address if start <= 0 else address[:start] + _join(address[start:])


def _join(text: str) -> str:
    if len(text) > LONGEST:
        return text
    return BREAKS.sub(WORD_JOINER, text.strip().replace(" ", QUARTER_SPACE))
