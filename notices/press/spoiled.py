"""The list of spoiled sheets: what somebody typed, or what a scanner read off the sheets' codes."""

from __future__ import annotations

import re
from dataclasses import dataclass

CODE = re.compile(r"(?P<job>.+)/(?P<position>\d{1,9})/\d{1,9}-\d{1,9}")


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A spoiled sheet by its line in the list: its letter's notice, or its job and the letter's position there."""

    line: int
    notice: str = ""
    job: str = ""
    position: int = 0


def read_spoiled(text: str) -> tuple[Spoiled, ...]:
    """One sheet a line: a notice's number, or the code of an insert mark; empty lines and those after # say nothing."""
    lines = enumerate((line.strip() for line in text.splitlines()), start=1)
    return tuple(_read(number, line) for number, line in lines if line and not line.startswith("#"))


def _read(number: int, line: str) -> Spoiled:
    code = CODE.fullmatch(line)
    if code is None:
        return Spoiled(number, notice=line)
    return Spoiled(number, job=code["job"], position=int(code["position"]))
