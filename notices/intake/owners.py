"""Parsing of owners' names: spaces inside short names, several owners in a cell, placeholders for a name."""

from __future__ import annotations

import re

from notices.intake.cleaning import clean, is_placeholder
from notices.intake.problems import Unreadable
from notices.messages import Message, say
from notices.spelling import comparable_name, with_ideographs, with_usual_marks
from notices.tables import Cell

SEPARATORS = re.compile(r"[、/,，;；&|\n\r\\]+")
HAN = r"[㐀-䶿一-鿿豈-﫿\U00020000-\U000323af〇]"
HAN_WORD = re.compile(rf"^{HAN}+$")
LOST = re.compile("\ufffd|锟斤拷|烫烫|\\?")
MASKED = re.compile(r"[*×✱＊]")
NOBODY = frozenset({"未知", "不详", "不明", "待定", "未登记"})


def split_owners(text: str) -> tuple[str, ...]:
    """Split a cell into its owners, in order, without duplicates; raises Unreadable if spaces are ambiguous."""
    names: list[str] = []
    for part in SEPARATORS.split(with_ideographs(clean(text))):
        for name in _words(part):
            if name and not is_placeholder(name) and comparable_name(name) not in map(comparable_name, names):
                names.append(name)
    return tuple(names)


def read_owners(cell: Cell) -> tuple[str, ...]:
    """Parse the owners of a row; raises Unreadable if the name is missing, masked or has lost characters."""
    text = clean(cell)
    if isinstance(cell, str):
        text = text if "\n" not in cell else clean(cell.replace("\n", "、"))
    if is_placeholder(text) or text in NOBODY:
        raise _no_owner(say("The owner is missing."))
    if LOST.search(text):
        raise _no_owner(say("The owner's name has lost characters."))
    if MASKED.search(text):
        raise _no_owner(say("The owner's name is masked."))
    owners = split_owners(text)
    if not owners or not all(any(character.isalpha() for character in owner) for owner in owners):
        raise _no_owner(say("This is not a name."))
    return owners


def _words(part: str) -> list[str]:
    words = part.split()
    if len(words) < 2 or not all(HAN_WORD.match(word) for word in words):
        return [with_usual_marks(" ".join(words))]
    if all(len(word) >= 2 for word in words):
        return words
    if len(words) == 2 or (all(len(word) == 1 for word in words) and len(words) == 3):
        return ["".join(words)]
    raise _no_owner(say("The spaces in the owner's name are ambiguous."))


def _no_owner(problem: Message) -> Unreadable:
    return Unreadable(problem, say("Enter the owner's full name; separate several owners with 、."))
