"""Verbs that make letters and let them leave: plan, approve, render, send, print, resume; each loads only its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from notices.messages import Message, say
from notices.web.verbs.task import Ended, Task


def approve(task: Task) -> Ended:
    """Release letters: number and freeze them."""
    from notices.flow.approval.approve import ApproveRequest, approve

    done = approve(task.workspace, task.ledger, task.order, ApproveRequest.model_validate(task.options["request"]))
    said = say("{count} notice(s) released.", count=len(done.decisions))
    return Ended((said, *done.notes), done.attention)


def render(task: Task) -> Ended:
    """Make the letters and check them."""
    from notices.flow.rendering.render import render

    done = render(task.workspace, task.ledger, task.order, task.caller.letters, secret=task.caller.secret)
    return Ended((say("{count} letter(s) rendered and checked.", count=done.made), *done.notes), done.attention)


def send(task: Task) -> Ended:
    """Send the e-mails that wait."""
    from notices.flow.mailing.send import SendRequest, send

    done = send(task.workspace, task.ledger, task.order, SendRequest(), task.caller)
    return Ended(_sent(done.spooled, done.tried), done.attention)


def _sent(spooled: Sequence[str], tried: Mapping[str, Sequence[str]]) -> list[Message]:
    from notices.words import word

    told = (
        [say("{count} message(s) are in the outbox.", count=len(spooled))] if spooled or not any(tried.values()) else []
    )
    return told + [
        say("{count} e-mail(s): {state}.", count=len(numbers), state=word(state))
        for state, numbers in tried.items()
        if numbers
    ]


def print_letters(task: Task) -> Ended:
    """Make the print jobs."""
    from notices.flow.printing.make_job import print_batch

    done = print_batch(task.workspace, task.ledger, task.order, task.caller)
    told = [_job(each.job, each.result.letters, each.result.sheets) for each in done.jobs]
    return Ended(told or [say("There is nothing to print.")], done.attention)


def _job(job: str, letters: int, sheets: int) -> Message:
    return say("Print job {job}: {letters} letter(s) on {sheets} sheet(s).", job=job, letters=letters, sheets=sheets)


def resume(task: Task) -> Ended:
    """Finish what was cut off."""
    from notices.flow.run import resume

    done = resume(task.workspace, task.ledger, task.options["batch"], task.caller, by=task.by)
    told: list[Message] = []
    if done.approved:
        told.append(say("{count} notice(s) released.", count=len(done.approved.decisions)))
    if done.rendered:
        told.append(say("{count} letter(s) rendered and checked.", count=done.rendered.made))
    if done.sent:
        told += _sent(done.sent.spooled, done.sent.tried)
    if done.printed:
        told += [_job(each.job, each.result.letters, each.result.sheets) for each in done.printed.jobs]
    if done.declined:
        told.append(say("The letters wait to be released."))
    return Ended(told or [say("There was nothing to finish.")], (*done.attention, *done.notes))


def plan(task: Task) -> Ended:
    """Decide on a list, and record the decisions as a batch."""
    from datetime import date

    from notices.flow.planning.check import Reading
    from notices.flow.planning.plan import PlanRequest, plan

    given = task.options
    as_of, listed = date.fromisoformat(given["as_of"]), date.fromisoformat(given["list_date"])
    first, second = (date.fromisoformat(day) if day else None for day in given["days_named"])
    reading = Reading(
        Path(given["path"]), as_of, given["estate"], given["sheet"], given["mapping"], task.caller.letters
    )
    request = PlanRequest(
        reading=reading,
        list_date=listed,
        by=task.by,
        at=task.caller.now(),
        into=given["into"],
        days_named=(first, second),
        accept_partial=given["accept_partial"],
        again=given["again"],
    )
    done = plan(task.workspace, task.ledger, request)
    said = say("Batch {batch} is planned.", batch=done.batch) if done.batch else say("Nothing was recorded.")
    return Ended((said, *done.notes), done.attention)


def print_again(task: Task) -> Ended:
    """Print spoiled sheets again."""
    from notices.flow.printing.make_job import Archiving
    from notices.flow.printing.reprint import ReprintRequest, print_again
    from notices.press.spoiled import read_spoiled

    given = task.options
    part = ReprintRequest(
        spoiled=read_spoiled(given["spoiled"]), from_sheet=given["from_sheet"], job=given["job"], again=given["again"]
    )
    done = print_again(task.workspace, task.ledger, task.order, part, task.caller.translate, Archiving())
    told = [_job(each.job, each.result.letters, each.result.sheets) for each in done.jobs]
    return Ended(told or [say("There is nothing to print.")], done.attention)


def hand_over(task: Task) -> Ended:
    """Hand print jobs over to the place of the settings."""
    from notices.flow.printing.handover.hand_over import HandOverRequest, print_to
    from notices.words import word

    given = task.options
    request = HandOverRequest(to=given["to"], again=given["again"])
    done = print_to(task.workspace, task.ledger, task.order, request, task.caller)
    told = [_job(each.job, each.result.letters, each.result.sheets) for each in done.jobs]
    told += [say("Print job {job}: {state}.", job=each.job, state=word(each.state)) for each in done.handed]
    return Ended(told or [say("There is nothing to print.")], done.attention)
