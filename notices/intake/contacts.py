"""Parsing of telephone numbers, e-mail addresses and postcodes: the first usable value counts, others are noted."""

from __future__ import annotations

import re

from notices.addresses import AddressMistake, ascii_address
from notices.intake.cleaning import clean, is_placeholder
from notices.intake.problems import Remark
from notices.messages import Message, say
from notices.model import OwnerKind
from notices.tables import Cell

BETWEEN = re.compile(r"[、/,，;；|\\\n\r]+")
MOBILE = re.compile(r"^1[3-9]\d{9}$")
LANDLINE = re.compile(r"^(0\d{2,3}-?)?[2-9]\d{6,7}(?:(?:-|转)\d{1,6})?$")
SERVICE = re.compile(r"^[48]00-?\d{3}-?\d{4}$")
EXPONENT = re.compile(r"^\d(?:\.\d+)?E\+?\d+$", re.IGNORECASE)
YES = frozenset({"是", "已确认", "确认", "有", "√", "✓", "✔", "☑", "y", "yes", "true", "1"})
NO = frozenset({"否", "未确认", "未", "没有", "×", "✗", "n", "no", "false", "0", "x"})

OWNER_KINDS = {
    OwnerKind.COMPANY: ("单位", "企业", "公司", "法人", "机构", "组织", "商户"),
    OwnerKind.PERSON: ("个人", "自然人", "私人", "居民", "住户"),
}


def read_telephone(cell: Cell, remark: Remark) -> str:
    """Return the first usable telephone number of a cell (digits and hyphens), or ""."""
    text = clean(cell).replace("\t", " ")
    if is_placeholder(text):
        return ""
    if EXPONENT.match(text):
        remark("telephone-lost", say("The telephone number has lost digits; it is not used."))
        return ""
    if "*" in text:
        remark("telephone-masked", say("The telephone number is masked; it is not used."))
        return ""
    numbers = [number for piece in BETWEEN.split(text) if (number := _telephone(piece))]
    if not numbers:
        numbers = [number for piece in text.split() if (number := _telephone(piece))]
    if not numbers:
        remark("telephone-unusable", say("This is not a telephone number; it is not used."))
        return ""
    if len(numbers) > 1:
        remark("several-telephones", say("There are {count} telephone numbers; the first is used.", count=len(numbers)))
    return numbers[0]


def read_email(cell: Cell, remark: Remark) -> str:
    """Return the first usable e-mail address of a cell, its domain in ASCII (IDNA), or ""."""
    text = clean(cell)
    if is_placeholder(text):
        return ""
    if "*" in text:
        remark("email-masked", say("The e-mail address is masked; it is not used."))
        return ""
    pieces = [_address(piece) for piece in re.split(r"[、,，;；|\n\r]+|\s/\s", text)]
    if text.count("@") > 1:
        pieces = [_address(piece) for piece in re.split(r"[、,，;；|/\s]+", text)]
    usable: list[str] = []
    mistakes: list[Message] = []
    for piece in filter(None, pieces):
        try:
            usable.append(ascii_address(piece))
        except AddressMistake as mistake:
            mistakes.append(mistake.problem)
    if not usable:
        why = mistakes[0] if mistakes else say("the cell has no address")
        remark("email-unusable", say("This e-mail address is not used: {problem}.", problem=why))
        return ""
    if len(usable) + len(mistakes) > 1:
        remark("several-emails", say("There are several e-mail addresses; the first usable one is used."))
    return usable[0]


def read_confirmation(cell: Cell, remark: Remark) -> bool:
    """Return whether the owner confirmed the address for service; anything but a yes counts as no."""
    text = clean(cell).lower()
    if text in YES:
        return True
    if text not in NO and not is_placeholder(text):
        remark("confirmation-unclear", say("This is neither yes nor no; the address counts as not confirmed."))
    return False


def read_owner_kind(cell: Cell, remark: Remark) -> OwnerKind | None:
    """Return whether the list calls the owner a person or a company; None if it says neither."""
    text = clean(cell)
    for kind, words in OWNER_KINDS.items():
        if any(word in text for word in words):
            return kind
    if not is_placeholder(text):
        remark("owner-kind-unclear", say("This names neither a person nor a company; the owner's name decides."))
    return None


def read_postcode(cell: Cell, remark: Remark) -> str:
    """Return a six-digit postcode, restoring a leading zero lost in a number cell, or ""."""
    text = clean(cell)
    if is_placeholder(text) or text == "0":
        return ""
    if re.match(r"^\d{5,6}$", text):
        return text.zfill(6)
    remark("postcode-unusable", say("This is not a postcode; it is not used."))
    return ""


def _telephone(text: str) -> str:
    bare = re.sub(r"[\s()（）.]+", "", re.sub(r"\.0$", "", text.strip()))
    bare = re.sub(r"^(?:\+|00)86-?", "", bare)
    bare = re.sub(r"^86(?=1[3-9]\d{9}$)", "", bare)
    digits = bare.replace("-", "")
    if MOBILE.match(digits):
        return digits
    bracketed = re.sub(r"[(（](0\d{2,3})[)）]", r"\1-", text.strip())
    landline = re.sub(r"\s+", "-", bracketed) if LANDLINE.match(re.sub(r"\s+", "-", bracketed)) else bare
    return landline if LANDLINE.match(landline) or SERVICE.match(landline) else ""


def _address(text: str) -> str:
    return "".join(text.split()).removeprefix("mailto:")
