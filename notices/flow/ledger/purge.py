"""purge: forget what is personal about cases that were settled long ago; the chain still verifies, figures stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from notices.errors import Refused, UsageMistake
from notices.files import remove_folder
from notices.flow.batch.lock import only_one
from notices.flow.batch.outside import refuse_older_ledger
from notices.flow.batch.shared_files import LETTERS
from notices.flow.batch.slip_files import files_of_slips
from notices.flow.people import refuse_strangers
from notices.flow.workspace import Workspace
from notices.ledger import Books, CaseRows, Ledger, ListedCase, ReplyRecord, SharedFile
from notices.messages import say
from notices.model import ZERO, CaseKey, HoldKind, State
from notices.post import file_stem
from notices.rules.balances import balances
from notices.rules.ownership import theirs
from notices.rules.states import OPEN

STILL_OPEN = OPEN | {State.PLANNED}


@dataclass(frozen=True)
class ForgetRequest:
    """Cases settled before this day are purged, by whom and when; a trial (`dry_run`) changes nothing."""

    settled_before: date
    by: str
    at: datetime
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file that stays until other cases in it are settled, and how many these are."""

    file: str
    cases: int


@dataclass(frozen=True)
class Purged:
    """Result of `purge`: the cases and events purged, the files removed, and those that wait for other cases."""

    cases: int
    events: int
    removed: tuple[str, ...]
    waiting: tuple[WaitingFile, ...]


def purge(workspace: Workspace, ledger: Ledger, request: ForgetRequest) -> Purged:
    """Purge the cases that were settled before a day and in which nothing has happened since.

    Files go before the transaction is committed: if that fails, the next call removes the rest. Raises UsageMistake if
    the day is in the future, Refused if the ledger is older than what has left or a batch is in use.
    """
    refuse_strangers(workspace, request.by)
    if request.settled_before > request.at.date():
        raise UsageMistake(
            say("The day {day} is in the future.", day=request.settled_before.isoformat()),
            say("Give the day before which a case was settled, such as three years ago."),
        )
    refuse_older_ledger(workspace, ledger)
    with ExitStack() as locks:
        if request.dry_run:
            with ledger.read() as books:
                return _Purge(workspace, books, request).planned()
        with ledger.read() as books:
            names = [batch.name for batch in books.batches.all()]
        for name in (LETTERS, *names):
            locks.enter_context(only_one(workspace, ledger, name, by=request.by))
        with ledger.begin() as books:
            done = _Purge(workspace, books, request).carried_out()
        ledger.shred()
    return done


