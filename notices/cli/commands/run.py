"""run, resume: the whole process in one go, and finishing what was cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from notices.cli.caller import caller_of
from notices.cli.commands.approval import approved_document, show_approved
from notices.cli.commands.mailing import mails_task, sent_document, show_sent
from notices.cli.commands.planning import plan_document, show_counts, show_plan
from notices.cli.commands.printing import printed_document, show_printed
from notices.cli.commands.rendering import letters_task, rendered_document, show_rendered
from notices.cli.door import Door, common, pass_door
from notices.cli.options import PERSON, approve_options, exclusions, known_list_date, plan_options
from notices.cli.translated_help import command
from notices.messages import say
from notices.safe_text import safe

if TYPE_CHECKING:
    from notices.flow.caller import Caller, ReleaseQuestion
    from notices.flow.run import RunResult


@contextmanager
def _caller(door: Door, *, yes: bool, any_hour: bool = False) -> Iterator[Caller]:
    from notices.cli.progress import progress

    with progress() as bar:
        yield replace(
            caller_of(door, any_hour=any_hour),
            ask=_ask(door, yes=yes),
            letters=letters_task(door, bar),
            mails=mails_task(door, bar),
        )


def _ask(door: Door, *, yes: bool) -> Callable[[ReleaseQuestion], bool]:
    from notices.flow.templates.samples import refuse_samples

    def ask(question: ReleaseQuestion) -> bool:
        if yes:
            return True
        if not door.as_json:
            show_counts(door, question.counts, question.totals)
        for caution in refuse_samples(door.workspace, question.examples)[-1:]:
            door.say(caution)
        count = question.counts.total()
        text = say("Release {count} notice(s) of batch {batch}?", count=count, batch=question.batch)
        return click.confirm(safe(door.text(text)), err=True)

    return ask


@command()
@plan_options
@approve_options
@click.option("--yes", is_flag=True, help="Answer the question with yes.")
@common
@pass_door
@click.pass_context
def run(
    ctx: click.Context,
    door: Door,
    list_path: Path,
    estate: str | None,
    sheet: str | None,
    as_of: date | None,
    mapping: tuple[tuple[str, str], ...],
    name: str | None,
    list_date: date | None,
    accept_partial: bool,
    by: str | None,
    again: bool,
    tier: str | None,
    letter_date: date | None,
    exclude: tuple[str, ...],
    why: tuple[str, ...],
    yes: bool,
) -> None:
    """Plan, approve, render, send and print LIST in one go; asks once, unless --yes is given."""
    from notices.flow import run as process
    from notices.flow.approval.approve import ApproveRequest
    from notices.flow.planning.check import Reading
    from notices.flow.planning.plan import PlanRequest

    day, actor = as_of or door.today(), by or door.login()
    approval = ApproveRequest(
        tier=door.tier_named(tier), letter_date=letter_date, excluded=exclusions(exclude, why, door.estates)
    )
    request = PlanRequest(
        reading=Reading(list_path, day, estate, sheet, dict(mapping)),
        list_date=known_list_date(list_date, day, door.today()),
        by=actor,
        at=door.now(),
        name=name,
        accept_partial=accept_partial,
        again=again,
    )
    with _caller(door, yes=yes) as caller:
        done = process.run(door.workspace, door.ledger, request, approval, caller)
    _show(door, done)
    ctx.exit(1 if done.attention else 0)


@command()
@click.argument("batch")
@click.option("--yes", is_flag=True, help="Answer the question of an interrupted `run` with yes.")
@click.option("--now", "any_hour", is_flag=True, help="Send e-mail also outside office hours, and before its time.")
@click.option("--by", type=PERSON, help="The person who retries deferred e-mail; default the login name.")
@common
@pass_door
@click.pass_context
def resume(ctx: click.Context, door: Door, batch: str, yes: bool, any_hour: bool, by: str | None) -> None:
    """Finish an interrupted command on BATCH, and retry e-mail that is due; nothing else."""
    from notices.flow import run as process

    with _caller(door, yes=yes, any_hour=any_hour) as caller:
        done = process.resume(door.workspace, door.ledger, batch, caller, by=by or door.login())
    if done.idle and not door.as_json:
        door.say(say("No command on this batch was interrupted; there is nothing to finish."))
    _show(door, done)
    ctx.exit(1 if done.attention else 0)


def _show(door: Door, done: RunResult) -> None:
    if door.as_json:
        door.say_all((*done.attention, *done.notes))
        door.answer(_document(door, done))
        return
    if done.planned:
        show_plan(door, done.planned)
    door.say_all((*done.attention, *done.notes))
    if done.declined:
        door.say(say("Nothing was released; batch {batch} stays planned.", batch=done.batch))
    if done.approved:
        show_approved(done.approved, door)
    if done.rendered:
        show_rendered(door, done.rendered)
    if done.sent:
        show_sent(door, done.sent)
    if done.printed:
        show_printed(door, done.printed)


def _document(door: Door, done: RunResult) -> dict[str, object]:
    return {
        "batch": done.batch,
        "plan": plan_document(door, done.planned) if done.planned else None,
        "approved": approved_document(door, done.approved) if done.approved else None,
        "rendered": rendered_document(door, done.rendered) if done.rendered else None,
        "sent": sent_document(door, done.sent) if done.sent else None,
        "printed": printed_document(door, done.printed) if done.printed else None,
        "declined": done.declined,
        "attention": [door.text(message) for message in done.attention],
    }


COMMANDS = (run, resume)
