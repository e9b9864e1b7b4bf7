"""Parts of every kind of print job: its letters, contact and language, its files, and its record in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from notices.errors import Refused
from notices.files import copy_as_evidence, remove_folder
from notices.flow.batch.departure import Departure, last_look
from notices.flow.batch.frozen import Frozen
from notices.flow.batch.session import BatchSession
from notices.flow.batch.whole_letters import ON_PAPER_TOO
from notices.flow.workspace import Workspace
from notices.ledger import Books, DecisionRecord, LetterPosition, NewJob
from notices.messages import Message, Translator, translator
from notices.press import JobResult, PlacedLetter, PrintItem, file_name, period_of
from notices.rules.states import OPEN
from notices.settings import Print, Settings


def with_contact(settings: Settings, estate: str) -> Print:
    """Return the print settings; the contact is the service centre unless one is set."""
    sender = settings.estate(estate)
    if settings.print.contact or sender is None:
        return settings.print
    centre = sender.service_centre
    return settings.print.model_copy(update={"contact": f"{centre.name} {centre.telephone}".strip()})


def language_of_shop(settings: Settings, items: Sequence[PrintItem]) -> Translator:
    """Return a translator for the print shop: Chinese, unless all estates of the letters are English."""
    english = {estate.name for estate in settings.estates if estate.language == "en"}
    return translator("en" if english.issuperset(item.estate for item in items) else "zh")


@dataclass(frozen=True)
class SourcePages:
    """Consecutive pages of a PDF, and the file's SHA-256."""

    file: Path
    sha256: str
    first: int
    count: int


def print_item(
    frozen: Frozen, entry: DecisionRecord, delivery_id: int, pages: SourcePages, units: Sequence[str] = ()
) -> PrintItem:
    """Return a letter to print: its pages, its units if they are several, and notice and address as in the batch."""
    account, notice = entry.account, entry.notice
    tier = frozen.tier(entry)
    recipient = next((d.recipient for d in notice.deliveries if d.id == delivery_id), None) if notice else None
    return PrintItem(
        number=(notice.number if notice else None) or "",
        tier_title=tier.title,
        estate=account.estate,
        unit=account.unit,
        building=account.building,
        entrance=account.entrance,
        room=account.room,
        recipient=account.owner,
        postcode=account.postcode,
        address=recipient or account.address,
        source=pages.file,
        source_sha256=pages.sha256,
        first=pages.first,
        count=pages.count,
        tier=tier.name,
        telephone=account.telephone,
        period=period_of(account.charges),
        units=tuple(units),
    )


def keep_job(result: JobResult, folder: Path) -> None:
    """Copy the files of a job into a folder of the batch as evidence, in place of what an unfinished run left there."""
    remove_folder(folder)
    for name in result.files:
        copy_as_evidence(result.folder / name, folder)


def record_job(
    session: BatchSession, job: NewJob, notices: Iterable[Sequence[DecisionRecord]], *, since: int, finishes: str = ""
) -> Departure:
    """Record a job, and the command that it `finishes`, unless one of its `notices` must not leave any more.

    The last look at the ledger and the record are one transaction; `since` is the event on which the decision to
    print rests. If the ledger refuses the job, its files are removed: on a ledger shared by several machines another
    one may have made a job of that number or printed these letters, and whoever found the files would carry them to
    the shop.
    """
    order = session.order
    try:
        with session.ledger.begin() as books:
            departure = _look(session, books, notices, since=since, again=job.replaces is not None)
            if not departure.stopped:
                books.jobs.add(job, by=order.by, at=order.at)
                if finishes:
                    books.commands.finish(finishes, batch=order.batch, at=order.at)
    except Refused:
        discard_job(session.workspace, job.batch, job.number)
        raise
    return departure


def _look(
    session: BatchSession, books: Books, notices: Iterable[Sequence[DecisionRecord]], *, since: int, again: bool
) -> Departure:
    news = books.events.news_since(since)
    stopped: dict[int, Message] = {}
    if news.any:
        by, at = session.order.by, session.order.at
        reach = ON_PAPER_TOO if again else OPEN  # letters that are printed again may have been handed over
        for page in notices:
            stopped |= last_look(books, session.frozen, page, since=None, by=by, at=at, reach=reach).stopped
    return Departure(books.events.last(), stopped)


def discard_job(workspace: Workspace, batch: str, job: str) -> None:
    """Remove all files of a job that is not on record."""
    remove_job(workspace, batch, job)
    remove_folder(workspace.kept_job(batch, job, 1))


def remove_job(workspace: Workspace, batch: str, job: str) -> None:
    """Remove a job's folder and archive; the copy kept in the batch stays."""
    jobs = workspace.print_jobs(batch)
    (jobs / f"{job}.zip").unlink(missing_ok=True)
    remove_folder(jobs / job)


def place_in(placed: PlacedLetter, delivery_id: int) -> LetterPosition:
    """Return a letter's position in a job, as the ledger stores it."""
    return LetterPosition(
        delivery_id,
        position=placed.position,
        file=file_name(placed.file),
        first_page=placed.first_page,
        pages=placed.pages,
        first_sheet=placed.first_sheet,
        sheets=placed.sheets,
    )
