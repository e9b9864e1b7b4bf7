"""check: read an arrears list and say what was understood and what is wrong; nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from notices.errors import UsageMistake
from notices.flow.workspace import Workspace
from notices.intake import ArrearsList, read_arrears
from notices.messages import say


@dataclass(frozen=True)
class Reading:
    """How a list is to be read: the file, and the choices a person made."""

    path: Path
    as_of: date
    estate: str | None = None
    sheet: str | None = None


def check(workspace: Workspace, reading: Reading) -> ArrearsList:
    """The list as understood, with every problem of every row; raises what `read_arrears` raises."""
    settings = workspace.settings
    known = tuple(estate.name for estate in settings.estates)
    if reading.estate is not None and reading.estate not in known:
        raise unknown_estate(reading.estate, known)
    return read_arrears(
        reading.path,
        settings.intake,
        known_estates=known,
        estate=reading.estate,
        sheet=reading.sheet,
        as_of=reading.as_of,
    )


def unknown_estate(name: str, known: tuple[str, ...]) -> UsageMistake:
    """The mistake of naming an estate that the settings do not know."""
    return UsageMistake(
        say("The settings know no estate “{name}”.", name=name),
        say("Name one of {known}, or add [[estates]] to notices.toml.", known=", ".join(known)),
    )
