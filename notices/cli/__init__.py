"""The door: Click commands that parse, call one verb of `notices.flow`, and print."""

from __future__ import annotations

from importlib import import_module

import click

import notices
from notices.cli.door import Doorkeeper, common

# Where each command stands. A module is read only when one of its commands is called: a clerk types many short ones,
# and what makes letters takes a second to read in.
PLACES = {
    "init": "setup",
    "doctor": "setup",
    "check": "planning",
    "plan": "planning",
    "show": "planning",
    "approve": "approval",
    "withdraw": "approval",
    "render": "rendering",
    "send": "mailing",
    "mail": "mailing",
    "print": "printing",
    "job": "printing",
    "run": "run",
    "resume": "run",
    "status": "status",
    "hold": "holds",
    "payment": "payments",
    "history": "holds",
    "delivery": "carrier",
    "slip": "slips",
    "answer": "slips",
    "template": "templates",
}


class Commands(Doorkeeper):
    """The commands in the order of a clerk's day, each read in when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click declares it
        """All names, as help shows them."""
        return list(PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as click declares it
        """The command of that name, or None."""
        if cmd_name not in PLACES:
            return None
        module = import_module(f"notices.cli.commands.{PLACES[cmd_name]}")
        commands: dict[str, click.Command] = {command.name or "": command for command in module.COMMANDS}
        return commands[cmd_name]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(notices.__version__, prog_name="notices")
@common
def main() -> None:
    """From a list of unpaid property fees to the right letter for every owner, provably, once."""
