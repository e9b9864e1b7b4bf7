"""IPP operations for printing a job once and following its progress (RFC 8011, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from notices.messages import say
from notices.press.ipp.codec import InvalidResponse, IppResponse, Operation, Status, Value, decode, encode, keyword
from notices.press.ipp.faults import OutcomeUnknown, PrinterRefused
from notices.press.ipp.wire import RESUME, HttpTransport

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


class PrinterJobState(IntEnum):
    """State of a job at the printer (RFC 8011, section 5.3.7)."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9


@dataclass(frozen=True, slots=True)
class PrinterJob:
    """A job as reported by the printer; counts and `begun` are None if not reported."""

    id: int
    name: str | None
    state: PrinterJobState
    reasons: tuple[str, ...]
    message: str
    printed: int | None
    documents: int | None
    begun: bool | None
    kilobytes: int | None

    @property
    def is_waiting_for_document(self) -> bool:
        """True if nothing can have been printed because no document has arrived."""
        empty = self.documents == 0 or bool({"job-incoming", "job-data-insufficient"} & set(self.reasons))
        return empty and not self.printed and self.state in {PrinterJobState.PENDING, PrinterJobState.HELD}

    @property
    def ended_before_it_began(self) -> bool:
        """True if the printer positively reports that the job ended before processing began."""
        return (
            self.state in {PrinterJobState.CANCELED, PrinterJobState.ABORTED}
            and self.begun is False
            and not self.printed
        )


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Printer attributes; `operations` is None if the list cannot be read."""

    attributes: Mapping[str, Any]
    operations: frozenset[int] | None

    def values(self, name: str) -> tuple[Any, ...]:
        """Return all values of an attribute; empty if the printer does not report it."""
        value = self.attributes.get(name)
        if value is None or value == "":
            return ()
        return tuple(value) if isinstance(value, list) else (value,)

    @property
    def takes_jobs_in_two_steps(self) -> bool:
        """True if it supports Create-Job and Send-Document, so that each step's outcome can be queried."""
        return self.operations is None or {Operation.CREATE_JOB, Operation.SEND_DOCUMENT} <= self.operations


