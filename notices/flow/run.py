"""run: plan, approve, render, send and print in one go. resume: finish interrupted commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from notices.errors import Refused
from notices.flow.approval import approve as approving
from notices.flow.approval.approve import Approved, ApproveRequest, refuse_mistakes, still_waiting
from notices.flow.batch.lock import only_one, settle_files
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.batch.session import InterruptedCommand, Order
from notices.flow.caller import Caller, ReleaseQuestion
from notices.flow.mailing import send as sending
from notices.flow.mailing.retry import due_mail
from notices.flow.mailing.send import OutsideHours, SendRequest, Sent
from notices.flow.planning.decisions import Overview
from notices.flow.planning.plan import Plan, PlanRequest, plan
from notices.flow.printing import make_job, reprint
from notices.flow.printing.handover import hand_over
from notices.flow.printing.make_job import Printed
from notices.flow.rendering import render as rendering
from notices.flow.rendering.render import Rendered
from notices.flow.workspace import Workspace
from notices.ledger import Ledger
from notices.messages import Message, say
from notices.model import Account, Action

Step = Approved | Rendered | Sent | Printed

# Verbs that `resume` finishes, in this order, with the function that does it; `run` is resumed as a whole.
RESUME: Mapping[str, Callable[[InterruptedCommand], Step]] = {
    "approve": approving.resume,
    "render": rendering.resume,
    "send": sending.resume,
    "print": make_job.resume,
    "supplement": reprint.resume,
    "hand-over": hand_over.resume,
}


@dataclass
class RunResult:
    """Results of the steps, None for one that was not reached; `declined` if the question was answered no."""

    batch: str | None = None
    planned: Plan | None = None
    approved: Approved | None = None
    rendered: Rendered | None = None
    sent: Sent | None = None
    printed: Printed | None = None
    declined: bool = False
    waiting: tuple[Message, ...] = ()

    def record(self, step: Step) -> None:
        """Keep the result of a step."""
        match step:
            case Approved():
                self.approved = step
            case Rendered():
                self.rendered = step
            case Sent():
                self.sent = step
            case Printed():
                self.printed = step

    @property
    def idle(self) -> bool:
        """True if there was nothing to do."""
        steps = (self.planned, self.approved, self.rendered, self.sent, self.printed)
        return not any(steps) and not self.declined and not self.waiting

    @property
    def attention(self) -> tuple[Message, ...]:
        """Messages that need a person's attention, without repetitions."""
        steps = (self.planned, self.approved, self.rendered, self.sent, self.printed)
        said = [message for step in steps if step for message in step.attention]
        unique: dict[str, Message] = {str(message): message for message in (*said, *self.waiting)}
        return tuple(unique.values())

    @property
    def notes(self) -> tuple[Message, ...]:
        """Further hints."""
        return tuple(note for step in (self.planned, self.approved, self.rendered) if step for note in step.notes)


def run(
    workspace: Workspace, ledger: Ledger, request: PlanRequest, approval: ApproveRequest, caller: Caller
) -> RunResult:
    """Plan a list, approve, render, send and print, with one question before the approval.

    Raises Refused, with nothing planned, if the ledger is older than what has left.
    """
    refuse_older_ledger(workspace, ledger)

    def accept(issued: Sequence[Account]) -> None:
        refuse_mistakes(workspace, approval, (request.reading.as_of, request.at.date()), issued)

    options = {"by": request.by, **approval.stored()}
    planned = plan(workspace, ledger, replace(request, runs=options, accept=accept))
    if planned.batch is None:
        return RunResult(planned=planned)
    result = RunResult(planned.batch, planned)
    with only_one(workspace, ledger, f"{planned.batch}.run", by=request.by):
        _BatchRun(workspace, ledger, caller, Order(planned.batch, request.by, request.at), approval, result).go_on()
    return result


