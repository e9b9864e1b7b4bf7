"""letter: what is done with single letters."""

from __future__ import annotations

from notices.cli.commands.letter_export import export_command
from notices.cli.translated_help import group


@group()
def letter() -> None:
    """Single letters."""


letter.add_command(export_command)

COMMANDS = (letter,)
