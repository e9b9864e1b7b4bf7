"""A printer, by the operations that print a job once and follow it (RFC 8011, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from notices.messages import say
from notices.press.ipp.codec import Answer, Garbled, Operation, Status, Value, decode, encode, keyword
from notices.press.ipp.faults import Declined, Unanswered
from notices.press.ipp.wire import RESUME, Wire

PDF = "application/pdf"
OF_ITS_STATE = ("printer-state", "printer-state-reasons", "printer-state-message", "printer-is-accepting-jobs")
OF_A_PRINTER = (
    *OF_ITS_STATE,
    "printer-name",
    "printer-make-and-model",
    "document-format-supported",
    "media-supported",
    "media-ready",
    "sides-supported",
    "copies-supported",
    "number-up-supported",
    "job-sheets-supported",
    "print-color-mode-supported",
    "print-scaling-supported",
)
OF_A_JOB = (
    "job-id",
    "job-name",
    "job-state",
    "job-state-reasons",
    "job-state-message",
    "job-printer-state-message",
    "job-impressions-completed",
    "job-media-sheets-completed",
    "number-of-documents",
    "time-at-processing",
    "job-k-octets",
)


class JobState(IntEnum):
    """Where a job stands at the printer (RFC 8011, section 5.3.7)."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9


@dataclass(frozen=True, slots=True)
class PrinterJob:
    """A job as the printer knows it; counts are None where it does not count, `begun` where it does not say."""

    id: int
    name: str | None
    state: JobState
    reasons: tuple[str, ...]
    message: str
    printed: int | None
    documents: int | None
    begun: bool | None
    kilobytes: int | None

    @property
    def waits_for_its_document(self) -> bool:
        """Whether nothing of it can have been printed, because nothing to print has come."""
        empty = self.documents == 0 or bool({"job-incoming", "job-data-insufficient"} & set(self.reasons))
        return empty and not self.printed and self.state in {JobState.PENDING, JobState.HELD}

    @property
    def ended_before_it_began(self) -> bool:
        """Whether the printer says for certain that it gave the job up before it did anything with it."""
        return self.state in {JobState.CANCELED, JobState.ABORTED} and self.begun is False and not self.printed


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a printer says of itself; `operations` is None where that cannot be read."""

    attributes: Mapping[str, Any]
    operations: frozenset[int] | None

    def values(self, name: str) -> tuple[Any, ...]:
        """All values of an attribute; none where the printer does not know it."""
        value = self.attributes.get(name)
        if value is None or value == "":
            return ()
        return tuple(value) if isinstance(value, list) else (value,)

    @property
    def takes_jobs_in_two_steps(self) -> bool:
        """Whether a job can be created first and given its document then, each step to be asked after."""
        return self.operations is None or {Operation.CREATE_JOB, Operation.SEND_DOCUMENT} <= self.operations


@dataclass(frozen=True, slots=True)
class Printer:
    """A printer or queue; every request raises Unreached, Unanswered or Declined."""

    wire: Wire

    @property
    def uri(self) -> str:
        """What it is called."""
        return self.wire.address.uri

    def capabilities(self) -> Capabilities:
        """What it can do, and how it is."""
        answer = self._ask(Operation.GET_PRINTER_ATTRIBUTES, {"requested-attributes": OF_A_PRINTER})
        return Capabilities(answer.printer, self._operations())

    def condition(self) -> Capabilities:
        """How it is just now."""
        answer = self._ask(Operation.GET_PRINTER_ATTRIBUTES, {"requested-attributes": OF_ITS_STATE})
        return Capabilities(answer.printer, None)

    def _operations(self) -> frozenset[int] | None:
        """Asked alone: the library cannot read a list that names a maker's own operation."""
        try:
            answer = self._ask(Operation.GET_PRINTER_ATTRIBUTES, {"requested-attributes": ("operations-supported",)})
        except Unanswered:
            return None
        found = answer.printer.get("operations-supported")
        if found is None:
            return None
        return frozenset(found if isinstance(found, list) else [found])

    def create_job(self, name: str, template: Mapping[str, Value]) -> int:
        """Create a job without a document, which prints nothing; gives its id."""
        answer = self._ask(Operation.CREATE_JOB, {"job-name": name, "ipp-attribute-fidelity": True}, template)
        return self._made(answer, template)

    def send_document(self, job: int, name: str, document: Path, arrived: Callable[[], None]) -> None:
        """Give a created job its only document: from here on it prints. `arrived` is called when all of it is there."""
        self._ask(
            Operation.SEND_DOCUMENT,
            {"job-id": job, "document-name": name, "document-format": PDF, "last-document": True},
            document=document,
            arrived=arrived,
        )

    def print_job(self, name: str, template: Mapping[str, Value], document: Path, arrived: Callable[[], None]) -> int:
        """Create a job with its document in one step, for printers that know no other way; gives its id."""
        asked: dict[str, Value] = {"job-name": name, "ipp-attribute-fidelity": True, "document-format": PDF}
        answer = self._ask(Operation.PRINT_JOB, asked, template, document, arrived)
        return self._only_job(answer).id

    def job(self, job: int) -> PrinterJob | None:
        """A job as it stands; None where the printer knows it no longer."""
        try:
            answer = self._ask(Operation.GET_JOB_ATTRIBUTES, {"job-id": job, "requested-attributes": OF_A_JOB})
        except Declined as error:
            if error.status in {Status.ERROR_NOT_FOUND, Status.ERROR_GONE}:
                return None
            raise
        return self._only_job(answer)

    def jobs_named(self, name: str) -> list[PrinterJob]:
        """The jobs of that name, waiting, printing or done, as far as the printer remembers them."""
        found: dict[int, PrinterJob] = {}
        for which in ("not-completed", "completed"):
            asked: dict[str, Value] = {"which-jobs": which, "my-jobs": False, "requested-attributes": OF_A_JOB}
            for job in map(_job_in, self._ask(Operation.GET_JOBS, asked).jobs):
                if job.name == name:
                    found[job.id] = job
        return list(found.values())

    def cancel(self, job: int) -> None:
        """Cancel a job; Declined where it has ended already."""
        self._ask(Operation.CANCEL_JOB, {"job-id": job})

    def _ask(
        self,
        operation: Operation,
        asked: Mapping[str, Value],
        template: Mapping[str, Value] | None = None,
        document: Path | None = None,
        arrived: Callable[[], None] | None = None,
    ) -> Answer:
        target: dict[str, Value] = {"printer-uri": self.uri}
        if "job-id" in asked:  # the standard wants printer-uri and job-id first, in this order
            target["job-id"] = asked["job-id"]
        request = encode(operation, {**target, "requesting-user-name": self.wire.user, **asked}, template)
        try:
            answer = decode(self.wire.ask(request, document, arrived))
        except Garbled as error:
            raise self._not_understood() from error
        if not answer.fine:
            raise self._declined(answer)
        return answer

    def _made(self, answer: Answer, template: Mapping[str, Value]) -> int:
        job = self._only_job(answer)
        ignored = sorted(template.keys() & answer.unsupported.keys())
        if ignored:
            self.cancel(job.id)
            raise Declined(
                say("{printer} would ignore {settings}.", printer=self.uri, settings=", ".join(ignored)),
                say("Print with another printer, or change [print] to what this one can do."),
            )
        return job.id

    def _only_job(self, answer: Answer) -> PrinterJob:
        if not answer.jobs:
            raise self._not_understood()
        return _job_in(answer.jobs[0])

    def _declined(self, answer: Answer) -> Declined:
        error = Declined(
            say(
                "{printer} refused: {status}{message}.",
                printer=self.uri,
                status=keyword(answer.status),
                message=f" ({answer.message.rstrip('.')})" if answer.message else "",
            ),
            say("See how the printer is; then `notices resume BATCH` goes on."),
        )
        error.status = answer.status
        return error

    def _not_understood(self) -> Unanswered:
        return Unanswered(say("{printer} gave an answer that is not IPP.", printer=self.uri), RESUME)


def _job_in(attributes: Mapping[str, Any]) -> PrinterJob:
    counts = [attributes.get(name) for name in ("job-impressions-completed", "job-media-sheets-completed")]
    counted = [count for count in counts if isinstance(count, int)]
    reasons = attributes.get("job-state-reasons") or ()
    documents = attributes.get("number-of-documents")
    begun = attributes.get("time-at-processing")  # the standard asks for it; "no-value" is an empty text here
    return PrinterJob(
        id=int(attributes["job-id"]),
        name=attributes.get("job-name"),
        state=JobState(attributes.get("job-state", JobState.PENDING)),
        reasons=tuple(reason for reason in ([reasons] if isinstance(reasons, str) else reasons) if reason != "none"),
        message=str(attributes.get("job-printer-state-message") or attributes.get("job-state-message") or ""),
        printed=max(counted) if counted else None,
        documents=documents if isinstance(documents, int) else None,
        begun=None if begun is None else isinstance(begun, int),
        kilobytes=size if isinstance(size := attributes.get("job-k-octets"), int) else None,
    )
