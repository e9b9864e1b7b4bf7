"""The check of kept time stamps: each must still be of the event that the ledger has, and be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from notices.errors import NoticesError, Unusable
from notices.flow.batch.stamping import stamp_file, trusted_roots
from notices.flow.workspace import Workspace
from notices.ledger import Books, Breach, LinkedEvent, StampRecord
from notices.messages import Message, say
from notices.timestamps import UntrustedStamp, verified_stamp


@dataclass
class StampFindings:
    """Findings: the number of stamps, what is broken, faults of files, and why some could not be checked."""

    count: int = 0
    broken: list[Breach] = field(default_factory=list)
    files: list[tuple[Path, Literal["missing", "changed"]]] = field(default_factory=list)
    unchecked: tuple[Message, ...] = ()


def check_stamps(workspace: Workspace, books: Books) -> StampFindings:
    """Check the stamps in the ledger, and those beside it: a stamp of an event that the ledger lacks shows a loss."""
    found = StampFindings()
    roots = _roots(workspace, found)
    known = set[Path]()
    for record in books.stamps.all():
        found.count += 1
        path = stamp_file(workspace, record.event)
        known.add(path)
        _check_record(record, books.stamps.linked(record.event), roots, found)
        if not path.is_file():
            found.files.append((path, "missing"))
        elif path.read_bytes() != record.answer and not _is_repeated(path, books, roots):
            found.files.append((path, "changed"))
    for path, event in _outside(workspace):
        if path not in known:
            _check_outside(path, event, books, roots, found)
    return found


def _roots(workspace: Workspace, found: StampFindings) -> bytes | None:
    """Return the trusted certificates; None, with the reason, if there are none."""
    if not workspace.settings.timestamp.ca_file:
        found.unchecked = (
            say("The signatures of the time stamps are not checked: [timestamp] ca_file names no certificate."),
        )
        return None
    try:
        return trusted_roots(workspace)
    except Unusable as error:
        found.unchecked = (error.fact, error.remedy)
        return None


def _check_record(record: StampRecord, event: LinkedEvent | None, roots: bytes | None, found: StampFindings) -> None:
    if event is None or event.link != record.link or not _is_of(record.answer, event, roots, found):
        found.broken.append(Breach(record.id, "changed", f"stamp {record.event}"))


def _check_outside(path: Path, number: int, books: Books, roots: bytes | None, found: StampFindings) -> None:
    """Check a stamp that no event knows: it was made after the ledger was copied, or just before a crash."""
    event = books.stamps.linked(number)
    if event is None:
        found.broken.append(Breach(number, "removed", f"stamp {number}"))
    elif not _is_of(path.read_bytes(), event, roots, found):
        found.files.append((path, "changed"))


def _is_repeated(path: Path, books: Books, roots: bytes | None) -> bool:
    """Return whether a file holds a later stamp of the same event, as two commands at once make."""
    return roots is not None and any(
        path.read_bytes() == record.answer for record in books.stamps.all() if f"{record.event:09d}" == path.stem
    )


def _is_of(answer: bytes, event: LinkedEvent, roots: bytes | None, found: StampFindings) -> bool:
    if roots is None:
        return True
    try:
        verified_stamp(answer, event.link_text.encode(), roots)
    except UntrustedStamp:
        return False
    except NoticesError as error:
        found.unchecked = (error.fact, error.remedy)
    return True


def _outside(workspace: Workspace) -> Iterator[tuple[Path, int]]:
    for path in sorted(workspace.stamps.glob("*.tsr")):
        if path.stem.isdecimal():
            yield path, int(path.stem)
