"""Removal of files that an interrupted command wrote but did not record: nobody may send them."""

from __future__ import annotations

import re
from pathlib import Path

from notices.files import beside, remove_folder
from notices.flow.batch.outside import knows_what_left
from notices.flow.workspace import Workspace
from notices.ledger import Books, JobState
from notices.model import Channel
from notices.post import file_stem
from notices.rules.states import MAY_HAVE_LEFT


def sweep(workspace: Workspace, books: Books, batch: str) -> None:
    """Remove e-mails and print jobs of a batch that the ledger has neither as ready to leave nor as gone.

    The caller has locked the batch. Example: an e-mail written just before a kill, whose owner has paid since. A ledger
    that is older than what has left removes nothing.
    """
    if not knows_what_left(workspace, books):
        return
    kept = workspace.batch(batch) / "sent"
    own, out = _messages(books, batch)
    for folder in (workspace.outbox(batch), kept):
        _remove_messages(folder, own - out)
    jobs = books.jobs.all(batch)
    ours = re.compile(rf"\.?{re.escape(batch)}-P\d+(\.partial|\.replaced)?")
    known = {job.number for job in jobs}
    alive = {
        job.number for job in jobs if job.state is not JobState.CANCELLED
    }  # their files will be taken to the print shop
    for path in workspace.print_jobs(batch).glob("*.zip"):
        if path.stem not in alive and ours.fullmatch(path.stem):
            path.unlink()
    for folder, wanted in ((workspace.print_jobs(batch), alive), (kept, known)):
        for path in _folders(folder):
            if path.name not in wanted and ours.fullmatch(path.name):
                remove_folder(path)


def _remove_messages(folder: Path, names: set[str]) -> None:
    """Remove messages, and what was left unfinished of them; the folder may be a link to one with files of others."""
    unfinished = {beside(folder / name, "partial").name for name in names}
    for name in names:
        (folder / name).unlink(missing_ok=True)
    for path in folder.glob(".*.partial"):
        if path.name in unfinished:
            path.unlink()


def _messages(books: Books, batch: str) -> tuple[set[str], set[str]]:
    """Return the file names of a batch's e-mails, and of those recorded as spooled or gone."""
    own: set[str] = set()
    out: set[str] = set()
    for summary in books.batches.summaries(batch):
        name = f"{file_stem(summary.number)}.eml"
        own.add(name)
        if any(channel is Channel.EMAIL and state in MAY_HAVE_LEFT for _, channel, state in summary.deliveries):
            out.add(name)
    return own, out


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
