"""slip, answer: reason slips that owners return, and the company's answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from notices.cli.commands.rendering import letters_bar
from notices.cli.display import echo, table
from notices.cli.documents import day, problem_document
from notices.cli.door import Door, common, pass_door
from notices.cli.import_report import say_problems
from notices.cli.options import DAY, FILE, acting_option
from notices.cli.translated_help import command, group
from notices.errors import UsageMistake
from notices.messages import say

if TYPE_CHECKING:
    from notices.flow.replies.review import WaitingSlip
    from notices.flow.replies.slips import SlipsTaken, Taken
    from notices.ledger import DoubtfulMark


@group()
def slip() -> None:
    """Reason slips from owners: filled in on screen, typed into a table, or on paper."""


@slip.command("set")
@click.argument("notice")
@click.option("--objection", "objections", metavar="CODE", multiple=True, help="A box that is ticked; may be repeated.")
@click.option("--unit", "units", metavar="UNIT", multiple=True, help="A unit that is ticked; may be repeated.")
@click.option("--note", default="", help="Defects in the home, as the owner wrote them.")
@click.option("--promise", type=DAY, help="The date on which the owner promises to pay.")
@click.option("--instalments", default="", metavar="TEXT", help="The instalments proposed, as the owner wrote them.")
@click.option("--telephone", default="", metavar="T", help="The telephone number that the owner gave.")
@click.option("--date", "received", type=DAY, help="The date on which the slip came back; default today.")
@acting_option
@common
@pass_door
def set_slip(
    door: Door,
    notice: str,
    objections: tuple[str, ...],
    units: tuple[str, ...],
    note: str,
    promise: date | None,
    instalments: str,
    telephone: str,
    received: date | None,
    by: str | None,
) -> None:
    """Enter the slip of NOTICE; entering it again corrects the earlier entry."""
    from notices.flow.replies import slips

    request = slips.SlipRequest(
        number=notice,
        objections=objections,
        units=units,
        received=received or door.today(),
        by=by or door.login(),
        at=door.now(),
        note=note,
        promise=promise,
        instalments=instalments,
        telephone=telephone,
    )
    _finish(door, slips.set_slip(door.workspace, door.ledger, request))


@slip.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option("--date", "received", type=DAY, help="The date on which the slips came back; default today.")
@click.option("--sheet", metavar="NAME", help="The sheet of a table to read.")
@acting_option
@common
@pass_door
def import_slips(door: Door, files: tuple[Path, ...], received: date | None, sheet: str | None, by: str | None) -> None:
    """Import the slips in FILEs: PDFs filled in on screen, scans and photographs, tables with one slip per row."""
    from notices.flow.replies import slips

    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise UsageMistake(say("There is no file {files}.", files=", ".join(missing)), say("Check the names."))
    order = slips.Import(received=received or door.today(), by=by or door.login(), at=door.now(), sheet=sheet)
    _finish(door, slips.import_slips(door.workspace, door.ledger, files, order))


@slip.command("review")
@click.option("--to", metavar="DIR", type=FILE, help="A folder for pictures of the marks and their pages.")
@common
@pass_door
def review_slips(door: Door, to: Path | None) -> None:
    """List the scanned slips with doubtful marks, which wait until a person enters them with `slip set`."""
    from notices.flow.replies import review
    from notices.letters.unit_boxes import mark_name

    done = review.review(door.workspace, door.ledger, to)
    if door.as_json:
        slips = [_waiting_document(each) for each in done.slips]
        door.answer({"slips": slips, "attention": [door.text(message) for message in done.attention]})
    else:
        words = _wording(door)
        table(
            door.headings(
                say("notice"), say("account"), say("came back"), say("objections"), say("doubtful"), say("pictures")
            ),
            [
                (
                    each.scan.number,
                    each.account,
                    each.scan.received,
                    words(map(mark_name, each.scan.objections)),
                    words(mark_name(mark.objection) for mark in each.scan.doubtful),
                    ", ".join(mark.picture for mark in each.scan.doubtful),
                )
                for each in done.slips
            ],
        )
        door.say_all(done.attention)
    click.get_current_context().exit(1 if done.slips or done.attention else 0)


@slip.command("list")
@click.argument("batch")
@common
@pass_door
def list_slips(door: Door, batch: str) -> None:
    """List the slips of BATCH in the order in which they were entered; the last one of a notice counts."""
    from notices.flow.replies import slips

    records = slips.list_slips(door.ledger, batch)
    if door.as_json:
        document = [
            {
                "notice": record.number,
                "account": account,
                "objections": list(record.slip.objections),
                "note": record.slip.note,
                "promise": day(record.slip.promise),
                "instalments": record.slip.instalments,
                "telephone": record.slip.telephone,
                "date": day(record.slip.received),
                "source": record.source,
                "by": record.by,
            }
            for account, record in records
        ]
        door.answer({"batch": batch, "slips": document})
        return
    words = _wording(door)
    table(
        door.headings(
            say("notice"), say("account"), say("came back"), say("objections"), say("promise"), say("instalments"),
            say("note"), say("telephone"),
        ),
        [
            (
                record.number,
                account,
                record.slip.received,
                door.text(say("entry taken back")) if record.takes_back else words(record.slip.objections),
                record.slip.promise,
                record.slip.instalments,
                record.slip.note,
                record.slip.telephone,
            )
            for account, record in records
        ],
    )  # fmt: skip


@command()
@click.argument("what", metavar="BATCH|NOTICE")
@click.option("--date", "dated", type=DAY, help="The date on the answer sheets; default today.")
@acting_option
@common
@pass_door
def answer(door: Door, what: str, dated: date | None, by: str | None) -> None:
    """Make an answer sheet for each slip, with an answer to each objection that was ticked."""
    from notices.flow.replies import answer

    order = answer.AnswerOrder(what, by or door.login(), door.now(), dated or door.today())
    with letters_bar(door) as advance:
        made = answer.answer(door.workspace, door.ledger, order, advance)
    if door.as_json:
        door.answer(
            {
                "answers": [
                    {
                        "number": sheet.number,
                        "notice": sheet.notice,
                        "account": sheet.account,
                        "objections": list(sheet.objections),
                        "file": sheet.file.relative_to(door.workspace.root).as_posix(),
                    }
                    for sheet in made.sheets
                ],
                "attention": [door.text(message) for message in made.attention],
                "notes": [door.text(message) for message in made.notes],
            }
        )
    else:
        words = _wording(door)
        table(
            door.headings(say("number"), say("notice"), say("account"), say("objections"), say("file")),
            [
                (
                    sheet.number,
                    sheet.notice,
                    sheet.account,
                    words(sheet.objections),
                    sheet.file.relative_to(door.workspace.root),
                )
                for sheet in made.sheets
            ],
        )
        door.say_all((*made.attention, *made.notes))
    click.get_current_context().exit(1 if made.attention else 0)


def _wording(door: Door) -> Callable[[Iterable[str]], str]:
    """Return a function that shows objections: in Chinese by the words on the slip, otherwise by their codes."""
    from notices.flow.replies import slips

    labels = slips.labels(door.workspace) if door.language_read == "zh" else {}
    return lambda codes: ", ".join(labels.get(code, code) for code in codes)


def _finish(door: Door, done: SlipsTaken) -> None:
    if door.as_json:
        door.answer(
            {
                "slips": [_document(door, taken) for taken in done.taken],
                "problems": [problem_document(problem, door.text) for problem in done.problems],
                "attention": [door.text(message) for message in done.attention],
            }
        )
    else:
        for taken in done.taken:
            _show(door, taken)
        say_problems(door, done.problems)
        door.say_all(done.attention)
    click.get_current_context().exit(1 if done.problems or done.attention else 0)


def _document(door: Door, taken: Taken) -> dict[str, object]:
    written = taken.slip
    return {
        "notice": taken.number,
        "account": taken.account,
        "recorded": taken.new,
        "objections": [{"code": code, "who": taken.acting.get(code)} for code in written.objections],
        "note": written.note,
        "promise": day(written.promise),
        "instalments": written.instalments,
        "telephone": written.telephone,
        "date": day(written.received),
        "suggestions": [door.text(message) for message in taken.suggestions],
        "work_orders": list(taken.orders),
        "source": taken.source,
        "page": taken.page,
        "signed": taken.signed,
        "doubtful": [_mark_document(mark) for mark in taken.doubtful],
    }


def _waiting_document(waiting: WaitingSlip) -> dict[str, object]:
    from notices.letters.unit_boxes import ticked_units

    scan = waiting.scan
    codes, units = ticked_units(scan.objections)
    return {
        "notice": scan.number,
        "account": waiting.account,
        "batch": waiting.batch,
        "date": day(scan.received),
        "page": scan.page,
        "objections": list(codes),
        **({"units": list(units)} if units else {}),
        "signed": scan.signed,
        "doubtful": [_mark_document(mark) for mark in scan.doubtful],
        "written": list(scan.written),
        "picture": scan.picture,
    }


def _mark_document(mark: DoubtfulMark) -> dict[str, object]:
    from notices.letters.unit_boxes import mark_name

    return {"objection": mark_name(mark.objection), "ink": mark.ink, "picture": mark.picture}


def _show(door: Door, taken: Taken) -> None:
    recorded = say("{notice} ({account}): recorded.", notice=taken.number, account=taken.account)
    known = say("{notice} ({account}): already recorded.", notice=taken.number, account=taken.account)
    waits = say("{notice} ({account}): waits for a person.", notice=taken.number, account=taken.account)
    gone = say(
        "{notice} ({account}): its earlier entry is taken back; the slip is not about this unit.",
        notice=taken.number,
        account=taken.account,
    )
    if taken.source == "taken-back":
        echo(door.text(gone))
        return
    echo(door.text(waits if taken.doubtful else recorded if taken.new else known))
    words = _wording(door)
    for code, who in taken.acting.items():
        echo("  " + door.text(say("{objection}: {who} acts on it", objection=words([code]), who=who)))
    for number in taken.orders:
        echo("  " + door.text(say("Work order {number} is open.", number=number)))
    for message in taken.suggestions:
        echo("  " + door.text(message))


COMMANDS = (slip, answer)
