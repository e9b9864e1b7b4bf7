"""The process of an errand: carry out one verb as the page ordered it, and report on standard output, a line each.

The order is one line of JSON on standard input. When that is closed, the server has died: then this process interrupts
itself as by Ctrl-C.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from notices.errors import NoticesError
from notices.flow import workspace as workspaces
from notices.flow.batch.session import Order
from notices.flow.caller import Caller, Progress
from notices.flow.workspace import Workspace
from notices.interrupts import no_ctrl_c_lost
from notices.ledger import Ledger
from notices.messages import Message, say, translator
from notices.web.errands import ErrandState

MOST_MESSAGES = 200  # of a kind that needs a person: a page is no place for thousands; the batch's table has them all


@dataclass(frozen=True)
class Ended:
    """End of a verb: what it did, and what needs a person."""

    told: Sequence[Message]
    attention: Sequence[Message] = ()


@dataclass(frozen=True)
class Task:
    """A verb to carry out: where, for whom, with which options, and the services it is handed."""

    workspace: Workspace
    ledger: Ledger
    caller: Caller
    by: str
    options: Mapping[str, Any]

    @property
    def order(self) -> Order:
        """Order for a batch, at the present time."""
        return Order(self.options["batch"], self.by, self.caller.now())


def _approve(task: Task) -> Ended:
    from notices.flow.approval.approve import ApproveRequest, approve  # noqa: PLC0415 - each verb loads only its own

    done = approve(task.workspace, task.ledger, task.order, ApproveRequest.model_validate(task.options["request"]))
    said = say("{count} notice(s) released.", count=len(done.decisions))
    return Ended((said, *done.notes), done.attention)


def _render(task: Task) -> Ended:
    from notices.flow.rendering.render import render  # noqa: PLC0415

    done = render(task.workspace, task.ledger, task.order, task.caller.letters)
    return Ended((say("{count} letter(s) rendered and checked.", count=done.made), *done.notes), done.attention)


def _send(task: Task) -> Ended:
    from notices.flow.mailing.send import SendRequest, send  # noqa: PLC0415

    done = send(task.workspace, task.ledger, task.order, SendRequest(), task.caller)
    return Ended(_sent(done.spooled, done.tried), done.attention)


def _sent(spooled: Sequence[str], tried: Mapping[str, Sequence[str]]) -> list[Message]:
    from notices.words import word  # noqa: PLC0415

    told = (
        [say("{count} message(s) are in the outbox.", count=len(spooled))] if spooled or not any(tried.values()) else []
    )
    return told + [
        say("{count} e-mail(s): {state}.", count=len(numbers), state=word(state))
        for state, numbers in tried.items()
        if numbers
    ]


def _print(task: Task) -> Ended:
    from notices.flow.printing.make_job import print_batch  # noqa: PLC0415

    done = print_batch(task.workspace, task.ledger, task.order, task.caller)
    told = [_job(each.job, each.result.letters, each.result.sheets) for each in done.jobs]
    return Ended(told or [say("There is nothing to print.")], done.attention)


def _job(job: str, letters: int, sheets: int) -> Message:
    return say("Print job {job}: {letters} letter(s) on {sheets} sheet(s).", job=job, letters=letters, sheets=sheets)


def _resume(task: Task) -> Ended:
    from notices.flow.run import resume  # noqa: PLC0415

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


def _plan(task: Task) -> Ended:
    from datetime import date  # noqa: PLC0415

    from notices.flow.planning.check import Reading  # noqa: PLC0415
    from notices.flow.planning.plan import PlanRequest, plan  # noqa: PLC0415

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


def _print_again(task: Task) -> Ended:
    from notices.flow.printing.make_job import Archiving  # noqa: PLC0415
    from notices.flow.printing.reprint import ReprintRequest, print_again  # noqa: PLC0415
    from notices.press.spoiled import read_spoiled  # noqa: PLC0415

    given = task.options
    part = ReprintRequest(
        spoiled=read_spoiled(given["spoiled"]), from_sheet=given["from_sheet"], job=given["job"], again=given["again"]
    )
    done = print_again(task.workspace, task.ledger, task.order, part, task.caller.translate, Archiving())
    told = [_job(each.job, each.result.letters, each.result.sheets) for each in done.jobs]
    return Ended(told or [say("There is nothing to print.")], done.attention)


def _hand_over(task: Task) -> Ended:
    from notices.flow.printing.handover.hand_over import HandOverRequest, print_to  # noqa: PLC0415
    from notices.words import word  # noqa: PLC0415

    given = task.options
    request = HandOverRequest(to=given["to"], again=given["again"])
    done = print_to(task.workspace, task.ledger, task.order, request, task.caller)
    told = [_job(each.job, each.result.letters, each.result.sheets) for each in done.jobs]
    told += [say("Print job {job}: {state}.", job=each.job, state=word(each.state)) for each in done.handed]
    return Ended(told or [say("There is nothing to print.")], done.attention)


VERBS: Mapping[str, Callable[[Task], Ended]] = {
    "approve": _approve,
    "render": _render,
    "send": _send,
    "print": _print,
    "resume": _resume,
    "plan": _plan,
    "print-again": _print_again,
    "hand-over": _hand_over,
}


def main() -> None:
    """Read the order, carry it out, and report its end; an interrupt is an end too."""
    orders, reports = sys.stdin, sys.stdout
    order = json.loads(orders.readline())
    threading.Thread(target=_end_with_server, args=(orders,), daemon=True).start()
    try:
        with no_ctrl_c_lost():
            ended = carry_out(order, lambda line: _write(reports, line))
        _write_end(reports, ErrandState.DONE, ended.told, ended.attention)
    except KeyboardInterrupt:
        _write_end(reports, ErrandState.STOPPED, [say("Stopped. What was done is kept, and Resume goes on.")])
    except NoticesError as error:
        facts = [part for part in (error.fact, *error.details, error.remedy) if part.text]
        _write_end(reports, ErrandState.FAILED, (), facts)
    except OSError as error:
        fact = say(
            "The operating system reports: {reason} ({file}).",
            reason=error.strerror or str(error),
            file=error.filename or "-",
        )
        _write_end(reports, ErrandState.FAILED, (), [fact])
    except Exception as error:  # noqa: BLE001 - the outermost handler: no traceback may reach a user
        fact = say("Unexpected error: {kind}.", kind=type(error).__name__)
        _write_end(reports, ErrandState.FAILED, (), [fact])


def carry_out(order: Mapping[str, Any], report: Callable[[Mapping[str, Any]], None]) -> Ended:
    """Carry out the verb of an order; `report` takes each step of its progress."""
    workspace = workspaces.at(Path(order["workspace"]))
    zone = workspace.settings.calendar.zone
    ledger = Ledger.open(workspace.ledger_url, zone, heads=workspace.heads)

    def now() -> datetime:
        return datetime.now(UTC).astimezone(zone)

    def counting(what: str) -> Progress:
        return lambda done, total: report({"done": done, "total": total, "counted": what})

    caller = Caller(
        now=now,
        local_time=now,
        secret=os.environ.get,
        translate=translator(order["language"]),
        letters=counting("letters"),
        mails=counting("mails"),
        any_hour=bool(order.get("any_hour")),
    )
    try:
        return VERBS[order["verb"]](Task(workspace, ledger, caller, order["by"], order["options"]))
    finally:
        ledger.close()


def _end_with_server(orders: TextIO) -> None:
    while orders.readline():
        pass
    os.kill(os.getpid(), signal.SIGINT)


def _write_end(reports: TextIO, state: ErrandState, told: Sequence[Message], attention: Sequence[Message] = ()) -> None:
    line = {
        "state": state.value,
        "told": [message.as_data() for message in told if message.text],
        "attention": [message.as_data() for message in attention[:MOST_MESSAGES]],
        "more": max(0, len(attention) - MOST_MESSAGES),
    }
    _write(reports, line)


def _write(reports: TextIO, line: Mapping[str, Any]) -> None:
    try:
        reports.write(json.dumps(line, ensure_ascii=True) + "\n")
        reports.flush()
    except BrokenPipeError:  # the server has died; this process is about to interrupt itself
        os.dup2(os.open(os.devnull, os.O_WRONLY), reports.fileno())


if __name__ == "__main__":
    main()
