"""The Chinese wording of evidence: labels and texts of a bundled file, words of the catalogue, dates and sums."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any

from notices.flow.templates.bundled import bundled
from notices.messages import Message, translator
from notices.rules.money import format_grouped
from notices.words import word

FILE = "evidence.toml"
NOTHING = "—"


@cache
def wording() -> Mapping[str, Any]:
    """Return the tables of the bundled file."""
    return tomllib.loads(bundled(FILE).read_text("utf-8"))


def label(name: str) -> str:
    """Return the heading of a row or column."""
    return str(wording()["labels"][name])


def in_chinese(message: Message) -> str:
    """Return a message in Chinese."""
    return message.translated(translator("zh"))


def coded(code: str) -> str:
    """Return the Chinese word for a code."""
    return in_chinese(word(code))


def happened(kind: str) -> str:
    """Return the Chinese word for a kind of event; that of its code if it has none of its own."""
    return str(wording()["kinds"].get(kind) or coded(kind))


def shown(value: object, zone: tzinfo | None = None) -> str:
    """Return a value as evidence prints it: sums in groups, moments to the second, nothing as a dash."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return label("yes" if value else "no")
    if isinstance(value, Decimal):
        return format_grouped(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S %z}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return str(value)
