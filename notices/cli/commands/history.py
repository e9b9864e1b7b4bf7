"""history: notices sent before this program was used."""

from __future__ import annotations

from pathlib import Path

from notices.cli.door import Door, common, pass_door
from notices.cli.import_report import finish
from notices.cli.options import table_options
from notices.cli.translated_help import group


@group()
def history() -> None:
    """Notices sent before this program was used."""


@history.command("import")
@table_options
@common
@pass_door
def import_history(door: Door, file: Path, estate: str | None, sheet: str | None, by: str | None) -> None:
    """Import notices that were sent before this program was used."""
    from notices.flow.register import history as register

    entered = register.import_history(
        door.workspace, door.ledger, file, estate=estate, sheet=sheet, by=by or door.login(), at=door.now()
    )
    finish(door, entered)


COMMANDS = (history,)
