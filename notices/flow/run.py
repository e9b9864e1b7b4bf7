"""run: plan, approve, render, send and print in one go. resume: finish what was cut off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from notices.errors import Refused
from notices.flow.approval.approve import Approved, ApproveRequest, approve, refuse_mistakes, still_waiting
from notices.flow.batch.lock import only_one
from notices.flow.batch.session import Order
from notices.flow.mailing.send import OutsideHours, SendRequest, Sent, due_mail, send
from notices.flow.mailing.smtp import MailMeans
from notices.flow.planning.decisions import Overview
from notices.flow.planning.plan import Plan, PlanRequest, plan
from notices.flow.printing.handover.hand_over import Making, Towards, print_to
from notices.flow.printing.handover.transfer import Hand
from notices.flow.printing.make_job import Archiving, Printed, print_batch
from notices.flow.printing.reprint import ReprintRequest, print_again
from notices.flow.rendering.render import Progress, Rendered, render
from notices.flow.workspace import Workspace
from notices.ledger import CommandRecord, Ledger
from notices.messages import Message, Translator
from notices.model import Account, Action

Question = Callable[[str, Overview], bool]


@dataclass(frozen=True)
class Means:
    """What a long command needs from the door: who is asked, who is told, the hour, and the reader's language."""

    ask: Question
    progress: Progress
    now: Callable[[], datetime]
    mail: MailMeans
    translate: Translator
    archiving: Archiving
    hand: Hand


@dataclass
class RunResult:
    """What each step did; a step that was not reached is None, `declined` where the question was answered no."""

    batch: str | None = None
    planned: Plan | None = None
    approved: Approved | None = None
    rendered: Rendered | None = None
    sent: Sent | None = None
    printed: Printed | None = None
    declined: bool = False
    waiting: tuple[Message, ...] = ()

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        steps = (self.planned, self.approved, self.rendered, self.sent, self.printed)
        return not any(steps) and not self.declined and not self.waiting

    @property
    def attention(self) -> tuple[Message, ...]:
        """What needs a person, each thing said once."""
        steps = (self.planned, self.approved, self.rendered, self.sent, self.printed)
        said = [message for step in steps if step for message in step.attention]
        unique: dict[str, Message] = {str(message): message for message in (*said, *self.waiting)}
        return tuple(unique.values())

    @property
    def notes(self) -> tuple[Message, ...]:
        """What is good to know."""
        return (*(self.planned.notes if self.planned else ()), *(self.approved.notes if self.approved else ()))


def run(
    workspace: Workspace, ledger: Ledger, request: PlanRequest, approval: ApproveRequest, means: Means
) -> RunResult:
    """Plan a list, approve, render, send and print, with one question before the approval."""

    def accept(issued: Sequence[Account]) -> None:
        refuse_mistakes(workspace, approval, request.reading.as_of, issued)

    options = {"by": request.by, **approval.model_dump(mode="json")}
    planned = plan(workspace, ledger, replace(request, runs=options, accept=accept))
    result = RunResult(planned.batch, planned)
    if planned.batch is not None:
        with only_one(workspace.batches, f"{planned.batch}.run"):
            _go_on(workspace, ledger, result, approval, means, by=request.by)
    return result


def resume(workspace: Workspace, ledger: Ledger, batch: str, means: Means, *, by: str) -> RunResult:
    """Finish the commands on a batch that were cut off, and try e-mail again that a server put off; nothing else.

    A command goes on in the name of whoever began it; `by` is who tries e-mail again.
    """
    result = RunResult(batch)
    with only_one(workspace.batches, f"{batch}.run"):
        with ledger.read() as books:
            books.batches.get(batch)
            cut_off = {command.verb: command for command in books.commands.unfinished(batch)}
        if "run" in cut_off:
            options = cut_off["run"].options
            _go_on(workspace, ledger, result, ApproveRequest.model_validate(options), means, by=options["by"])
        else:
            for verb in ("approve", "render", "send", "print", "supplement", "hand-over"):
                if verb in cut_off:
                    _again(workspace, ledger, result, cut_off[verb], means, alone=len(cut_off) == 1)
        if result.sent is None and not result.waiting and (due := due_mail(workspace, ledger, batch, means.now())):
            order = Order(batch, by, means.now())
            result.sent = send(workspace, ledger, order, SendRequest(only=due), means.mail)
    return result


def _go_on(
    workspace: Workspace, ledger: Ledger, result: RunResult, request: ApproveRequest, means: Means, *, by: str
) -> None:
    batch = result.batch or ""
    if _release(workspace, ledger, result, request, means, by=by):
        order = Order(batch, by, means.now())
        result.rendered = render(workspace, ledger, order, means.progress)
        try:
            result.sent = send(workspace, ledger, order, SendRequest(), means.mail)
        except OutsideHours as night:  # paper knows no hours
            result.waiting = (*result.waiting, night.fact, night.remedy)
        result.printed = print_batch(workspace, ledger, order, means.translate)
    with ledger.begin() as books:
        books.commands.finish("run", batch=batch, at=means.now())


def _release(
    workspace: Workspace, ledger: Ledger, result: RunResult, request: ApproveRequest, means: Means, *, by: str
) -> bool:
    """Approve unless that was done before the run was interrupted; return whether anything is approved."""
    batch = result.batch or ""
    with ledger.read() as books:
        approved_before = bool(books.batches.get(batch).approvals)
        issued = Overview()
        for entry in chain.from_iterable(books.batches.decision_pages(batch)):
            if entry.decision.action is Action.ISSUE:
                issued.add(entry)
    if approved_before:
        result.waiting = still_waiting(workspace, ledger, Order(batch, by, means.now()), request)
    if approved_before or not issued.counts:
        return approved_before
    if not means.ask(batch, issued):
        result.declined = True
        return False
    try:
        result.approved = approve(workspace, ledger, Order(batch, by, means.now()), request)
    except Refused as refusal:
        result.waiting = (refusal.fact, refusal.remedy)
        return False
    return bool(result.approved.decisions)


def _again(
    workspace: Workspace, ledger: Ledger, result: RunResult, command: CommandRecord, means: Means, *, alone: bool
) -> None:
    batch = result.batch or ""
    order = Order(batch, command.options["by"], means.now())
    if command.verb == "approve":
        result.approved = approve(workspace, ledger, order, ApproveRequest.model_validate(command.options))
    elif command.verb == "render":
        result.rendered = render(workspace, ledger, order, means.progress)
    elif command.verb == "send":
        try:
            result.sent = send(workspace, ledger, order, SendRequest.model_validate(command.options), means.mail)
        except OutsideHours as night:
            if alone:
                raise
            result.waiting = (night.fact, night.remedy)  # paper knows no hours
    else:
        archiving = Archiving.model_validate(command.options).with_password(means.archiving.password)
        if command.verb == "print":
            result.printed = print_batch(workspace, ledger, order, means.translate, archiving)
        elif command.verb == "hand-over":
            making = Making(means.translate, archiving)
            result.printed = print_to(workspace, ledger, order, making, Towards(command.options["to"], means.hand))
        else:
            again = ReprintRequest.model_validate(command.options)
            result.printed = print_again(workspace, ledger, order, again, means.translate, archiving)
