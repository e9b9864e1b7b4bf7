"""letter export: each letter as a PDF of its own."""

from __future__ import annotations

from pathlib import Path

import click

from notices.cli.door import Door, common, pass_door
from notices.cli.options import FILE
from notices.cli.translated_help import command
from notices.messages import say


@command("export")
@click.argument("batch")
@click.option("--to", "folder", metavar="DIR", type=FILE, required=True, help="The folder to write, new or empty.")
@common
@pass_door
@click.pass_context
def export_command(ctx: click.Context, door: Door, batch: str, folder: Path) -> None:
    """Write each letter of BATCH as a PDF of its own, named by unit and owner."""
    from notices.flow.reports import letter_export

    done = letter_export.export_letters(door.workspace, door.ledger, batch, folder)
    if door.as_json:
        door.answer(
            {
                "batch": batch,
                "folder": str(folder),
                "letters": [
                    {
                        "notice": it.notice,
                        "account": it.account,
                        "file": it.file,
                        **({"accounts": list(it.accounts)} if it.accounts else {}),
                    }
                    for it in done.letters
                ],
                "left_out": done.left_out,
                "attention": [door.text(message) for message in done.attention],
            }
        )
    door.say_all(done.attention)
    door.say(say("{count} letter(s) are written to {folder}.", count=len(done.letters), folder=folder))
    if done.left_out:
        door.say(say("{count} notice(s) have no letter that may leave.", count=done.left_out))
    ctx.exit(1 if done.attention else 0)