def resume(workspace: Workspace, ledger: Ledger, batch: str, caller: Caller, *, by: str) -> RunResult:
    """Finish the interrupted commands on a batch, and send e-mail again that a server put off; nothing else.

    A command is finished in the name of the person who started it; `by` sends e-mail again.
    """
    refuse_older_ledger(workspace, ledger)
    result = RunResult(batch)
    with only_one(workspace, ledger, f"{batch}.run", by=by):
        settle_files(workspace, ledger, batch, by=by)
        with ledger.read() as books:
            books.batches.in_use(batch)
            unfinished = books.commands.unfinished(batch)
            if books.seals.are_changed_commands([each.id for each in unfinished]):
                raise _changed_commands(batch)
        interrupted = {
            each.verb: InterruptedCommand(
                workspace, ledger, caller, Order(batch, each.options["by"], caller.now()), each.options
            )
            for each in unfinished
        }
        if "run" in interrupted:
            command = interrupted["run"]
            approval = ApproveRequest.model_validate(command.options)
            _BatchRun(workspace, ledger, caller, command.order, approval, result).go_on()
        else:
            _finish(interrupted, result)
        if result.sent is None and not result.waiting and (due := due_mail(workspace, ledger, batch, caller.now())):
            order = Order(batch, by, caller.now())
            result.sent = sending.send(workspace, ledger, order, SendRequest(only=due), caller)
    return result


def _changed_commands(batch: str) -> Refused:
    return Refused(
        say("Another program changed what an interrupted command on batch {batch} was to do.", batch=batch),
        say("Run the command itself again, with its options; `notices ledger verify` names the changed rows."),
    )


def _finish(interrupted: Mapping[str, InterruptedCommand], result: RunResult) -> None:
    for verb, finish in RESUME.items():
        if verb in interrupted:
            command = interrupted[verb]
            now = replace(command.order, at=command.caller.now())  # the commands before it may have taken hours
            try:
                result.record(finish(replace(command, order=now)))
            except OutsideHours as closed:
                if len(interrupted) == 1:
                    raise
                result.waiting = (closed.fact, closed.remedy)  # printing is not bound to office hours


@dataclass(frozen=True)
class _BatchRun:
    """Approve, render, send and print a planned batch; `result` is filled step by step."""

    workspace: Workspace
    ledger: Ledger
    caller: Caller
    order: Order
    approval: ApproveRequest
    result: RunResult

    def go_on(self) -> None:
        """Carry out the steps that are left, and record the run as finished."""
        result, batch = self.result, self.order.batch
        if self._approve():
            order = replace(self.order, at=self.caller.now())
            result.rendered = rendering.render(
                self.workspace, self.ledger, order, self.caller.letters, secret=self.caller.secret
            )
            try:
                result.sent = sending.send(self.workspace, self.ledger, order, SendRequest(), self.caller)
            except OutsideHours as closed:  # printing is not bound to office hours
                result.waiting = (*result.waiting, closed.fact, closed.remedy)
            result.printed = make_job.print_batch(self.workspace, self.ledger, order, self.caller)
        with self.ledger.begin() as books:
            books.commands.finish("run", batch=batch, at=self.caller.now())

    def _approve(self) -> bool:
        """Approve unless that was done before the run was interrupted; return whether anything is approved."""
        result, batch = self.result, self.order.batch
        with self.ledger.read() as books:
            approved_before = bool(books.batches.get(batch).approvals)
            issued = Overview()
            for entry in chain.from_iterable(books.batches.decision_pages(batch)):
                if entry.decision.action is Action.ISSUE:
                    issued.add(entry)
        order = replace(self.order, at=self.caller.now())
        if approved_before:
            result.waiting = still_waiting(self.workspace, self.ledger, order, self.approval)
        if approved_before or not issued.counts:
            return approved_before
        if not self.caller.ask(ReleaseQuestion(batch, issued.counts, issued.totals, tuple(issued.examples.values()))):
            result.declined = True
            return False
        order = replace(self.order, at=self.caller.now())
        try:
            result.approved = approving.approve(self.workspace, self.ledger, order, self.approval)
        except Refused as refusal:
            result.waiting = (refusal.fact, refusal.remedy)
            return False
        return bool(result.approved.decisions)
