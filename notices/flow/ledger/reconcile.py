"""ledger reconcile: an old copy of the ledger takes in what has left since; what that leaves open is for a person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from notices.flow.batch.departed import DepartedJob
from notices.flow.batch.lock import only_one
from notices.flow.batch.outside import batch_folders, fault_of, folders_with_evidence, marks_of
from notices.flow.ledger.evidence import Evidence, gather, may_have_left
from notices.flow.ledger.found_letters import take_in_letters
from notices.flow.ledger.found_notices import as_imported, series_after
from notices.flow.ledger.found_spooled import follow_spooled
from notices.flow.people import refuse_strangers
from notices.flow.workspace import Workspace
from notices.ledger import (
    Books,
    DeliveryRecord,
    HeadEntry,
    JobState,
    Ledger,
    LetterPosition,
    MailFacts,
    Movement,
    OutsideJob,
    StateChange,
    farthest,
    write_mark,
)
from notices.ledger.reconciling import RECONCILED
from notices.messages import Message, say
from notices.model import Channel, State
from notices.pdf import DamagedPdf, page_count, sha256_of
from notices.rules.states import NOT_LEFT
from notices.words import word

MOST_TIMES = 20  # of lost entries, named for each kind


@dataclass(frozen=True)
class ReconcileRequest:
    """Person who reconciles, and the time; a trial (`dry_run`) changes nothing."""

    by: str
    at: datetime
    dry_run: bool = False


@dataclass
class Reconciled:
    """Result of `ledger reconcile`; `attention` is what is left to a person, now or from an earlier call.

    `older` if the ledger was older than what has left, `lost_since` the time from which its events are lost. `numbers`
    are the notices found, by what became of them: `unknown`, `withdrawn`, `imported`, `unrecorded`; `letters` says
    what is left to do about letters of reply. `entered` are the times at which things were entered that are lost, by
    kind.
    """

    older: bool
    lost_since: datetime | None = None
    numbers: dict[str, list[str]] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)
    series: dict[str, int] = field(default_factory=dict)
    letters: tuple[Message, ...] = ()
    entered: dict[str, list[datetime]] = field(default_factory=dict)
    attention: tuple[Message, ...] = ()

    def note(self, outcome: str, number: str) -> None:
        """Note a notice."""
        its = self.numbers.setdefault(outcome, [])
        if number not in its:
            its.append(number)


class _TrialEnds(Exception):  # noqa: N818 - rolls the transaction back
    pass


def reconcile(workspace: Workspace, ledger: Ledger, request: ReconcileRequest) -> Reconciled:
    """Record what is known outside of an older ledger, then let the file of heads begin anew.

    If the ledger knows all that has left, nothing is changed, and `attention` tells what earlier calls left open.
    """
    refuse_strangers(workspace, request.by)
    with only_one(workspace, ledger, "reconcile", by=request.by):
        done = Reconciled(older=False)
        with suppress(_TrialEnds), ledger.begin() as books:
            if fault_of(workspace, books) is not None:
                done = _Reconciling(workspace, books, request, gather(workspace, books)).carry_out()
            done.attention = (*_lost(done), *done.letters, *_left(books))
            if request.dry_run:
                raise _TrialEnds
        if done.older and not request.dry_run:
            _keep_lost_approvals(workspace, ledger)
            if (present := ledger.begin_heads_anew()) is not None:
                _renew_marks(workspace, present)
        return done


@dataclass
class _Reconciling:
    """One call, inside its transaction."""

    workspace: Workspace
    books: Books
    request: ReconcileRequest
    evidence: Evidence
    done: Reconciled = field(default_factory=lambda: Reconciled(older=True))
    lost_letters: list[str] = field(default_factory=list)

    def carry_out(self) -> Reconciled:
        """Record everything; idempotent, so that it can be repeated after an interruption."""
        self.done.lost_since = self.evidence.since
        self._letters()
        self.done.entered = self.evidence.entered
        self._spooled()
        jobs: dict[str, list[tuple[DeliveryRecord | None, Movement]]] = {}
        for movement in self._of_notices:
            notice = self.books.notices.find(movement.notice)
            way = next((it for it in notice.deliveries if it.channel is movement.channel), None) if notice else None
            if movement.channel is Channel.PRINT and movement.job:
                jobs.setdefault(movement.job, []).append((way, movement))
            if notice is None:
                self._unknown_notice(movement)
            elif way is not None and way.state in NOT_LEFT:
                self._known_delivery(way, movement)
        for number, letters in jobs.items():
            self._job(number, letters)
        for number in sorted(self.evidence.handed):
            self._handed(number)
        self._forgotten_jobs()
        self._numbers()
        facts = {
            "lost": [self.evidence.lost[0].head.id, self.evidence.lost[-1].head.id] if self.evidence.lost else None,
            **{outcome: sorted(numbers) for outcome, numbers in self.done.numbers.items()},
            "jobs": self.done.jobs,
            "letters": self.lost_letters,
            "entered": {kind: len(times) for kind, times in self.done.entered.items()},
        }
        self.books.reconciling.record(facts, by=self.request.by, at=self.request.at)
        return self.done

    @property
    def _of_notices(self) -> list[Movement]:
        return [it for it in self.evidence.movements if it.letter is None]

    def _letters(self) -> None:
        """Record what became of letters of reply."""
        movements = [it for it in self.evidence.movements if it.letter is not None]
        by, at = self.request.by, self.request.at
        found = take_in_letters(self.workspace, self.books, movements, by=by, at=at)
        for outcome, number in found.numbers:
            self.done.note(outcome, number)
        self.lost_letters = found.unrecorded
        self.done.letters = tuple(found.attention)

    def _spooled(self) -> None:
        """Record what became of deliveries that the ledger holds as spooled."""
        found = follow_spooled(self.books, self._of_notices, by=self.request.by, at=self.request.at)
        for outcome, number in found.numbers:
            self.done.note(outcome, number)
        self.done.jobs += found.doubtful

    def _known_delivery(self, way: DeliveryRecord, movement: Movement) -> None:
        """Record what became of a delivery that the ledger holds in a state before leaving."""
        if movement.state is State.WITHDRAWN:
            self._set(StateChange(way.id, State.WITHDRAWN, kind=RECONCILED))
            self.done.note("withdrawn", movement.notice)
        elif may_have_left(movement) and movement.channel is Channel.EMAIL:
            facts = MailFacts(message_id=movement.message_id, sha256=movement.sha256)
            told = {"known": movement.state.value}
            self._set(StateChange(way.id, State.UNKNOWN, kind=RECONCILED, mail=facts, data=told))
            self.done.note("unknown", movement.notice)

    def _set(self, change: StateChange) -> None:
        self.books.reconciling.set_states([change], by=self.request.by, at=self.request.at)

    def _unknown_notice(self, movement: Movement) -> None:
        """Record a notice that the ledger does not know as one that was sent before."""
        if not may_have_left(movement):
            return
        notices = as_imported(self.workspace, self.books, self.evidence, movement)
        if not notices:
            self.done.note("unrecorded", movement.notice)
            return
        self.books.imports.add(notices, by=self.request.by, at=self.request.at)
        self.done.note("imported", movement.notice)

    def _job(self, number: str, letters: list[tuple[DeliveryRecord | None, Movement]]) -> None:
        """Record a print job that the ledger does not know, open until a person says what became of it."""
        batch = number.rpartition("-P")[0]
        if self.books.jobs.find(number) is not None or self.books.batches.find(batch) is None:
            return
        now = self.books.deliveries.with_ids([way.id for way, _ in letters if way is not None])
        inside = [
            now[way.id]
            for way, it in letters
            if way is not None and now[way.id].state in NOT_LEFT and may_have_left(it)
        ]
        # A letter of several notices has one place, that of the leading one, which takes the others with it.
        leading = {way.id for way in inside if not way.is_led}
        out = [way for way in inside if way.id in leading or way.letter_id not in leading]
        gone = any(may_have_left(it) for _, it in letters)
        self._add_job(number, batch, {it.id: _number_of(letters, it) for it in out}, cancelled=not gone)

    def _forgotten_jobs(self) -> None:
        """Record the jobs that have a folder and no letter that moved, such as supplements."""
        for job in self.evidence.jobs:
            if self.books.jobs.find(job.number) or self.books.batches.find(job.batch) is None or not job.rows:
                continue
            ways: dict[int, str] = {}
            for row in job.rows:
                notice = self.books.notices.find(row.number)
                ways |= {it.id: row.number for it in notice.deliveries if it.channel is Channel.PRINT} if notice else {}
            if any(row.replaces for row in job.rows):
                self._add_job(job.number, job.batch, ways, cancelled=False)

    def _add_job(self, number: str, batch: str, ways: Mapping[int, str], *, cancelled: bool) -> None:
        folder = self.evidence.job_named(number)
        rows = {row.number: row for row in folder.rows} if folder else {}
        counts = _page_counts(folder) if folder else {}
        ordered = sorted(ways, key=lambda key: rows[ways[key]].position if ways[key] in rows else 0)
        places = {
            key: LetterPosition(
                key, row.position, row.file, row.first_page, counts[row.number], row.first_sheet, row.sheets
            )
            for key in ordered
            if (row := rows.get(ways[key])) and row.number in counts
        }
        names = sorted(path for path in folder.folder.iterdir() if path.is_file()) if folder else []
        job = OutsideJob(
            number=number,
            batch=batch,
            deliveries=tuple(ordered),
            places=places if len(places) == len(ordered) else {},
            files={path.name: sha256_of(path) for path in names if path.name != "SHA256SUMS"},
            replaces=next((row.replaces for row in rows.values() if row.replaces), None),
            cancelled=cancelled,
        )
        self.books.reconciling.add_job(job, by=self.request.by, at=self.request.at)
        self.done.jobs.append(number)

    def _handed(self, number: str) -> None:
        """Record that it is unknown what became of a job that the ledger holds as not handed over."""
        job = self.books.jobs.find(number)
        if job is None or job.state is not JobState.SPOOLED or number in self.done.jobs:
            return
        self.books.reconciling.doubt_handover(number, by=self.request.by, at=self.request.at)
        self.done.jobs.append(number)

    def _numbers(self) -> None:
        """Move the series beyond every number that is known outside."""
        found = {it.notice for it in self._of_notices}
        found |= {mail.number for mail in self.evidence.mails if mail.number}
        found |= {row.number for job in self.evidence.jobs for row in job.rows}
        ahead = farthest([self.evidence.series, series_after(self.workspace, found)])
        self.done.series = self.books.reconciling.advance_series(ahead)


def _page_counts(job: DepartedJob) -> dict[str, int]:
    """Return how many pages of its file each letter of a job takes, with its enclosures and blank backs."""
    counts: dict[str, int] = {}
    for name in {row.file for row in job.rows}:
        rows = sorted((row for row in job.rows if row.file == name), key=lambda row: row.first_page)
        try:
            ends = [*(row.first_page for row in rows[1:]), page_count(job.folder / name) + 1]
        except (DamagedPdf, OSError):
            continue
        counts |= {row.number: end - row.first_page for row, end in zip(rows, ends, strict=True)}
    return counts


def _number_of(letters: list[tuple[DeliveryRecord | None, Movement]], way: DeliveryRecord) -> str:
    return next(movement.notice for each, movement in letters if each is not None and each.id == way.id)


def _lost(done: Reconciled) -> Iterator[Message]:
    if done.lost_since is not None:
        yield say(
            "What was entered from {time} on is not in this ledger: enter payments, holds, slips, results, claims and "
            "renames of accounts again.",
            time=f"{done.lost_since:%Y-%m-%d %H:%M:%S %Z}".strip(),
        )
        for kind, times in done.entered.items():
            yield say(
                "Lost, to be entered again: {kind}, {count} time(s), at {times}{more}.",
                kind=word(kind),
                count=len(times),
                times=", ".join(f"{at:%Y-%m-%d %H:%M}" for at in times[:MOST_TIMES]),
                more=" …" if len(times) > MOST_TIMES else "",
            )
    elif done.older:
        yield say(
            "Nothing shows how much is missing from this ledger. Before you send or print, compare the letters that "
            "wait with the mail server's log and with the print shop, and enter payments, holds, claims and renames of "
            "accounts again."
        )


def _left(books: Books) -> Iterator[Message]:
    """Yield what is left to a person, from this call and earlier ones."""
    for number in books.reconciling.doubtful_mails():
        yield say(
            "{notice}: it is unknown whether its e-mail was sent. Look for it in the mail server's log, then run "
            "`notices mail settle {notice}` with --sent or --resend.",
            notice=number,
        )
    for job in books.reconciling.doubtful_jobs():
        yield say(
            "Print job {job}: it is unknown whether it was printed. If it was: `notices job confirm {job}`. If not: "
            "`notices job cancel {job} --pulled --why TEXT`.",
            job=job,
        )
    for number in books.reconciling.unrecorded():
        yield say(
            "{notice} has left, and nothing shows to whom. Enter it with its number: `notices history import FILE`.",
            notice=number,
        )


def _keep_lost_approvals(workspace: Workspace, ledger: Ledger) -> None:
    """Rename the frozen files of approvals that the ledger does not know: the next approval would replace them."""
    with ledger.read() as books:
        known = {
            batch.name: {workspace.root / approval.frozen for approval in batch.approvals}
            for batch in books.batches.all()
        }
        last = books.events.head().id
    for name, frozen in known.items():
        folder = workspace.batch(name)
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if re.fullmatch(r"approval-\d+", path.name) and path not in frozen:
                path.rename(path.with_name(f"{path.name}.lost-{last}"))


def _renew_marks(workspace: Workspace, present: HeadEntry) -> None:
    """Keep the present head with all that has left: from now on the ledger knows it, or has told what it does not."""
    evident = folders_with_evidence(workspace)
    for name in batch_folders(workspace):
        if name in evident or any(marks_of(workspace, name)):
            for folder in (workspace.batch(name), workspace.output(name)):
                write_mark(folder, present)
