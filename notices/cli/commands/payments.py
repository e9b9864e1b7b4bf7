"""payment: money received since the list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from notices.cli.display import table
from notices.cli.documents import day, payment_document
from notices.cli.door import Door, common, pass_door
from notices.cli.import_report import finish
from notices.cli.options import DAY, PERSON, YUAN
from notices.cli.translated_help import group
from notices.errors import UsageMistake
from notices.messages import say
from notices.model import Payment

if TYPE_CHECKING:
    from notices.ledger import PaymentAnswer, PaymentRecord


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
@click.option("--yes", is_flag=True, help="Record it although it is more than principal and late fee.")
@click.option("--by", type=PERSON, help="The person who acts; default the login name.")
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
    finish(door, payments.add_payment(door.workspace, door.ledger, request))


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
@click.option("--by", type=PERSON, help="The person who acts; default the login name.")
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
@click.option("--by", type=PERSON, help="The person who acts; default the login name.")
@common
@pass_door
def undo_payment(door: Door, number: int, why: str, by: str | None) -> None:
    """Undo PAYMENT, by its number in `payment list`: it was never received, and decisions no longer count it."""
    from notices.flow.register import payments

    if not why.strip():
        raise UsageMistake(say("Taking a payment back needs a reason."), say("Give it with --why TEXT."))
    taken = payments.undo(door.ledger, number, why=why, by=by or door.login(), at=door.now())
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


COMMANDS = (payment,)