@dataclass(frozen=True, slots=True)
class Printer:
    """A printer or queue; every request may raise PrinterUnreachable, OutcomeUnknown or PrinterRefused."""

    wire: HttpTransport

    @property
    def uri(self) -> str:
        """The printer's URI."""
        return self.wire.address.uri

    def capabilities(self) -> Capabilities:
        """Fetch the printer's capabilities and state."""
        answer = self._ask(Operation.GET_PRINTER_ATTRIBUTES, {"requested-attributes": OF_A_PRINTER})
        return Capabilities(answer.printer, self._operations())

    def condition(self) -> Capabilities:
        """Fetch the printer's current state only."""
        answer = self._ask(Operation.GET_PRINTER_ATTRIBUTES, {"requested-attributes": OF_ITS_STATE})
        return Capabilities(answer.printer, None)

    def _operations(self) -> frozenset[int] | None:
        """Fetch operations-supported in a separate request: pyipp cannot parse vendor-specific operations."""
        try:
            answer = self._ask(Operation.GET_PRINTER_ATTRIBUTES, {"requested-attributes": ("operations-supported",)})
        except OutcomeUnknown:
            return None
        found = answer.printer.get("operations-supported")
        if found is None:
            return None
        return frozenset(found if isinstance(found, list) else [found])

    def create_job(self, name: str, template: Mapping[str, Value]) -> int:
        """Create a job without a document, which prints nothing; return its id."""
        answer = self._ask(Operation.CREATE_JOB, {"job-name": name, "ipp-attribute-fidelity": True}, template)
        return self._made(answer, template)

    def send_document(self, job: int, name: str, document: Path, arrived: Callable[[], None]) -> None:
        """Send a created job its only document, which starts printing; `arrived` is called once all bytes are there."""
        self._ask(
            Operation.SEND_DOCUMENT,
            {"job-id": job, "document-name": name, "document-format": PDF, "last-document": True},
            document=document,
            arrived=arrived,
        )

    def print_job(self, name: str, template: Mapping[str, Value], document: Path, arrived: Callable[[], None]) -> int:
        """Create a job with its document in one request, for printers without Create-Job; return its id."""
        asked: dict[str, Value] = {"job-name": name, "ipp-attribute-fidelity": True, "document-format": PDF}
        answer = self._ask(Operation.PRINT_JOB, asked, template, document, arrived)
        return self._only_job(answer).id

    def job(self, job: int) -> PrinterJob | None:
        """Fetch a job's current state; None if the printer no longer knows it."""
        try:
            answer = self._ask(Operation.GET_JOB_ATTRIBUTES, {"job-id": job, "requested-attributes": OF_A_JOB})
        except PrinterRefused as error:
            if error.status in {Status.ERROR_NOT_FOUND, Status.ERROR_GONE}:
                return None
            raise
        return self._only_job(answer)

    def jobs_named(self, name: str) -> list[PrinterJob]:
        """Return the jobs with that name, pending, printing or done, that the printer still remembers."""
        found: dict[int, PrinterJob] = {}
        for which in ("not-completed", "completed"):
            asked: dict[str, Value] = {"which-jobs": which, "my-jobs": False, "requested-attributes": OF_A_JOB}
            for job in map(_job_in, self._ask(Operation.GET_JOBS, asked).jobs):
                if job.name == name:
                    found[job.id] = job
        return list(found.values())

    def cancel(self, job: int) -> None:
        """Cancel a job; raises PrinterRefused if it has already ended."""
        self._ask(Operation.CANCEL_JOB, {"job-id": job})

    def _ask(
        self,
        operation: Operation,
        asked: Mapping[str, Value],
        template: Mapping[str, Value] | None = None,
        document: Path | None = None,
        arrived: Callable[[], None] | None = None,
    ) -> IppResponse:
        target: dict[str, Value] = {"printer-uri": self.uri}
        if "job-id" in asked:  # the standard requires printer-uri and job-id first, in this order
            target["job-id"] = asked["job-id"]
        request = encode(operation, {**target, "requesting-user-name": self.wire.user, **asked}, template)
        try:
            answer = decode(self.wire.ask(request, document, arrived))
        except InvalidResponse as error:
            raise self._not_understood() from error
        if not answer.fine:
            raise self._declined(answer)
        return answer

    def _made(self, answer: IppResponse, template: Mapping[str, Value]) -> int:
        job = self._only_job(answer)
        ignored = sorted(template.keys() & answer.unsupported.keys())
        if ignored:
            self.cancel(job.id)
            raise PrinterRefused(
                say("{printer} would ignore {settings}.", printer=self.uri, settings=", ".join(ignored)),
                say("Use another printer, or change [print] to settings that this one supports."),
            )
        return job.id

    def _only_job(self, answer: IppResponse) -> PrinterJob:
        if not answer.jobs:
            raise self._not_understood()
        return _job_in(answer.jobs[0])

    def _declined(self, answer: IppResponse) -> PrinterRefused:
        error = PrinterRefused(
            say(
                "{printer} refused: {status}{message}.",
                printer=self.uri,
                status=keyword(answer.status),
                message=f" ({answer.message.rstrip('.')})" if answer.message else "",
            ),
            say("Check the printer; then run `notices resume BATCH`."),
        )
        error.status = answer.status
        return error

    def _not_understood(self) -> OutcomeUnknown:
        return OutcomeUnknown(say("{printer} sent a response that is not IPP.", printer=self.uri), RESUME)


def _job_in(attributes: Mapping[str, Any]) -> PrinterJob:
    counts = [attributes.get(name) for name in ("job-impressions-completed", "job-media-sheets-completed")]
    counted = [count for count in counts if isinstance(count, int)]
    reasons = attributes.get("job-state-reasons") or ()
    documents = attributes.get("number-of-documents")
    begun = attributes.get(
        "time-at-processing"
    )  # required by the standard; pyipp returns "no-value" as an empty string
    return PrinterJob(
        id=int(attributes["job-id"]),
        name=attributes.get("job-name"),
        state=PrinterJobState(attributes.get("job-state", PrinterJobState.PENDING)),
        reasons=tuple(reason for reason in ([reasons] if isinstance(reasons, str) else reasons) if reason != "none"),
        message=str(attributes.get("job-printer-state-message") or attributes.get("job-state-message") or ""),
        printed=max(counted) if counted else None,
        documents=documents if isinstance(documents, int) else None,
        begun=None if begun is None else isinstance(begun, int),
        kilobytes=size if isinstance(size := attributes.get("job-k-octets"), int) else None,
    )
