"""The printer that `--to` or [print] names, with what the settings say of it."""

from __future__ import annotations

from notices.flow.atprinter import AtPrinter
from notices.flow.following import Patience
from notices.flow.workspace import Workspace
from notices.messages import Message
from notices.press.ipp import Printer, Trust, Wire, Wish, read_address, unfit


def printer_at(workspace: Workspace, uri: str, password: str) -> AtPrinter:
    """The printer at an address; raises UsageMistake for one that no printer has. Nothing is asked yet."""
    told = workspace.settings.print
    wire = Wire(
        read_address(uri),
        Trust(workspace.root / told.ca_file if told.ca_file else None, told.fingerprint),
        told.user,
        password,
        told.timeout_seconds,
    )
    return AtPrinter(
        Printer(wire),
        Wish(told.media, told.duplex, told.color_mode),
        Patience(told.wait_minutes * 60, told.stopped_seconds),
    )


def wrong_with(at: AtPrinter) -> list[Message]:
    """What is wrong with a printer just now; raises what keeps it from being asked."""
    return unfit(at.printer.capabilities(), at.wish)
