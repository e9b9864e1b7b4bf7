"""Seals of an approval: a step uses nothing that differs from what was approved."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from notices.errors import Refused
from notices.flow.batch.whole_letters import ON_PAPER_TOO, sharing, with_mates
from notices.ledger import BatchRecord, Books, DecisionRecord, NoticeRecord, StateChange
from notices.messages import Message, say
from notices.model import State
from notices.pdf import sha256_of
from notices.rules.states import NOT_LEFT

LINK = "link"  # instead of a SHA-256: nothing behind it was approved, whatever it is at the moment
LOCK_FILE = re.compile(r"\.~lock\..*#")
NOT_APPROVED = say("its data in the ledger are not those that were approved")
CHANGED_ROWS = say("another program changed its rows in the ledger")
OTHER_PDF = say("another program changed the record of its PDF in the ledger")
CHANGED_JOB = say("another program changed the record of its print job in the ledger")
MOST_NAMED = 20  # changed rows named in a refusal
KEPT_ASIDE = NOT_LEFT - {State.PLANNED, State.SET_ASIDE}


def files_in(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a folder, by relative path; symbolic links are listed and not followed.

    LibreOffice's lock files are left out: it puts one beside each document that it opens. A file is read again only if
    it was touched. Raises OSError.
    """
    return dict(_files(folder, ""))


def _files(folder: Path, prefix: str) -> Iterator[tuple[str, str]]:
    if folder.is_symlink():
        yield prefix or ".", LINK
        return
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            name, state = f"{prefix}{entry.name}", entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(state.st_mode):
                yield from _files(folder / entry.name, f"{name}/")
            elif stat.S_ISREG(state.st_mode) and LOCK_FILE.fullmatch(entry.name):
                continue
            elif stat.S_ISREG(state.st_mode):
                yield name, _digest(entry.path, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
            else:  # a link, or a device or pipe, which would never end
                yield name, LINK


@lru_cache(maxsize=4096)
def _digest(file: str, _inode: int, _size: int, _modified: int, _changed: int) -> str:
    return sha256_of(Path(file))


def refuse_changed_facts(books: Books) -> None:
    """Raise Refused if another program changed payments, holds or what else stops letters: they would go unstopped."""
    if changed := books.seals.changed_facts():
        raise Refused(
            say(
                "Another program changed {count} row(s) in the ledger that decide which letters go.", count=len(changed)
            ),
            say("Nothing was done. Restore the ledger from a backup; `notices ledger verify` names every changed row."),
            [say("{row}", row=row) for row in changed[:MOST_NAMED]],
        )


def differences(sealed: Mapping[str, str], now: Mapping[str, str]) -> tuple[Message, ...]:
    """Return a message for each file that differs from the sealed ones."""
    return tuple(
        _difference(name, sealed, now) for name in sorted(sealed.keys() | now.keys()) if _differs(name, sealed, now)
    )


def _differs(name: str, sealed: Mapping[str, str], now: Mapping[str, str]) -> bool:
    return sealed.get(name) != now.get(name) or now.get(name) == LINK


def _difference(name: str, sealed: Mapping[str, str], now: Mapping[str, str]) -> Message:
    if name not in now:
        return say("{file} is missing", file=name)
    if now[name] == LINK:
        return say("{file} is a symbolic link", file=name)
    if name not in sealed:
        return say("{file} was added", file=name)
    return say("{file} was changed", file=name)


def broken_seals(
    books: Books,
    batch: BatchRecord,
    entries: Sequence[DecisionRecord],
    earlier: Mapping[int, NoticeRecord] | None = None,
) -> dict[int, Message]:
    """Return the approved notices, by id, whose data in the ledger are not those approved, each with a reason.

    Their rows, and those of their PDFs, are also compared with the chain of events: so a PDF cannot be exchanged
    together with its checksum. A reason against one notice of a letter is one against all.
    """
    ids = [entry.notice.id for entry in entries if entry.notice]
    whole = with_mates(books, entries, ON_PAPER_TOO)
    unknown = [entry.notice.id for entry in whole[len(entries) :] if entry.notice]
    before = books.notices.earlier_steps(ids) if earlier is None else earlier
    before = {**before, **books.notices.earlier_steps(unknown)} if unknown else before
    reasons = dict.fromkeys(books.seals.changed_pdfs(whole), OTHER_PDF)
    reasons |= dict.fromkeys(books.seals.changed_rows(whole), CHANGED_ROWS)
    reasons |= dict.fromkeys(books.seals.broken(batch, whole, before), NOT_APPROVED)
    stopped = [entry for entry in whole if entry.notice and entry.notice.id in reasons]
    for entry, causes in sharing(whole, stopped, ON_PAPER_TOO) if stopped else ():
        told = [reasons[cause.notice.id] for cause in causes if cause.notice]
        if entry.notice:
            reasons[entry.notice.id] = CHANGED_ROWS if CHANGED_ROWS in told else told[0]
    return {key: reasons[key] for key in ids if key in reasons}


def not_as_approved(entry: DecisionRecord, reason: Message) -> Message:
    """Return the message for a notice with a broken seal."""
    return say(
        "{notice} ({account}): refused, because {reason}. Restore the ledger from a backup, or withdraw the notice and "
        "plan again.",
        notice=(entry.notice.number if entry.notice else None) or "",
        account=entry.account.key,
        reason=reason,
    )


def keep_aside(
    books: Books, entries: Iterable[DecisionRecord], reasons: Mapping[int, Message], *, by: str, at: datetime
) -> None:
    """Set aside the letters of notices with broken seals; record for spooled ones that they were asked back.

    Rows that another program changed stay as they are: the next change by this one would seal them anew.
    """
    broken = [
        (entry.notice, reasons[entry.notice.id]) for entry in entries if entry.notice and entry.notice.id in reasons
    ]
    books.deliveries.set_states(
        [
            StateChange(delivery.id, State.SET_ASIDE, kind="seal-broken", data=reason.as_data())
            for notice, reason in broken
            for delivery in notice.deliveries
            if delivery.state in KEPT_ASIDE and reasons[notice.id] != CHANGED_ROWS
        ],
        by=by,
        at=at,
    )
    spooled = [way.id for notice, _ in broken for way in notice.deliveries if way.state is State.SPOOLED]
    books.deliveries.record_recall(spooled, by=by, at=at)
