"""The account that a statement is of, as its first lines name it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from notices.intake.statements.cells import said
from notices.tables import Cell

NAMED = re.compile(r"(?:账号|帐号|卡号|账户号码|账户)[^:：\d]{0,12}[:：]?\s*[\[【]?\s*([\d*][\d* -]{6,30}[\d*])")
LABEL = re.compile(r"(?:账号|帐号|卡号|账户号码|账/卡号)[:：]?$")
NUMBER = re.compile(r"[\d*][\d* -]{6,30}[\d*]")


def account_in(cells: Sequence[Cell]) -> str:
    """Return the number of the account that a line above the headings names; "" if it names none."""
    texts = [said(cell) if isinstance(cell, str) else str(cell or "") for cell in cells]
    for place, text in enumerate(texts):
        if found := NAMED.search(text):
            return _digits(found[1])
        if LABEL.search(text):
            after = next((each for each in texts[place + 1 :] if each), "")
            if NUMBER.fullmatch(after):
                return _digits(after)
    return ""


def is_account_of(number: str, own: Iterable[str]) -> bool:
    """Return whether a statement's account, some figures of which may be stars, is one of our own."""
    begins, ends = number.partition("*")[0], number.rpartition("*")[2] if "*" in number else number
    for each in map(_digits, own):
        if ("*" not in number and each == number) or (
            "*" in number and each.startswith(begins) and each.endswith(ends)
        ):
            return True
    return False


def _digits(text: str) -> str:
    return re.sub(r"[^\d*]", "", text)
