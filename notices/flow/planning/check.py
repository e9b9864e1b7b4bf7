"""check: read an arrears list and say what was understood and what is wrong; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from notices.errors import UsageMistake
from notices.flow.planning.list_changes import Changes, changes
from notices.flow.workspace import Workspace, unknown_estate
from notices.intake import ArrearsList, Choices, Note, Progress, SavedMapping, read_arrears, write_fix_list
from notices.intake.saved import keep_mapping, saved_mappings
from notices.ledger import Ledger
from notices.messages import Message, say
from notices.settings import Settings


@dataclass(frozen=True)
class Reading:
    """How a list is to be read: the file, and the choices a person made."""

    path: Path
    as_of: date
    estate: str | None = None
    sheet: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    progress: Progress | None = None


def check(workspace: Workspace, reading: Reading) -> ArrearsList:
    """The list as understood, with every problem of every row; raises what `read_arrears` raises."""
    settings = workspace.settings
    known = tuple(estate.name for estate in settings.estates)
    if reading.estate is not None and reading.estate not in known:
        raise unknown_estate(reading.estate, known)
    arrears = read_arrears(
        reading.path,
        settings.intake,
        known_estates=known,
        as_of=reading.as_of,
        choices=choices(workspace, reading),
        progress=reading.progress,
    )
    return _at_their_units(arrears, settings) if settings.intake.missing_address == "unit" else arrears


def _at_their_units(arrears: ArrearsList, settings: Settings) -> ArrearsList:
    """With the unit's own address for every account that the list gives none."""
    addresses = {
        account.key: estate.address_of(account.unit)
        for account in arrears.accounts
        if not account.address and (estate := settings.estate(account.estate)) and estate.address
    }
    if not addresses:
        return arrears
    detail = say("{count} account(s) without a postal address: paper goes to the unit itself.", count=len(addresses))
    return replace(
        arrears,
        accounts=tuple(replace(it, address=addresses.get(it.key, it.address)) for it in arrears.accounts),
        notes=(*arrears.notes, Note("unit-address", arrears.source.sheet, None, None, None, detail)),
    )


def compared(
    workspace: Workspace, arrears: ArrearsList, ledger: Ledger | None, list_date: date
) -> tuple[ArrearsList, Changes]:
    """The list with notes about what has changed since the last one of its estates, and those changes."""
    if ledger is None:
        return arrears, Changes()
    estates = dict.fromkeys(account.estate for account in arrears.accounts)
    with ledger.read() as books:
        last = books.lists.latest(estates, list_date)
        found = changes(arrears, last, vanished_is_paid=workspace.settings.intake.vanished == "paid")
    return replace(arrears, notes=(*arrears.notes, *found.notes)), found


def choices(workspace: Workspace, reading: Reading) -> Choices:
    """What was said of the list now, and what the workspace keeps of lists like it."""
    estates = workspace.settings.estates
    home = estates[0].name if len(estates) == 1 else None
    return Choices(reading.estate, reading.sheet, reading.mapping, saved_mappings(workspace.root), home)


def save_mapping(workspace: Workspace, arrears: ArrearsList, name: str) -> SavedMapping:
    """Keep what the list's headings were taken for, so that the next list with the same ones is read the same way."""
    mapping = arrears.as_mapping(name)
    keep_mapping(workspace.root, mapping)
    return mapping


def fix_list(
    workspace: Workspace, reading: Reading, arrears: ArrearsList, target: Path, text: Callable[[Message], str]
) -> None:
    """Write the list back with what is wrong beside each bad row; no list is written over, corrected or not."""
    if target.suffix.lower() != ".xlsx":
        raise UsageMistake(
            say("{file} is no .xlsx file.", file=target.name),
            say("Give --fix-list a name that ends in .xlsx."),
        )
    if target.exists():
        raise UsageMistake(
            say("There is a file {file} already; somebody may have corrected rows in it.", file=target.name),
            say("Give --fix-list another name, or remove that file."),
        )
    write_fix_list(reading.path, target, arrears, workspace.settings.intake, choices(workspace, reading), text)
