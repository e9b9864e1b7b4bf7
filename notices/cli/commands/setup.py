"""init, doctor: make a workspace, and check the installation."""

from __future__ import annotations

from pathlib import Path

import click

from notices.cli.display import table
from notices.cli.door import Door, common, pass_door
from notices.cli.translated_help import command
from notices.messages import say


@command()
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option(
    "--estate", "estates", metavar="NAME", multiple=True, help="An estate to write settings for; may be repeated."
)
@common
@pass_door
def init(door: Door, folder: Path, estates: tuple[str, ...]) -> None:
    """Make a workspace in DIR: settings with every key explained, the letters, empty folders."""
    from notices.flow.setup.init import init

    made = init(folder.absolute(), estates)
    if door.as_json:
        door.answer({"workspace": str(made.workspace.root), "estates": list(made.estates)})
        return
    door.say(
        say("Workspace {folder} is ready, for {names}.", folder=made.workspace.root, names=", ".join(made.estates))
    )
    door.say(say("Next: put your own data into notices.toml, then: notices doctor"))


@command()
@common
@pass_door
@click.pass_context
def doctor(ctx: click.Context, door: Door) -> None:
    """Report what this machine and workspace lack, each with its remedy."""
    from notices.flow.setup.doctor import examine

    findings = examine(door.workspace, door.secret, door.now)
    if door.as_json:
        door.answer(
            {
                "findings": [
                    {
                        "what": door.text(finding.what),
                        "fine": finding.fine,
                        "needed": finding.needed,
                        "fact": door.text(finding.fact),
                        "remedy": door.text(finding.remedy),
                    }
                    for finding in findings
                ]
            }
        )
    else:
        table(
            ["", *door.headings(say("what"), say("finding"), say("remedy"))],
            [
                ("✓" if f.fine else "✗" if f.needed else "!", door.text(f.what), door.text(f.fact), door.text(f.remedy))
                for f in findings
            ],
        )
    ctx.exit(3 if any(not finding.fine and finding.needed for finding in findings) else 0)


COMMANDS = (init, doctor)
