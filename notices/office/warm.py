"""A LibreOffice kept running: restarted before it leaks too much memory or after a failure, its output checked."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from notices.messages import Message, say
from notices.office.faults import ConversionFailed, OfficeBroken
from notices.office.find import INSTALL, Office
from notices.office.jemalloc import allocator
from notices.office.worker import Worker, WorkerFault

TAIL_BYTES = 1024  # readers search the last 1,024 bytes for the end-of-file marker (ISO 32000-1, annex H)
DISK_RESERVE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Engine:
    """Settings for running LibreOffice: program, profile folder, limits for restarts; times in seconds.

    `environment` is added to the inherited environment, as (name, value) pairs, so that Engine can be hashed and
    pickled. `archival` makes PDF/A-2b, which is larger. `secret` authenticates what is cached for this office; without
    one, nothing cached by another process is used.
    """

    office: Office
    profiles: Path
    environment: tuple[tuple[str, str], ...] = ()
    renew_after_documents: int = 200
    renew_above_mib: int = 450
    start_limit: float = 60.0
    archival: bool = False
    secret: bytes = field(default=b"", repr=False)


class WarmOffice:
    """A running LibreOffice, replaced when necessary; used by one thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._worker: Worker | None = None

    def warm_up(self) -> None:
        """Start LibreOffice in the background; raise OfficeBroken if it cannot be launched."""
        if self._worker is None:
            engine = self.engine
            try:
                self._worker = Worker(engine.office, engine.profiles, _environment(engine))
            except WorkerFault as fault:
                raise _broken(fault.reason) from fault

    def convert(self, source: Path, target: Path, *, limit: float, attempts: int = 2) -> None:
        """Convert `source` to `target`, a .pdf or .odt, restarting LibreOffice between attempts.

        Each attempt takes at most `limit` seconds. Raises ConversionFailed if the document is at fault, OfficeBroken if
        LibreOffice or the disk is; `target` does not exist then.
        """
        reason = say("the conversion was not attempted")
        for _ in range(attempts):
            self._ready()
            try:
                self._attempt(source, target, limit)
            except WorkerFault as fault:
                reason = fault.reason
                target.unlink(missing_ok=True)
                self.close()
                _check_space(target.parent)
            else:
                self._restart_if_due()
                return
        raise ConversionFailed(
            say("LibreOffice could not convert {document} to PDF: {reason}.", document=source.name, reason=reason),
            say("Open the document in LibreOffice to see what is wrong with it."),
        )

    def close(self) -> None:
        """Stop LibreOffice; the next document starts it again."""
        if self._worker is not None:
            worker, self._worker = self._worker, None
            worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _ready(self) -> None:
        # Retry a failed start once; a second failure is a problem of the machine.
        for last in (False, True):
            self.warm_up()
            try:
                self._warm().ready(self.engine.start_limit)
            except WorkerFault as fault:
                self.close()
                if last:
                    raise _broken(fault.reason) from fault
            else:
                return

    def _warm(self) -> Worker:
        assert self._worker is not None  # noqa: S101 - for the type checker: warm_up has just set it
        return self._worker

    def _attempt(self, source: Path, target: Path, limit: float) -> None:
        self._warm().convert(source, target, limit)
        if target.suffix == ".pdf":
            check_complete(target)

    def _restart_if_due(self) -> None:
        worker, engine = self._warm(), self.engine
        worn = worker.documents >= engine.renew_after_documents
        if worn or worker.memory_kib > engine.renew_above_mib * 1024:
            self.close()
            self.warm_up()


def check_complete(pdf: Path) -> None:
    """Raise Fault if a file is not a PDF from its header to its end-of-file marker."""
    try:
        with pdf.open("rb") as file:
            head = file.read(5)
            file.seek(max(0, pdf.stat().st_size - TAIL_BYTES))
            tail = file.read()
    except OSError as error:
        raise WorkerFault(say("it wrote no PDF")) from error
    if not head:
        raise WorkerFault(say("the PDF is empty"))
    if head != b"%PDF-" or b"%%EOF" not in tail:
        raise WorkerFault(say("the PDF is incomplete"))


def _check_space(folder: Path) -> None:
    if shutil.disk_usage(folder).free < DISK_RESERVE_BYTES:
        raise OfficeBroken(
            say("The disk is full: {folder}.", folder=folder),
            say("Free some space there, then run `notices resume BATCH`."),
        )


def _broken(reason: Message) -> OfficeBroken:
    return OfficeBroken(
        say("LibreOffice cannot be used: {reason}.", reason=reason),
        say("Install it again: {command}", command=INSTALL),
    )


def _environment(engine: Engine) -> dict[str, str]:
    own = dict(engine.environment)
    if engine.archival:
        own["NOTICES_PDF_VERSION"] = "2"
    if library := allocator():
        own["NOTICES_OFFICE_ALLOCATOR"] = str(library)
    return own
