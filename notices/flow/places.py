"""Where a print job can be sent: the folder or the printer that `--to` names."""

from __future__ import annotations

from pathlib import Path

from notices.errors import UsageMistake
from notices.flow.atfolder import AtFolder
from notices.flow.passage import Place
from notices.flow.workspace import Workspace
from notices.messages import say
from notices.press import HotFolder


def place_of(workspace: Workspace, to: str, password: str) -> Place:
    """The place that `--to` names; raises UsageMistake for what is none. Nothing is asked there yet."""
    if not to:
        raise UsageMistake(
            say("The settings do not say where print jobs go."),
            say("Name a folder or a printer with --to, or put it into [print] to."),
        )
    if not is_printer(to):
        return AtFolder(HotFolder(_absolute(to)))
    # What speaks to printers takes a quarter of a second to read in, and most commands need none.
    from notices.flow.printers import printer_at  # noqa: PLC0415 - read in only where it is needed

    return printer_at(workspace, to, password)


def named(workspace: Workspace, to: str) -> str:
    """`--to` as `resume` will understand it wherever it is called: a folder by its full path."""
    given = to or workspace.settings.print.to
    return given if not given or is_printer(given) else str(_absolute(given))


def is_printer(place: str) -> bool:
    """Whether a place is no folder but an address."""
    return "://" in place


def _absolute(folder: str) -> Path:
    return Path(folder).expanduser().absolute()
