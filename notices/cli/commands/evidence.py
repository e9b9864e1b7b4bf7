"""evidence and court: what proves one notice, and the file for a court about an account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from notices.cli.display import table
from notices.cli.door import Door, common, pass_door
from notices.cli.options import FILE
from notices.cli.translated_help import command
from notices.errors import Refused
from notices.messages import say

if TYPE_CHECKING:
    from notices.flow.reports.court import CourtFile


@command()
@click.argument("notice")
@click.option("--to", "folder", metavar="DIR", type=FILE, required=True, help="The folder to make.")
@common
@pass_door
@click.pass_context
def evidence(ctx: click.Context, door: Door, notice: str, folder: Path) -> None:
    """Write everything that proves NOTICE into a new folder, and as one PDF."""
    from notices.flow.batch.signing_keys import signing_keys
    from notices.flow.reports import evidence

    request = evidence.EvidenceRequest(notice, folder.absolute(), door.now(), signing_keys(door.workspace, door.secret))
    made = evidence.evidence(door.workspace, door.ledger, request)
    if door.as_json:
        files = [{"file": each.file, "sha256": each.sha256, "what": each.what} for each in made.files]
        faults = [door.text(fault) for fault in made.faults]
        told = {"notice": made.notice, "folder": str(folder), "files": files, "verified": made.verified}
        door.answer({**told, "attention": faults})
    else:
        shown = [each for each in made.files if each.what != "event"]
        table(door.headings(say("file")), [(each.file,) for each in shown])
        door.say(say("Evidence of {notice} is in {folder}.", notice=made.notice, folder=folder))
        door.say_all(made.faults)
    ctx.exit(0 if made.verified else 1)


@command()
@click.argument("accounts", metavar="ACCOUNT...", nargs=-1, required=True)
@click.option("--to", "folder", metavar="DIR", type=FILE, required=True, help="The folder to make.")
@click.option(
    "--kind",
    type=click.Choice(["order", "complaint"]),
    help="Application for a payment order, or complaint; default an order where it is not ruled out.",
)
@common
@pass_door
@click.pass_context
def court(ctx: click.Context, door: Door, accounts: tuple[str, ...], folder: Path, kind: str | None) -> None:
    """Write the file for a court about each ACCOUNT: application, evidence with its list, calculation."""
    from notices.flow.batch.signing_keys import signing_keys
    from notices.flow.reports import court
    from notices.rules.court import CourtKind

    way = CourtKind(kind) if kind else None
    request = court.CourtRequest(
        accounts, folder.absolute(), way, door.now(), signing_keys(door.workspace, door.secret)
    )
    made = court.court(door.workspace, door.ledger, request)
    if door.as_json:
        door.answer({"folder": str(folder), "accounts": [_court_document(door, each) for each in made]})
    else:
        for each in made:
            _say_court(door, each)
    ctx.exit(_court_status(made))


def _court_status(made: list[CourtFile]) -> int:
    if all(each.is_ruled_out for each in made):
        return Refused.exit_status
    return 1 if any(each.is_ruled_out or each.obstacles or each.attention for each in made) else 0


def _court_document(door: Door, each: CourtFile) -> dict[str, object]:
    return {
        "account": each.account,
        "kind": each.kind.value,
        "obstacles": [
            {"code": it.code, "rules_out": sorted(it.rules_out), "obstacle": door.text(it.fact)}
            for it in each.obstacles
        ],
        "files": [{"file": it.file, "sha256": it.sha256, "what": it.what} for it in each.files],
        "to_supply": [door.text(it) for it in each.to_supply],
        "attention": [door.text(it) for it in each.attention],
    }


def _say_court(door: Door, each: CourtFile) -> None:
    """Say first what stands against the way, then what was made and what is still needed."""
    for obstacle in each.obstacles:
        door.say(say("{account}: {obstacle}.", account=each.account, obstacle=obstacle.fact))
    if each.is_ruled_out:
        door.say(say("{account}: no file was made.", account=each.account))
        return
    papers = [it for it in each.files if it.file.count("/") == 1]
    table(door.headings(say("file")), [(it.file,) for it in papers])
    door.say(say("{account}: before it is filed, supply:", account=each.account))
    for item in each.to_supply:
        door.say(say("  {item}", item=item))
    door.say_all(each.attention)


COMMANDS = (evidence, court)
