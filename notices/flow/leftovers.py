"""What a cut-off run wrote and the ledger never heard of: it must not lie where somebody could send it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notices.flow.workspace import Workspace
from notices.ledger import Books
from notices.model import Channel, State
from notices.post import file_stem

NOT_OUT = frozenset({State.PLANNED, State.APPROVED, State.RENDERED, State.SET_ASIDE, State.DEFERRED, State.WITHDRAWN})


def sweep(workspace: Workspace, books: Books, batch: str) -> None:
    """Remove e-mails and print jobs of a batch that are not on record as ready to leave or gone.

    The caller holds the batch. An e-mail written just before a kill, of an owner who has paid since, is one of them.
    """
    kept = workspace.batch(batch) / "sent"
    messages = set(_messages_out(books, batch))
    for folder in (workspace.outbox(batch), kept):
        for path in folder.glob("*.eml"):
            if path.name not in messages:
                path.unlink()
        for path in folder.glob(".*.partial"):
            path.unlink()
    jobs = {job.number for job in books.jobs(batch)}
    for folder in (workspace.print_jobs(batch), kept):
        for path in _folders(folder):
            if path.name not in jobs:  # half-built ones too: they begin with a dot
                shutil.rmtree(path)


def _messages_out(books: Books, batch: str) -> Iterator[str]:
    for entry in books.decisions(batch):
        for delivery in entry.notice.deliveries if entry.notice else ():
            if delivery.channel is Channel.EMAIL and delivery.state not in NOT_OUT and entry.notice:
                yield f"{file_stem(entry.notice.number or '')}.eml"


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A private folder inside `folder` for what nobody needs afterwards; what a killed run left of it goes first.

    Raises OSError where the disk does not take it.
    """
    place = folder / ".scratch"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True, mode=0o700)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
