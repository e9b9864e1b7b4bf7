"""print and job: the way out of the house on paper."""

from __future__ import annotations

import click

from notices.cli.display import table
from notices.cli.door import Door, common, pass_door
from notices.cli.options import PERSON
from notices.flow import printing
from notices.flow.printing import Printed
from notices.flow.stage import Order
from notices.ledger import JobRecord
from notices.messages import say
from notices.words import word


@click.command("print")
@click.argument("batch")
@click.option("--by", type=PERSON, help="Who acts; default the login name.")
@common
@pass_door
@click.pass_context
def print_(ctx: click.Context, door: Door, batch: str, by: str | None) -> None:
    """Make the print job of BATCH: one PDF in walking order, and its manifest."""
    order = Order(batch, by or door.login(), door.now())
    printed = printing.print_batch(door.workspace, door.ledger, order, door.translate)
    for message in printed.attention:
        door.say(message)
    if door.as_json:
        door.answer(printed_document(door, printed))
    else:
        show_printed(door, printed)
    ctx.exit(1 if printed.attention else 0)


def printed_document(door: Door, printed: Printed) -> dict[str, object]:
    """The job, or null where there was nothing to print."""
    result = printed.result
    return {
        "batch": printed.batch,
        "job": printed.job,
        "folder": str(result.folder) if result else None,
        "letters": result.letters if result else 0,
        "sheets": result.sheets if result else 0,
        "attention": [door.text(message) for message in printed.attention],
    }


def show_printed(door: Door, printed: Printed) -> None:
    """The same in a sentence."""
    result = printed.result
    if result is None:
        door.say(say("There is nothing to print."))
        return
    door.say(
        say(
            "Print job {job}: {letters} letter(s) on {sheets} sheet(s), in {folder}.",
            job=printed.job,
            letters=result.letters,
            sheets=result.sheets,
            folder=result.folder,
        )
    )
    door.say(say("When the shop has done it: notices job confirm {job}", job=printed.job))


@click.group()
def job() -> None:
    """Print jobs: list them, say that the shop has done one."""


@job.command("list")
@common
@pass_door
def list_jobs(door: Door) -> None:
    """All print jobs."""
    jobs = printing.jobs(door.ledger)
    if door.as_json:
        door.answer({"jobs": [job_document(each) for each in jobs]})
        return
    table(
        door.headings(say("job"), say("batch"), say("state"), say("letters"), say("sheets")),
        [(each.number, each.batch, door.word(each.state), each.letters, each.sheets) for each in jobs],
        right=(3, 4),
    )


def job_document(each: JobRecord) -> dict[str, object]:
    """One print job."""
    return {
        "job": each.number,
        "batch": each.batch,
        "state": each.state,
        "letters": each.letters,
        "sheets": each.sheets,
    }


@job.command("confirm")
@click.argument("number", metavar="JOB")
@click.option("--by", type=PERSON, help="Who says so; default the login name.")
@common
@pass_door
def confirm_job(door: Door, number: str, by: str | None) -> None:
    """Say that the shop has printed and handed over JOB."""
    done = printing.confirm_job(door.workspace, door.ledger, number, by=by or door.login(), at=door.now())
    if door.as_json:
        door.answer(job_document(done))
    else:
        door.say(say("Print job {job} is {state}.", job=done.number, state=word(done.state)))


COMMANDS = (print_, job)
