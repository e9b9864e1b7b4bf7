"""check: read an arrears list and report what was understood and what is wrong; changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from notices.errors import UsageMistake
from notices.flow.planning.homes import with_unit_addresses
from notices.flow.planning.list_changes import Changes, changes
from notices.flow.planning.respelt import under_names_of_today
from notices.flow.workspace import Workspace, unknown_estate
from notices.intake import ArrearsList, Choices, SavedMapping, read_arrears, write_fix_list
from notices.intake.saved_mappings import load_mappings
from notices.intake.saved_mappings import save_mapping as write_mapping
from notices.ledger import Ledger
from notices.messages import Message, say
from notices.model import CaseKey, Payment
from notices.progress import Progress


@dataclass(frozen=True)
class Reading:
    """Options for reading a list: the file, and a person's choices."""

    path: Path
    as_of: date
    estate: str | None = None
    sheet: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    progress: Progress | None = None


def check(workspace: Workspace, reading: Reading, ledger: Ledger | None = None) -> ArrearsList:
    """Read a list with all problems of all rows; the ledger may know the homes of owners. Raises as `read_arrears`."""
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
    return with_unit_addresses(arrears, settings, ledger) if settings.intake.missing_address == "unit" else arrears


def compared(
    workspace: Workspace, arrears: ArrearsList, ledger: Ledger | None, list_date: date, *, whole: bool = True
) -> tuple[ArrearsList, Changes]:
    """Return the list with its owners' names of today, notes about changes since the last lists, and the changes.

    A list that is not `whole` is not compared: accounts that are added to a batch are no full list, and nobody is
    missing from them.
    """
    if ledger is None:
        return arrears, Changes()
    with ledger.read() as books:
        arrears = under_names_of_today(arrears, books)
        if not whole:
            return arrears, Changes()
        estates = dict.fromkeys(account.estate for account in arrears.accounts)
        last = books.lists.latest(estates, list_date)
        payments = defaultdict[CaseKey, list[Payment]](list)
        for record in books.payments.all():
            payments[record.case].append(record.payment)
        found = changes(
            arrears,
            last,
            vanished_is_paid=workspace.settings.intake.vanished == "paid",
            payments_of=lambda case: payments.get(case, ()),
        )
    return replace(arrears, notes=(*arrears.notes, *found.notes)), found


def choices(workspace: Workspace, reading: Reading) -> Choices:
    """Return a person's choices together with the mappings saved in the workspace."""
    estates = workspace.settings.estates
    home = estates[0].name if len(estates) == 1 else None
    return Choices(reading.estate, reading.sheet, reading.mapping, load_mappings(workspace.root), home)


def save_mapping(workspace: Workspace, arrears: ArrearsList, name: str) -> SavedMapping:
    """Save the meaning of the list's headings; lists with the same headings will be read the same way."""
    mapping = arrears.as_mapping(name)
    write_mapping(workspace.root, mapping)
    return mapping


def fix_list(
    workspace: Workspace, reading: Reading, arrears: ArrearsList, target: Path, text: Callable[[Message], str]
) -> None:
    """Write a copy of the list with the problems beside each bad row; never overwrites a file."""
    if target.suffix.lower() != ".xlsx":
        raise UsageMistake(
            say("{file} does not end in .xlsx.", file=target.name),
            say("Give --fix-list a name ending in .xlsx."),
        )
    if target.exists():
        raise UsageMistake(
            say("{file} already exists and may contain corrected rows.", file=target.name),
            say("Give --fix-list another name, or delete that file."),
        )
    write_fix_list(reading.path, target, arrears, workspace.settings.intake, choices(workspace, reading), text)