@dataclass
class _Purge:
    """One purge, inside its transaction."""

    workspace: Workspace
    books: Books
    request: ForgetRequest

    def planned(self) -> Purged:
        """Return what would be purged."""
        cases = settled_cases(self.books, self.request)
        rows = self.books.purging.rows_of(cases)
        return self._result(cases, rows, self.books.purging.shared_files(rows))

    def carried_out(self) -> Purged:
        """Purge, and return what was."""
        purging = self.books.purging
        cases = settled_cases(self.books, self.request)
        rows = purging.rows_of(cases)
        shared = purging.shared_files(rows)
        result = self._result(cases, rows, shared)
        if not cases:
            return result
        own = [path for path in self._own_files(rows) if path.exists()]
        events = purging.events_of(rows)
        names = {case.key for case in (*cases, *rows.names.values())}
        purging.blank(rows)
        purging.forget_rejected(names)
        for file in shared:
            if not file.waiting:
                purging.forget_file(file)
        facts = {"settled_before": self.request.settled_before.isoformat(), "cases": len(cases)}
        purging.record(facts, events, by=self.request.by, at=self.request.at)
        for path in (*own, *(path for file in shared if not file.waiting for path in self._paths(file))):
            _remove(path)
        return result

    def _result(self, cases: set[CaseKey], rows: CaseRows, shared: Iterable[SharedFile]) -> Purged:
        files = [(file, list(self._paths(file))) for file in shared]
        gone = [path for file, paths in files if not file.waiting for path in paths]
        removed = [path for path in dict.fromkeys((*self._own_files(rows), *gone)) if path.exists()]
        waiting = [
            WaitingFile(self._shown(path), file.waiting)
            for file, paths in files
            if file.waiting
            for path in paths
            if path.exists()
        ]
        waiting += [
            WaitingFile(self._shown(path), left)
            for job, left in self._letter_jobs(set(rows.replies)).items()
            if left and (path := self.workspace.letter_jobs / job).exists()
        ]
        return Purged(
            len(cases), len(self.books.purging.events_of(rows)), tuple(map(self._shown, removed)), tuple(waiting)
        )

    def _shown(self, path: Path) -> str:
        """Return the path in the workspace; Refused, before anything is removed, if a row names one outside."""
        if not path.is_relative_to(self.workspace.root) or ".." in path.parts[len(self.workspace.root.parts) :]:
            raise Refused(
                say("The ledger names a file outside the workspace; nothing was purged."),
                say("Somebody has changed the ledger: restore it from a backup, then `notices ledger verify`."),
                [say("{file}", file=str(path))],
            )
        return path.relative_to(self.workspace.root).as_posix()

    def _own_files(self, rows: CaseRows) -> Iterator[Path]:
        for batch, number in self.books.purging.own_files(rows):
            for folder in (self.workspace.sent(batch), self.workspace.outbox(batch)):
                yield folder / f"{file_stem(number)}.eml"
            yield self.workspace.output(batch) / "answers" / f"{number}.pdf"
            yield from files_of_slips(self.workspace, batch, number)
        for file in (*self.books.purging.reply_files(rows), *self.books.purging.scanned_files(rows)):
            yield self.workspace.root / file
        yield from self._files_of_letters(set(rows.replies))

    def _files_of_letters(self, purged: Collection[int]) -> Iterator[Path]:
        """Yield the messages of these letters of reply, the copies for clerks, and the jobs that have no others."""
        for each in self.books.replies.all():
            if each.id in purged:
                yield self.workspace.batch(each.batch) / "replies" / f"{file_stem(each.number)}.eml"
                folder = self.workspace.output(each.batch) / "replies"
                yield folder / "outbox" / f"{file_stem(each.number)}.eml"
                yield folder / f"{each.number}.pdf"
        yield from (self.workspace.letter_jobs / job for job, left in self._letter_jobs(purged).items() if not left)

    def _letter_jobs(self, purged: Collection[int]) -> dict[str, int]:
        """Return the print jobs of these letters of reply, each with the number of other cases in it."""
        inside: dict[str, list[ReplyRecord]] = defaultdict(list)
        for each in self.books.replies.all():
            for job in {way.job for way in each.deliveries if way.job}:
                inside[job].append(each)
        return {
            job: len({it.case for it in letters if it.file and it.id not in purged})
            for job, letters in inside.items()
            if any(it.id in purged for it in letters)
        }

    def _paths(self, file: SharedFile) -> Iterator[Path]:
        if file.what == "list":
            name = f"{file.sha256[:8]}-{file.name}" if file.position else file.name
            yield self.workspace.batch(file.batch) / "list" / name
        elif file.what == "shard":
            yield self.workspace.root / file.name
        else:
            yield self.workspace.print_jobs(file.batch) / file.name
            yield self.workspace.print_jobs(file.batch) / f"{file.name}.zip"
            for version in range(1, file.position + 1):
                yield self.workspace.kept_job(file.batch, file.name, version)


def settled_cases(books: Books, request: ForgetRequest) -> set[CaseKey]:
    """Return the cases that owed nothing since before the day, by their newest list and all payments."""
    by_day: dict[date, list[ListedCase]] = defaultdict(list)
    for listed in books.purging.newest():
        by_day[listed.list_date].append(listed)
    today, settled = request.at.date(), set[CaseKey]()
    for day, group in by_day.items():
        histories = books.histories.of_cases(
            {listed.case: listed.charges for listed in group}, list_date=day, as_of=today
        )
        for listed in group:
            history = histories[listed.case]
            own = theirs(listed.charges, history.claimed_from)
            left = balances(own, history.payments, day)
            disputed = any(hold.kind is HoldKind.DISPUTED for hold in history.holds)
            last_paid = max((payment.date for payment in history.payments), default=day)
            if not disputed and all(owed == ZERO for owed in left) and max(last_paid, day) < request.settled_before:
                settled.add(listed.case)
    return settled - books.purging.unfinished(settled, STILL_OPEN, request.settled_before)


def _remove(path: Path) -> None:
    if path.is_dir():
        remove_folder(path)
    else:
        path.unlink(missing_ok=True)
