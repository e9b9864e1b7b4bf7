"""Where a print job can be sent: the folder or the printer that `--to` names."""

from __future__ import annotations

from pathlib import Path

from notices.errors import UsageMistake
from notices.flow.printing.handover.hot_folder import FolderDestination
from notices.flow.printing.handover.printer import PrinterDestination
from notices.flow.printing.handover.progress import Timeouts
from notices.flow.printing.handover.transfer import Destination
from notices.flow.workspace import Workspace
from notices.messages import Message, say
from notices.press import HotFolder
from notices.press.ipp import Printer, Trust, Wire, Wish, read_address, unfit


def destination_of(workspace: Workspace, to: str, password: str) -> Destination:
    """The place that `--to` names; raises UsageMistake for what is none. Nothing is asked there yet."""
    if not to:
        raise UsageMistake(
            say("The settings do not say where print jobs go."),
            say("Name a folder or a printer with --to, or put it into [print] to."),
        )
    if not is_printer(to):
        return FolderDestination(HotFolder(_absolute(to)))
    # What speaks to printers takes a quarter of a second to read in, and most commands need none.

    return printer_destination(workspace, to, password)


def full_name(workspace: Workspace, to: str) -> str:
    """`--to` as `resume` will understand it wherever it is called: a folder by its full path."""
    given = to or workspace.settings.print.to
    return given if not given or is_printer(given) else str(_absolute(given))


def is_printer(place: str) -> bool:
    """Whether a place is no folder but an address."""
    return "://" in place


def _absolute(folder: str) -> Path:
    return Path(folder).expanduser().absolute()


def printer_destination(workspace: Workspace, uri: str, password: str) -> PrinterDestination:
    """The printer at an address; raises UsageMistake for one that no printer has. Nothing is asked yet."""
    told = workspace.settings.print
    wire = Wire(
        read_address(uri),
        Trust(workspace.root / told.ca_file if told.ca_file else None, told.fingerprint),
        told.user,
        password,
        told.timeout_seconds,
    )
    return PrinterDestination(
        Printer(wire),
        Wish(told.media, told.duplex, told.color_mode),
        Timeouts(told.wait_minutes * 60, told.stopped_seconds),
    )


def wrong_with(at: PrinterDestination) -> list[Message]:
    """What is wrong with a printer just now; raises what keeps it from being asked."""
    return unfit(at.printer.capabilities(), at.wish)
