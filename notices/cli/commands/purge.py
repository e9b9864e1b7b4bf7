"""purge: forget what is personal about cases that were settled long ago."""

from __future__ import annotations

from datetime import date

import click

from notices.cli.door import Door, common, pass_door
from notices.cli.options import DAY, acting_option
from notices.cli.translated_help import command
from notices.messages import say


@command()
@click.option("--settled-before", type=DAY, required=True, help="Cases that were settled before this day.")
@click.option("--dry-run", is_flag=True, help="Show what would be purged; change nothing.")
@acting_option
@common
@pass_door
def purge(door: Door, settled_before: date, dry_run: bool, by: str | None) -> None:
    """Remove personal data of settled cases for good; figures stay, and the ledger still verifies."""
    from notices.flow.ledger import purge

    request = purge.ForgetRequest(settled_before, by or door.login(), door.now(), dry_run)
    done = purge.purge(door.workspace, door.ledger, request)
    if door.as_json:
        door.answer(
            {
                "settled_before": settled_before.isoformat(),
                "dry_run": dry_run,
                "cases": done.cases,
                "events": done.events,
                "removed": list(done.removed),
                "waiting": [{"file": each.file, "cases": each.cases} for each in done.waiting],
            }
        )
        return
    cases, files = done.cases, len(done.removed)
    if dry_run:
        door.say(say("{cases} case(s) and {files} file(s) would be purged.", cases=cases, files=files))
    else:
        door.say(
            say(
                "{cases} case(s) and {files} file(s) were purged. Backups made before still have them.",
                cases=cases,
                files=files,
            )
        )
    door.say_all(
        say("{file} stays until {count} other case(s) in it are purged.", file=each.file, count=each.cases)
        for each in done.waiting
    )


COMMANDS = (purge,)
