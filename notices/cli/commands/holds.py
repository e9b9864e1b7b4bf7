"""hold: facts that people register about owners."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from notices.cli.display import table
from notices.cli.documents import day, hold_document
from notices.cli.door import Door, common, pass_door
from notices.cli.import_report import finish
from notices.cli.options import DAY, FILE, YUAN, acting_option, table_options
from notices.cli.translated_help import group
from notices.messages import say
from notices.rules.money import format_plain

if TYPE_CHECKING:
    from notices.ledger import HoldRecord


@group()
def hold() -> None:
    "Disputes, promises to pay, instalment plans, hardship, do-not-contact, owners' wishes."


@hold.command("add")
@click.argument("account")
@click.option("--kind", required=True, help="disputed, hardship, do-not-contact, owner-unknown, promise, …")
@click.option("--until", type=DAY, help="The last day of a hold, or the date of a promise.")
@click.option("--amount", type=YUAN, help="The amount promised, in yuan; default everything owed.")
@click.option("--plan", type=FILE, help="A table of instalments: date and amount.")
@click.option("--note", default="", help="A remark.")
@click.option("--registered", type=DAY, help="The date of registration; default today.")
@click.option("--unseen", is_flag=True, help="Accept an account that no list contains.")
@acting_option
@common
@pass_door
def add_hold(
    door: Door,
    account: str,
    kind: str,
    until: date | None,
    amount: Decimal | None,
    plan: Path | None,
    note: str,
    registered: date | None,
    unseen: bool,
    by: str | None,
) -> None:
    "Register a hold, promise, plan or wish of ACCOUNT (estate/unit/owner)."
    from notices.flow.register import holds

    request = holds.HoldRequest(
        account=account,
        kind=kind,
        registered=registered or door.today(),
        by=by or door.login(),
        at=door.now(),
        until=until,
        amount=amount,
        plan=plan,
        note=note,
        unseen=unseen,
    )
    finish(door, holds.add_hold(door.workspace, door.ledger, request))


@hold.command("import")
@table_options
@common
@pass_door
def import_holds(door: Door, file: Path, estate: str | None, sheet: str | None, by: str | None) -> None:
    "Register every row of a table of holds, promises, plans and wishes."
    from notices.flow.register import holds

    entered = holds.import_holds(
        door.workspace, door.ledger, file, estate=estate, sheet=sheet, by=by or door.login(), at=door.now()
    )
    finish(door, entered)


@hold.command("list")
@click.option("--estate", metavar="NAME", help="Only of this estate.")
@click.option("--all", "everything", is_flag=True, help="Include those that were lifted.")
@common
@pass_door
def list_holds(door: Door, estate: str | None, everything: bool) -> None:
    """List the holds in force, in the order in which they were entered."""
    from notices.flow.register import holds

    records = holds.list_holds(door.ledger, estate=estate, include_lifted=everything)
    if door.as_json:
        door.answer({"holds": [hold_document(record) for record in records]})
        return
    headings = door.headings(
        say("number"),
        say("account"),
        say("kind"),
        say("registered"),
        say("until"),
        say("amount"),
        say("note"),
        say("lifted"),
    )
    table(
        headings,
        [
            (
                r.id,
                r.case.key,
                door.word(r.hold.kind),
                r.hold.registered,
                r.hold.until,
                _amount(r),
                r.hold.note,
                r.lifted_on,
            )
            for r in records
        ],
        right=(0, 5),
    )


def _amount(record: HoldRecord) -> str | None:
    parts = record.hold.instalments
    total = sum(part.amount for part in parts) if parts else record.hold.amount
    return None if total is None else format_plain(Decimal(total))


@hold.command("lift")
@click.argument("number", type=int, metavar="HOLD")
@acting_option
@common
@pass_door
def lift_hold(door: Door, number: int, by: str | None) -> None:
    """Lift HOLD, by its number in `hold list`."""
    from notices.flow.register import holds

    lifted = holds.lift(door.ledger, number, by=by or door.login(), at=door.now())
    if door.as_json:
        door.answer({**hold_document(lifted), "lifted": day(door.today())})
    else:
        door.say(say("Hold {number} is lifted.", number=number))


COMMANDS = (hold,)
