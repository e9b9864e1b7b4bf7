"""evidence: what proves one notice, for a reader outside the house."""

from __future__ import annotations

from pathlib import Path

import click

from notices.cli.display import table
from notices.cli.door import Door, common, pass_door
from notices.cli.options import FILE
from notices.cli.translated_help import command
from notices.messages import say


@command()
@click.argument("notice")
@click.option("--to", "folder", metavar="DIR", type=FILE, required=True, help="The folder to make.")
@common
@pass_door
@click.pass_context
def evidence(ctx: click.Context, door: Door, notice: str, folder: Path) -> None:
    """Write everything that proves NOTICE into a new folder, and as one PDF."""
    from notices.flow.reports import evidence

    request = evidence.EvidenceRequest(notice, folder.absolute(), door.now())
    made = evidence.evidence(door.workspace, door.ledger, request)
    if door.as_json:
        files = [{"file": each.file, "sha256": each.sha256, "what": each.what} for each in made.files]
        faults = [door.text(fault) for fault in made.faults]
        told = {"notice": made.notice, "folder": str(folder), "files": files, "verified": made.verified}
        door.answer({**told, "attention": faults})
    else:
        shown = [each for each in made.files if each.what != "event"]
        table(door.headings(say("file"), say("content")), [(each.file, door.word(each.what)) for each in shown])
        door.say(say("Evidence of {notice} is in {folder}.", notice=made.notice, folder=folder))
        door.say_all(made.faults)
    ctx.exit(0 if made.verified else 1)


COMMANDS = (evidence,)
