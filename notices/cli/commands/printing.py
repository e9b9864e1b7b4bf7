"""print, job: make print jobs, and record what became of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from notices.cli.caller import caller_of
from notices.cli.display import table
from notices.cli.door import Door, common, pass_door
from notices.cli.options import acting_option, confirming_option
from notices.cli.translated_help import command, group
from notices.errors import UsageMistake
from notices.messages import say
from notices.words import word

if TYPE_CHECKING:
    from notices.flow.printing.handover.transfer import HandedOver
    from notices.flow.printing.make_job import Archiving, MadeJob, Printed
    from notices.flow.printing.reprint import ReprintRequest
    from notices.ledger import JobRecord

SPOILED = click.Path(exists=True, dir_okay=False, path_type=Path)


@command("print")
@click.argument("batch")
@click.option("--notice", "notices", metavar="NOTICE", multiple=True, help="Print this letter again; may be repeated.")
@click.option("--from-sheet", metavar="N", type=click.IntRange(min=1), help="Print again from sheet N of the job.")
@click.option("--spoiled", metavar="FILE", type=SPOILED, help="Print the letters on these spoiled sheets again.")
@click.option("--job", "of_job", metavar="JOB", help="The job of which a part is printed again.")
@click.option("--zip", "packed", is_flag=True, help="Also make an archive, encrypted with NOTICES_ZIP_PASSWORD if set.")
@click.option("--tier", metavar="TIER", help="Print only the letters of this tier.")
@click.option(
    "--to",
    metavar="DIR|PRINTER-URI",
    is_flag=False,
    flag_value="",
    help="Hand the job over to a folder or a printer; without a value, to the one of [print] to.",
)
@click.option(
    "--again",
    is_flag=True,
    help="Hand over a job that may have been carried to the shop; make a supplement of the same letters once more.",
)
@acting_option
@common
@pass_door
@click.pass_context
def print_(
    ctx: click.Context,
    door: Door,
    batch: str,
    notices: tuple[str, ...],
    from_sheet: int | None,
    spoiled: Path | None,
    of_job: str | None,
    packed: bool,
    tier: str | None,
    to: str | None,
    again: bool,
    by: str | None,
) -> None:
    """Make the print jobs of BATCH, or a supplement that prints letters of an earlier job again."""
    from notices.flow.batch.session import Order
    from notices.flow.printing import make_job, reprint
    from notices.flow.printing.handover.hand_over import HandOverRequest, print_to

    order = Order(batch, by or door.login(), door.now())
    packing = _archiving(door, wanted=packed)
    place = None if to is None else _known_place(door, to)
    part = _part(notices, from_sheet, spoiled, of_job, again=again, made_for=place)
    caller = caller_of(door)
    if part is not None and not (place is not None and reprint.waits_already(door.ledger, batch, part)):
        printed = reprint.print_again(door.workspace, door.ledger, order, part, door.translate, packing)
        if place is not None:
            out = print_to(door.workspace, door.ledger, order, HandOverRequest(to=place, again=again), caller)
            printed = replace(printed, handed=out.handed, attention=(*printed.attention, *out.attention))
    elif place is not None:
        request = HandOverRequest(
            to=place, again=again, tier=tier, zip=packing.zip, encrypted=packing.encrypted, password=packing.password
        )
        printed = print_to(door.workspace, door.ledger, order, request, caller)
    else:
        options = make_job.PrintOptions(
            tier=tier, zip=packing.zip, encrypted=packing.encrypted, password=packing.password
        )
        printed = make_job.print_batch(door.workspace, door.ledger, order, caller, options)
    door.say_all(printed.attention)
    if door.as_json:
        door.answer(printed_document(door, printed))
    else:
        show_printed(door, printed)
    ctx.exit(1 if printed.attention else 0)


def _known_place(door: Door, to: str) -> str:
    """Return the full name of a destination; a wrong one is refused before it is recorded for `resume`."""
    from notices.flow.printing.handover.destination import destination_of, full_name

    place = full_name(door.workspace, to)
    destination_of(door.workspace, place, "")
    return place


def _archiving(door: Door, *, wanted: bool) -> Archiving:
    """Return the options for the archive; its password comes from the environment only."""
    from notices.flow.printing.make_job import ZIP_PASSWORD, Archiving

    password = door.secret(ZIP_PASSWORD) or ""
    return Archiving(zip=wanted, encrypted=bool(password), password=password)


def _part(
    notices: tuple[str, ...],
    from_sheet: int | None,
    spoiled: Path | None,
    job: str | None,
    *,
    again: bool,
    made_for: str | None,
) -> ReprintRequest | None:
    """Return the request to print a part of a job again, None if there is none."""
    from notices.flow.printing.reprint import ReprintRequest, read_spoiled

    sheets = read_spoiled(spoiled) if spoiled else ()
    if not notices and from_sheet is None and spoiled is None:
        if job is not None:
            raise UsageMistake(
                say("--job alone does not say what to print again."),
                say("Add --notice NOTICE, --from-sheet N or --spoiled FILE."),
            )
        return None
    return ReprintRequest(
        notices=notices, spoiled=sheets, from_sheet=from_sheet, job=job, again=again, made_for=made_for
    )


def printed_document(door: Door, printed: Printed) -> dict[str, object]:
    """Return the JSON document of `print`: the first job (null if there was nothing to print), and a list of all."""
    jobs = [_made_document(made) for made in printed.jobs]
    nothing = {"job": None, "folder": None, "letters": 0, "sheets": 0, "archive": None, "replaces": None}
    first = {key: value for key, value in (jobs[0] if jobs else nothing).items() if key in nothing}
    return {
        "batch": printed.batch,
        **first,
        "jobs": jobs,
        "handed_over": [{"job": each.job, "to": each.place, "state": each.state.value} for each in printed.handed],
        "attention": [door.text(message) for message in printed.attention],
    }


def _made_document(made: MadeJob) -> dict[str, object]:
    """Return a job as JSON; `replaces` is the job that a supplement repeats in part, with the positions there."""
    positions = [placed.position for placed in made.result.placed]
    return {
        "job": made.job,
        "folder": str(made.result.folder),
        "letters": made.result.letters,
        "sheets": made.result.sheets,
        "archive": str(made.archive) if made.archive else None,
        "replaces": {"job": made.replaces, "positions": positions} if made.replaces else None,
        "tiers": list(dict.fromkeys(placed.item.tier for placed in made.result.placed)),
        "empty": dict(made.result.empty),
    }


def show_printed(door: Door, printed: Printed) -> None:
    """Print what was made and handed over in a sentence each."""
    if not printed.jobs and not printed.handed:
        door.say(say("There is nothing to print."))
    handed = {each.job for each in printed.handed}
    for made in printed.jobs:
        _show_made(door, made, handed=made.job in handed)
    for each in printed.handed:
        _show_handed(door, each)


def _show_made(door: Door, made: MadeJob, *, handed: bool) -> None:
    result = made.result
    door.say(
        say(
            "Print job {job}: {letters} letter(s) on {sheets} sheet(s), in {folder}.",
            job=made.job,
            letters=result.letters,
            sheets=result.sheets,
            folder=result.folder,
        )
    )
    if count := result.empty.get("telephone"):
        door.say(say("The carrier's list of {job} has no telephone for {count} letter(s).", job=made.job, count=count))
    if count := result.empty.get("postcode"):
        door.say(say("The carrier's list of {job} has no postcode for {count} letter(s).", job=made.job, count=count))
    if made.replaces is not None:
        positions = ", ".join(str(placed.position) for placed in result.placed)
        door.say(say("It repeats position(s) {positions} of job {job}.", job=made.replaces, positions=positions))
    if made.archive is not None:
        door.say(say("As one archive: {file}", file=made.archive))
    if not handed:
        door.say(say("When the shop has printed and posted it: notices job confirm {job}", job=made.job))


def _show_handed(door: Door, each: HandedOver) -> None:
    from notices.ledger import TransferState

    if each.state is TransferState.PRINTED:
        door.say(say("{place} has printed job {job}.", place=each.place, job=each.job))
    elif each.state is TransferState.TAKEN:
        door.say(
            say(
                "Print job {job} is in {place}. When the shop has printed and posted it: notices job confirm {job}",
                place=each.place,
                job=each.job,
            )
        )


@group()
def job() -> None:
    """Print jobs: list, confirm, cancel, remove files."""


@job.command("list")
@common
@pass_door
def list_jobs(door: Door) -> None:
    """List all print jobs."""
    from notices.flow.printing import jobs as print_jobs

    jobs = print_jobs.list_jobs(door.ledger)
    if door.as_json:
        door.answer({"jobs": [job_document(each) for each in jobs]})
        return
    table(
        door.headings(
            say("job"), say("version"), say("batch"), say("state"), say("letters"), say("sheets"), say("remark")
        ),
        [
            (
                each.number,
                each.version,
                each.batch,
                door.word(each.state),
                each.letters,
                each.sheets,
                door.text(say("stale: has a letter that must not go")) if each.stale else "",
            )
            for each in jobs
        ],
        right=(1, 4, 5),
    )


def job_document(each: JobRecord) -> dict[str, object]:
    """Return a print job as JSON."""
    return {
        "job": each.number,
        "version": each.version,
        "batch": each.batch,
        "state": each.state,
        "stale": each.stale,
        "letters": each.letters,
        "sheets": each.sheets,
    }


@job.command("confirm")
@click.argument("number", metavar="JOB")
@click.option(
    "--notice",
    "notices",
    metavar="NOTICE",
    multiple=True,
    help="This letter was to be taken out but was posted all the same; may be repeated.",
)
@confirming_option
@common
@pass_door
@click.pass_context
def confirm_job(ctx: click.Context, door: Door, number: str, notices: tuple[str, ...], by: str | None) -> None:
    """Confirm that the print shop has printed and posted JOB."""
    from notices.flow.printing import jobs

    request = jobs.ConfirmRequest(number, by or door.login(), door.now(), notices)
    confirmed = jobs.confirm_job(door.workspace, door.ledger, request)
    door.say_all(confirmed.attention)
    _show_job(door, confirmed.job)
    ctx.exit(1 if confirmed.attention else 0)


@job.command("purge")
@click.argument("number", metavar="JOB")
@confirming_option
@common
@pass_door
def purge_job(door: Door, number: str, by: str | None) -> None:
    "Remove the files of JOB once it is confirmed or cancelled; its record and evidence stay."
    from notices.flow.printing import jobs

    request = jobs.PurgeRequest(number, by or door.login(), door.now())
    _show_job(door, jobs.purge_job(door.workspace, door.ledger, request))


@job.command("cancel")
@click.argument("number", metavar="JOB")
@click.option("--why", metavar="TEXT", required=True, help="The reason.")
@click.option("--pulled", is_flag=True, help="Nothing of it was printed, or what was printed has been destroyed.")
@confirming_option
@common
@pass_door
def cancel_job(door: Door, number: str, why: str, pulled: bool, by: str | None) -> None:
    """Cancel JOB; its letters go into the next print job."""
    from notices.flow.printing import jobs
    from notices.settings import PRINT_PASSWORD

    password = door.secret(PRINT_PASSWORD) or ""
    request = jobs.CancelRequest(number, by or door.login(), why, door.now(), pulled, password)
    cancelled = jobs.cancel_job(door.workspace, door.ledger, request)
    done = cancelled.job
    for message in cancelled.told:
        door.say(message)
    if door.as_json:
        door.answer({**job_document(done), "back": cancelled.back})
    else:
        door.say(
            say(
                "Print job {job} is {state}; {count} letter(s) wait for the next one.",
                job=done.number,
                state=word(done.state),
                count=cancelled.back,
            )
        )


def _show_job(door: Door, each: JobRecord) -> None:
    if door.as_json:
        door.answer(job_document(each))
    else:
        door.say(say("Print job {job} is {state}.", job=each.number, state=word(each.state)))


COMMANDS = (print_, job)
