"""The command line: Click commands that parse, call one function of `notices.flow`, and print."""

from __future__ import annotations

import gc
from importlib import import_module

import click

import notices
from notices.cli.door import ReportingGroup, common

# Imports create some 200,000 objects that stay. At Python's threshold of 700 new objects, the garbage collector would
# search them hundreds of times, a tenth of the start-up of a command that opens the ledger.
gc.set_threshold(20_000, 10, 10)

# The module in notices.cli.commands of each command, in the order of a clerk's day. A module is imported when one of
# its commands is called, and imports the code that does the work only in the command's function: --help stays quick.
MODULES = {
    "init": "setup",
    "doctor": "setup",
    "check": "planning",
    "plan": "planning",
    "show": "planning",
    "approve": "approval",
    "withdraw": "approval",
    "batch": "batches",
    "render": "rendering",
    "send": "mailing",
    "mail": "mailing",
    "print": "printing",
    "job": "printing",
    "run": "run",
    "resume": "run",
    "status": "status",
    "report": "reports",
    "log": "reports",
    "hold": "holds",
    "payment": "payments",
    "account": "accounts",
    "history": "history",
    "delivery": "carrier",
    "slip": "slips",
    "answer": "slips",
    "evidence": "evidence",
    "court": "evidence",
    "letter": "letters",
    "work": "work",
    "todo": "work",
    "template": "templates",
    "ledger": "ledger",
    "purge": "purge",
    "serve": "serve",
    "worker": "worker",
    "user": "users",
}


class LazyGroup(ReportingGroup):
    """Group that imports a command when it is called or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click declares it
        """Return the names in the order in which help shows them."""
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as click declares it
        """Return the command of that name, or None."""
        if cmd_name not in MODULES:
            return None
        module = import_module(f"notices.cli.commands.{MODULES[cmd_name]}")
        commands: dict[str, click.Command] = {command.name or "": command for command in module.COMMANDS}
        return commands[cmd_name]


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(notices.__version__, prog_name="notices")
@common
def main() -> None:
    """From a list of unpaid property fees to the right letter for every owner, provably, once."""
