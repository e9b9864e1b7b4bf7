"""approve, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from notices.cli.display import table
from notices.cli.documents import decision_document
from notices.cli.door import Door, common, pass_door
from notices.cli.json_stream import streamed
from notices.cli.options import PERSON, accounts, approve_options, exclusions
from notices.cli.questions import count_question
from notices.cli.translated_help import command
from notices.errors import UsageMistake
from notices.messages import say
from notices.model import State
from notices.words import word

if TYPE_CHECKING:
    from notices.flow.approval.approve import Approved
    from notices.flow.approval.withdraw import BatchWithdrawal, Withdrawn
    from notices.flow.printing.remake import PulledLetter


@command()
@click.argument("batch")
@click.option("--by", type=PERSON, required=True, help="The person who releases.")
@approve_options
@click.option("--include", metavar="ACCOUNT", multiple=True, help="Release this account, which was excluded earlier.")
@common
@pass_door
@click.pass_context
def approve(
    ctx: click.Context,
    door: Door,
    batch: str,
    by: str,
    tier: str | None,
    letter_date: date | None,
    exclude: tuple[str, ...],
    why: tuple[str, ...],
    include: tuple[str, ...],
) -> None:
    """Release BATCH for sending: number the notices and freeze the contents of their letters."""
    from notices.flow.approval import approve as approval
    from notices.flow.batch.session import Order

    request = approval.ApproveRequest(
        tier=door.tier_named(tier),
        letter_date=letter_date,
        excluded=exclusions(exclude, why, door.estates),
        included=accounts(include, door.estates),
    )
    approved = approval.approve(door.workspace, door.ledger, Order(batch, by, door.now()), request)
    door.say_all((*approved.attention, *approved.notes))
    if door.as_json:
        door.answer(approved_document(door, approved))
    else:
        show_approved(approved, door)
    ctx.exit(1 if approved.attention else 0)


def approved_document(door: Door, approved: Approved) -> dict[str, object]:
    """Return the JSON document of an approval: what was released, and what waits."""
    return {
        "batch": approved.batch,
        "approved": streamed(decision_document(entry, door.text) for entry in approved.decisions),
        "attention": [door.text(message) for message in approved.attention],
        "notes": [door.text(message) for message in approved.notes],
    }


def show_approved(approved: Approved, door: Door) -> None:
    """Print a table of the notices that were released."""
    table(
        door.headings(say("notice"), say("tier"), say("account"), say("total"), say("channels"), say("deadline")),
        (
            (
                entry.notice.number,
                door.tier(entry.decision.tier),
                entry.account.key,
                entry.decision.total,
                "+".join(map(door.word, entry.decision.channels)),
                entry.notice.deadline,
            )
            for entry in approved.decisions
            if entry.notice
        ),
        right=(3,),
    )


@command()
@click.argument("notice", required=False)
@click.option("--batch", metavar="BATCH", help="Withdraw every notice of this batch that has not left.")
@click.option("--by", type=PERSON, required=True, help="The person who withdraws it.")
@click.option("--why", metavar="TEXT", required=True, help="The reason, kept with the notice.")
@click.option("--pulled", is_flag=True, help="It was spooled and has been taken out by hand.")
@click.option("--yes", is_flag=True, help="Answer the question about a batch with yes.")
@common
@pass_door
@click.pass_context
def withdraw(
    ctx: click.Context,
    door: Door,
    notice: str | None,
    batch: str | None,
    by: str,
    why: str,
    pulled: bool,
    yes: bool,
) -> None:
    "Withdraw NOTICE, or all of a batch, if it has not left yet; if it is spooled, only with --pulled."
    if not why.strip():
        raise UsageMistake(say("Withdrawing a notice needs a reason."), say("Give it with --why TEXT."))
    if (notice is None) == (batch is None):
        raise UsageMistake(say("Name one notice, or a batch with --batch."))
    from notices.flow.approval import withdraw as withdrawal

    if batch is not None:
        order = withdrawal.BatchWithdrawal(batch, by, why, door.now(), pulled)
        ctx.exit(_withdraw_batch(door, order, yes=yes))
    assert notice is not None  # noqa: S101 - one of the two is given
    request = withdrawal.WithdrawRequest(notice, by, why, door.now(), pulled)
    withdrawn = withdrawal.withdraw(door.workspace, door.ledger, request)
    letters = _made_again(door, [withdrawn], withdrawn.notice.batch, by)
    _tell(door, withdrawn, letters)
    ctx.exit(1 if withdrawn.left else 0)


def _tell(door: Door, withdrawn: Withdrawn, letters: Sequence[PulledLetter]) -> None:
    """Say what became of each letter of a withdrawn notice, and where its sheets lie in print jobs."""
    number = withdrawn.notice.number
    if door.as_json:
        door.answer(
            {
                "notice": number,
                "withdrawn": [delivery.channel.value for delivery in withdrawn.taken],
                "left": [
                    {"channel": delivery.channel.value, "state": delivery.state.value} for delivery in withdrawn.left
                ],
                "jobs": _pulled_document(letters),
            }
        )
    for delivery in withdrawn.taken:
        door.say(say("{notice} by {channel} is withdrawn.", notice=number, channel=word(delivery.channel)))
    if withdrawn.mates and withdrawn.taken:
        door.say(
            say(
                "Its letter was for {others} as well: `notices render {batch}` makes it again without {notice}.",
                others=", ".join(withdrawn.mates),
                batch=withdrawn.notice.batch,
                notice=number,
            )
        )
    for delivery in withdrawn.left:
        door.say(
            say(
                "{notice} by {channel} is {state} and was not withdrawn.",
                notice=number,
                state=word(delivery.state),
                channel=word(delivery.channel),
            )
        )
    for each in letters:
        door.say(each.message)


def _made_again(door: Door, withdrawn: Sequence[Withdrawn], batch: str | None, by: str) -> list[PulledLetter]:
    """Make the print jobs again that contained withdrawn notices; return where their letters were in each."""
    if batch is None or all(each.state is not State.SPOOLED for one in withdrawn for each in one.taken):
        return []
    from notices.flow.batch.session import Order
    from notices.flow.printing.remake import after_withdrawal

    made = after_withdrawal(door.workspace, door.ledger, Order(batch, by, door.now()), door.translate)
    numbers = {number for one in withdrawn if one.taken for number in (one.notice.number, *one.mates)}
    return [each for each in made if each.notice in numbers]


def _pulled_document(letters: Sequence[PulledLetter]) -> list[dict[str, object]]:
    """Return as JSON where withdrawn letters were in their print jobs."""
    return [
        {
            "job": each.job.number,
            "version": each.job.version,
            "position": each.place.position,
            "first_sheet": each.place.first_sheet,
            "sheets": each.place.sheets,
        }
        for each in letters
    ]


def _withdraw_batch(door: Door, request: BatchWithdrawal, *, yes: bool) -> int:
    """Withdraw a batch after one question; return the exit status, 1 if something of it has left."""
    from notices.flow.approval.withdraw import withdraw_batch

    question = say("Withdraw these deliveries of batch {batch}?", batch=request.batch)
    done = withdraw_batch(
        door.workspace, door.ledger, request, count_question(door, question, say("deliveries"), yes=yes)
    )
    letters = _made_again(door, [each for _, each in done.taken], request.batch, request.by)
    if door.as_json:
        door.answer(
            {
                "batch": request.batch,
                "withdrawn": [
                    {
                        "notice": entry.notice and entry.notice.number,
                        "account": entry.account.key,
                        "channels": [delivery.channel.value for delivery in each.taken],
                    }
                    for entry, each in done.taken
                ],
                "left": [
                    {
                        "notice": entry.notice and entry.notice.number,
                        "account": entry.account.key,
                        "deliveries": [{"channel": it.channel.value, "state": it.state.value} for it in each.left],
                    }
                    for entry, each in done.left
                ],
                "jobs": _pulled_document(letters),
                "declined": done.declined,
            }
        )
    if done.declined:
        door.say(say("Nothing was changed."))
        return 0
    door.say(say("Withdrawn: {count} notice(s) of batch {batch}.", count=len(done.taken), batch=request.batch))
    door.say_all(
        say(
            "{notice} by {channel} is {state} and was not withdrawn.",
            notice=(entry.notice and entry.notice.number) or entry.account.key,
            state=word(delivery.state),
            channel=word(delivery.channel),
        )
        for entry, each in done.left
        for delivery in each.left
    )
    door.say_all(each.message for each in letters)
    return 1 if done.left else 0


COMMANDS = (approve, withdraw)
