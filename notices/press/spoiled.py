"""List of spoiled sheets, typed by hand or scanned from the sheets' QR codes."""

from __future__ import annotations

import re
from dataclasses import dataclass

CODE = re.compile(r"(?P<job>.+)/(?P<position>\d{1,9})/\d{1,9}-\d{1,9}")


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A line of the list: either the letter's notice number, or a job and the letter's position in it."""

    line: int
    notice: str = ""
    job: str = ""
    position: int = 0


def read_spoiled(text: str) -> tuple[Spoiled, ...]:
    """Read one sheet per line, a notice number or an insert mark code; skip empty lines and # comments."""
    lines = enumerate((line.strip() for line in text.splitlines()), start=1)
    return tuple(_read(number, line) for number, line in lines if line and not line.startswith("#"))


def _read(number: int, line: str) -> Spoiled:
    code = CODE.fullmatch(line)
    if code is None:
        return Spoiled(number, notice=line)
    return Spoiled(number, job=code["job"], position=int(code["position"]))
