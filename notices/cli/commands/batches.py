"""batch: what is done with a batch as a whole."""

from __future__ import annotations

import click

from notices.cli.door import Door, common, pass_door
from notices.cli.options import acting_option
from notices.cli.questions import count_question
from notices.cli.translated_help import group
from notices.messages import say


@group()
def batch() -> None:
    """Batches as a whole."""


@batch.command("discard")
@click.argument("name", metavar="BATCH")
@acting_option
@click.option("--why", metavar="TEXT", default="", help="The reason, kept with the batch.")
@click.option("--yes", is_flag=True, help="Answer the question with yes.")
@common
@pass_door
def discard_batch(door: Door, name: str, by: str | None, why: str, yes: bool) -> None:
    """Discard BATCH if nothing of it has left: its notices are withdrawn, its list can be planned again."""
    from notices.flow.approval import discard as discarding

    request = discarding.DiscardRequest(name, by or door.login(), door.now(), why.strip())
    question = say("Discard batch {batch}?", batch=name)
    asked = count_question(door, question, say("notices"), yes=yes)
    discarded = discarding.discard(door.workspace, door.ledger, request, asked)
    if discarded.taken_back:
        door.say(
            say(
                "{count} payment(s) are taken back that were recorded because accounts were missing in its list.",
                count=len(discarded.taken_back),
            )
        )
    if door.as_json:
        states = {state.value: count for state, count in sorted(discarded.states.items())}
        door.answer({"batch": name, "discarded": not discarded.declined, "states": states})
    if discarded.declined:
        door.say(say("Nothing was changed."))
    else:
        door.say(say("Batch {batch} is discarded; its list can be planned again.", batch=name))


COMMANDS = (batch,)
