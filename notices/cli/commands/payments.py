"""payment: money received since the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from notices.cli.display import table
from notices.cli.documents import day, payment_document
from notices.cli.door import Door, common, pass_door
from notices.cli.import_report import finish
from notices.cli.options import DAY, FILE, MEANING, YUAN, acting_option
from notices.cli.statement_documents import proposal_document, settled_document, statements_document
from notices.cli.translated_help import group
from notices.errors import UsageMistake
from notices.messages import say
from notices.model import Payment
from notices.rules.money import format_plain

if TYPE_CHECKING:
    from notices.flow.replies.bank import StatementsTaken
    from notices.flow.replies.match import SettledProposal
    from notices.ledger import LineRecord, PaymentAnswer, PaymentRecord


@group()
def payment() -> None:
    """Payments since the list."""


@payment.command("add")
@click.argument("account")
@click.option("--amount", type=YUAN, required=True, help="In yuan.")
@click.option("--date", "paid_on", type=DAY, help="The date on which it was received; default today.")
@click.option("--note", default="", help="A remark.")
@click.option("--again", is_flag=True, help="The same amount was received again on that day.")
@click.option("--unseen", is_flag=True, help="Accept an account that no list contains.")
@click.option("--yes", is_flag=True, help="Record it although it is more than principal and late fee, or years old.")
@acting_option
@common
@pass_door
def add_payment(
    door: Door,
    account: str,
    amount: Decimal,
    paid_on: date | None,
    note: str,
    again: bool,
    unseen: bool,
    yes: bool,
    by: str | None,
) -> None:
    """Record a payment of ACCOUNT (estate/unit/owner)."""
    from notices.flow.register import payments

    request = payments.PaymentRequest(
        account=account,
        payment=Payment(paid_on or door.today(), amount),
        by=by or door.login(),
        at=door.now(),
        today=door.today(),
        note=note,
        again=again,
        unseen=unseen,
        yes=yes,
    )
    entered = payments.add_payment(door.workspace, door.ledger, request)
    finish(door, entered, left=None if entered.left is None else format_plain(entered.left))


@payment.command("list")
@click.option("--estate", metavar="NAME", help="Only of this estate.")
@click.option("--all", "everything", is_flag=True, help="Include those that were taken back.")
@common
@pass_door
def list_payments(door: Door, estate: str | None, everything: bool) -> None:
    """List the payments recorded, by date."""
    from notices.flow.register import payments
    from notices.ledger.payments import VANISHED

    listed = payments.list_payments(door.ledger, estate=estate, include_taken_back=everything)
    if door.as_json:
        door.answer({"payments": [_with_answers(it, listed.answers.get(it.id, ())) for it in listed.payments]})
        return
    headings = door.headings(
        say("number"),
        say("account"),
        say("date"),
        say("amount"),
        say("note"),
        say("by"),
        say("in the list"),
        say("taken back"),
        say("why"),
    )
    table(
        headings,
        [
            (
                record.id,
                record.case.key,
                record.payment.date,
                record.payment.amount,
                door.word(record.note) if record.note == VANISHED else record.note,
                record.by,
                ", ".join(
                    f"{batch}: {_yes_or_no(door, said)}" for batch, said in _latest(listed.answers.get(record.id, ()))
                ),
                record.taken_back_at.date() if record.taken_back_at else None,
                record.why,
            )
            for record in listed.payments
        ],
        right=(0, 3),
    )


def _latest(answers: Sequence[PaymentAnswer]) -> list[tuple[str, bool]]:
    """Return the answer that counts for each batch."""
    return list({it.batch: it.in_list for it in answers}.items())


def _yes_or_no(door: Door, said: bool) -> str:
    return door.text(say("yes") if said else say("no"))


def _with_answers(record: PaymentRecord, answers: Sequence[PaymentAnswer]) -> dict[str, object]:
    told = [{"batch": it.batch, "in_list": it.in_list, "by": it.by} for it in answers]
    return {**payment_document(record), "answers": told}


@payment.command("seen")
@click.argument("number", type=int, metavar="PAYMENT")
@click.option("--no", "missing", is_flag=True, help="The list does not include it: it counts as paid after the list.")
@click.option("--batch", metavar="BATCH", help="The batch whose list it is, if letters of several wait.")
@acting_option
@common
@pass_door
def answer_payment(door: Door, number: int, missing: bool, batch: str | None, by: str | None) -> None:
    """Record that the list includes PAYMENT, by its number in `payment list`, though it was entered after the plan."""
    from notices.flow.register import payments

    told = payments.answer(door.ledger, number, in_list=not missing, batch=batch, by=by or door.login(), at=door.now())
    if door.as_json:
        door.answer({**payment_document(told.payment), "batch": told.batch, "in_list": told.in_list})
        return
    account = told.payment.case.key
    if told.in_list:
        door.say(
            say(
                "The list of {batch} includes payment {number} of {account}: the letter may go.",
                batch=told.batch,
                number=number,
                account=account,
            )
        )
    else:
        door.say(
            say(
                "The list of {batch} does not include payment {number} of {account}: it counts from now on.",
                batch=told.batch,
                number=number,
                account=account,
            )
        )


@payment.command("undo")
@click.argument("number", type=int, metavar="PAYMENT")
@click.option("--why", metavar="TEXT", required=True, help="The reason, kept with the payment.")
@acting_option
@common
@pass_door
def undo_payment(door: Door, number: int, why: str, by: str | None) -> None:
    """Undo PAYMENT, by its number in `payment list`: it was never received, and decisions no longer count it."""
    from notices.flow.register import payments

    if not why.strip():
        raise UsageMistake(say("Taking a payment back needs a reason."), say("Give it with --why TEXT."))
    taken, line = payments.undo(door.ledger, number, why=why, by=by or door.login(), at=door.now())
    if door.as_json:
        door.answer({**payment_document(taken), "taken_back": day(door.today()), "why": why})
    else:
        door.say(
            say(
                "Payment {number} ({amount} yuan of {account} on {day}) is taken back.",
                number=number,
                amount=taken.payment.amount,
                account=taken.case.key,
                day=taken.payment.date.isoformat(),
            )
        )
    if line is not None:
        door.say(say("Its line of a statement waits again: `notices payment match {proposal}`.", proposal=line))


@payment.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option("--estate", metavar="NAME", help="Only accounts of this estate.")
@click.option("--sheet", metavar="NAME", help="The sheet to read, if several could be the statement.")
@click.option(
    "--map",
    "mapping",
    metavar="HEADING=MEANING",
    type=MEANING,
    multiple=True,
    help="Meaning of a column that is not recognised; may be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be recorded, and record nothing.")
@acting_option
@common
@pass_door
def import_payments(
    door: Door,
    files: tuple[Path, ...],
    estate: str | None,
    sheet: str | None,
    mapping: tuple[tuple[str, str], ...],
    dry_run: bool,
    by: str | None,
) -> None:
    """Book payments from statements of banks, WeChat Pay and Alipay, or from plain tables."""
    from notices.cli.progress import line_of, progress
    from notices.flow.replies import bank
    from notices.intake.statements import StatementChoices

    order = bank.StatementOrder(
        by=by or door.login(),
        at=door.now(),
        today=door.today(),
        estate=estate,
        choices=StatementChoices(sheet=sheet, mapping=dict(mapping)),
        dry_run=dry_run,
    )

    with progress() as bar:
        advance = line_of(bar, door.text(say("lines")))
        taken = bank.import_statements(door.workspace, door.ledger, files, order, advance)
    if door.as_json:
        door.answer(statements_document(taken, door.text))
    else:
        _show_statements(door, taken)
    click.get_current_context().exit(1 if taken.proposed or taken.problems or taken.attention else 0)


def _show_statements(door: Door, taken: StatementsTaken) -> None:
    table(
        door.headings(say("payment"), say("account"), say("date"), say("amount"), say("why"), say("file")),
        [
            (
                ", ".join(map(str, line.payments)),
                case.key,
                line.date,
                line.amount - line.returned,
                door.word(line.why),
                f"{line.file}:{line.row}",
            )
            for line, case in taken.booked
        ],
        right=(0, 3),
    )
    _show_proposals(door, taken.proposed)
    for file, problem in taken.problems:
        door.say(
            say(
                "{file}, row {row}, {column} “{value}”: {problem} {remedy}",
                file=file,
                row=problem.row or "-",
                column=problem.column or "-",
                value=problem.value or "",
                problem=problem.problem,
                remedy=problem.remedy,
            )
        )
    door.say_all(taken.attention)
    reasons = Counter(it.why for it in taken.ignored)
    why = ", ".join(f"{door.word(reason)} {count}" for reason, count in sorted(reasons.items()))
    door.say(
        say(
            "{booked} booked, {proposed} proposed, {ignored} ignored ({why}), {problems} problem(s).",
            booked=len(taken.booked),
            proposed=len(taken.proposed),
            ignored=len(taken.ignored),
            why=why or "-",
            problems=len(taken.problems),
        )
    )


def _show_proposals(door: Door, lines: Sequence[LineRecord]) -> None:
    table(
        door.headings(say("proposal"), say("date"), say("amount"), say("text"), say("may be for"), say("file")),
        [
            (
                line.id,
                line.date,
                line.waiting,
                line.text,
                ", ".join(f"{it.case.key} ({door.word(it.why)})" for it in line.candidates),
                f"{line.file}:{line.row}",
            )
            for line in lines
        ],
        right=(0, 2),
    )


@payment.command("match")
@click.argument("proposal", type=int, required=False)
@click.argument("account", required=False)
@click.option("--amount", type=YUAN, help="Only this part of it, in yuan; the rest goes on waiting.")
@click.option("--none", "nobody", is_flag=True, help="It is no owner's payment.")
@click.option("--estate", metavar="NAME", help="List only what may be for this estate.")
@acting_option
@common
@pass_door
def match_payment(
    door: Door,
    proposal: int | None,
    account: str | None,
    amount: Decimal | None,
    nobody: bool,
    estate: str | None,
    by: str | None,
) -> None:
    """List the proposals that wait; with PROPOSAL and ACCOUNT book one, with PROPOSAL --none refuse it."""
    from notices.flow.replies import match

    if proposal is None:
        lines = match.waiting(door.ledger, estate=estate)
        if door.as_json:
            door.answer({"proposed": [proposal_document(line) for line in lines]})
        else:
            _show_proposals(door, lines)
        return
    if (account is None) != nobody or (nobody and amount is not None):
        raise UsageMistake(
            say("Say whose proposal {number} is.", number=proposal),
            say("Give the ACCOUNT, with --amount for a part of it; or --none if it is no owner's payment."),
        )
    told = match.Settlement(proposal, by or door.login(), door.now(), account, amount)
    settled = match.settle(door.workspace, door.ledger, told)
    if door.as_json:
        door.answer(settled_document(settled, door.text))
    else:
        _show_settled(door, settled)
    click.get_current_context().exit(1 if settled.attention else 0)


def _show_settled(door: Door, settled: SettledProposal) -> None:
    if settled.case is None:
        door.say(say("Proposal {number} is no owner's payment.", number=settled.line.id))
        return
    door.say(
        say(
            "Payment {number}: {amount} yuan of {account} on {day}.",
            number=settled.payment,
            amount=settled.amount,
            account=settled.case.key,
            day=settled.line.date.isoformat(),
        )
    )
    if settled.waiting:
        door.say(say("{left} yuan of proposal {number} go on waiting.", left=settled.waiting, number=settled.line.id))
    door.say_all(settled.attention)


COMMANDS = (payment,)
