"""Destinations of print jobs: the folder or the printer that `--to` names."""

from __future__ import annotations

from pathlib import Path

from notices.errors import UsageMistake
from notices.flow.printing.handover.hot_folder import FolderDestination
from notices.flow.printing.handover.printer import PrinterDestination
from notices.flow.printing.handover.progress import Timeouts
from notices.flow.printing.handover.transfer import Destination
from notices.flow.workspace import Workspace
from notices.messages import say
from notices.press import HotFolder
from notices.press.ipp import HttpTransport, Printer, PrintSettings, Trust, read_address


def destination_of(workspace: Workspace, to: str, password: str) -> Destination:
    """Return the destination that `--to` names; raises UsageMistake if it names none. Connects to nothing yet."""
    if not to:
        raise UsageMistake(
            say("No folder or printer is set for print jobs."),
            say("Name one with --to, or set [print] to."),
        )
    if not is_printer(to):
        return FolderDestination(HotFolder(_absolute(to)))
    return printer_destination(workspace, to, password)


def full_name(workspace: Workspace, to: str) -> str:
    """Return `--to` so that `resume` understands it from any directory: a folder by its absolute path."""
    given = to or workspace.settings.print.to
    return given if not given or is_printer(given) else str(_absolute(given))


def is_printer(place: str) -> bool:
    """Return whether a destination is a printer's address and not a folder."""
    return "://" in place


def _absolute(folder: str) -> Path:
    return Path(folder).expanduser().absolute()


def printer_destination(workspace: Workspace, uri: str, password: str) -> PrinterDestination:
    """Return the printer at an address; raises UsageMistake for an invalid one. Connects to nothing yet."""
    told = workspace.settings.print
    wire = HttpTransport(
        read_address(uri),
        Trust(workspace.root / told.ca_file if told.ca_file else None, told.fingerprint),
        told.user,
        password,
        told.timeout_seconds,
    )
    return PrinterDestination(
        Printer(wire),
        PrintSettings(told.media, told.duplex, told.color_mode),
        Timeouts(told.wait_minutes * 60, told.stopped_seconds),
    )
