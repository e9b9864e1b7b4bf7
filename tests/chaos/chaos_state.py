"""Comparison of workspaces, and checks of the invariants that hold in each."""

from __future__ import annotations

import csv
import difflib
import hashlib
import json
import pprint
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pypdfium2
from chaos_workspace import BATCH

# Columns not compared: times, and values that depend on which worker was first; other columns cover their meaning.
APART: dict[str, frozenset[str]] = {
    "batches": frozenset({"planned_at"}),
    "lists": frozenset({"received_at"}),
    "accounts": frozenset(),
    "charges": frozenset(),
    "decisions": frozenset(),
    "approvals": frozenset({"at"}),
    "notices": frozenset({"entered_at", "shard_id"}),
    "deliveries": frozenset({"since", "sha256"}),
    "series": frozenset(),
    "jobs": frozenset({"made_at", "files"}),
    "job_items": frozenset(),
    "holds": frozenset(),
    "payments": frozenset(),
}
PLACES = """SELECT number, file, first_page, notices.pages FROM notices JOIN shards ON shards.id = shard_id
    ORDER BY number"""
SPOOLED = """SELECT leading.number, mine.sha256 FROM deliveries AS mine
    JOIN deliveries AS lead ON lead.id = coalesce(mine.letter_id, mine.id)
    JOIN notices AS leading ON leading.id = lead.notice_id
    WHERE mine.state = 'spooled' AND mine.channel = 'email'"""
OURS_ALONE = ("notices.heads", "batches/.", "batches/ledger.db", "output/.office/")


@dataclass(frozen=True)
class State:
    """A workspace's state: the ledger's rows by table, and every file's content by path."""

    rows: dict[str, list[Any]]
    files: dict[str, object]


def state_of(workspace: Path) -> State:
    """Return the workspace's state without times and random values, to compare runs."""
    with ledger(workspace) as books:
        rows: dict[str, list[Any]] = {table: _rows(books, table, apart) for table, apart in APART.items()}
        rows["places"] = [tuple(row) for row in books.execute(PLACES)]
        rows["events"] = _events(books)
    return State(rows, {path: content(workspace / path) for path in paths(workspace)})


def notices_together(state: State) -> int:
    """Return how many notices leave in a letter with others."""
    return len({row["notice_id"] for row in state.rows["deliveries"] if row["letter_id"] is not None})


def differences(found: State, wanted: State) -> list[str]:
    """Return the differences between two states as readable lines; empty if there are none."""
    told: list[str] = []
    for before, now in ((wanted.rows, found.rows), (wanted.files, found.files)):
        told += [f"missing: {name}" for name in before.keys() - now.keys()]
        told += [f"too much: {name}" for name in now.keys() - before.keys()]
        told += [_difference(name, before[name], now[name]) for name in before.keys() & now.keys()]
    return [each for each in told if each]


def _difference(name: str, wanted: object, found: object) -> str:
    if found == wanted:
        return ""
    lines = (pprint.pformat(each, width=160).splitlines() for each in (wanted, found))
    return f"otherwise: {name}\n" + "\n".join(list(difflib.unified_diff(*lines, lineterm="", n=0))[:20])


@contextmanager
def ledger(workspace: Path) -> Iterator[sqlite3.Connection]:
    """Open a copy of the ledger, because opening the original would recover it."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (workspace / "batches").glob("ledger.db*"):
            shutil.copy(path, folder)
        with closing(sqlite3.connect(Path(folder) / "ledger.db")) as connection:
            connection.row_factory = sqlite3.Row
            yield connection


def recorded(workspace: Path, verb: str) -> bool:
    """Return whether the ledger has recorded a command on the batch, so that `resume` can finish it."""
    with ledger(workspace) as books:
        if not _tables(books):
            return False
        batch = books.execute("SELECT 1 FROM batches WHERE name = ?", (BATCH,)).fetchone() is not None
        command = books.execute("SELECT 1 FROM commands WHERE batch = ? AND verb = ?", (BATCH, verb)).fetchone()
    return batch and (verb in {"plan", "run"} or command is not None)


def _tables(books: sqlite3.Connection) -> bool:
    return books.execute("SELECT 1 FROM sqlite_master WHERE name = 'commands'").fetchone() is not None


def _rows(books: sqlite3.Connection, table: str, apart: frozenset[str]) -> list[Any]:
    rows = [dict(row) for row in books.execute(f"SELECT * FROM {table}")]
    return sorted(({name: row[name] for name in row.keys() - apart} for row in rows), key=_in_order)


def _in_order(row: dict[str, Any]) -> str:
    return str(sorted(row.items()))


def _events(books: sqlite3.Connection) -> list[Any]:
    # Seals are left out: they are salted.
    wanted = "SELECT what, what_id, kind, by, data FROM events WHERE kind <> 'sealed' ORDER BY what, what_id, id"
    rows = books.execute(wanted)
    salted = {"shard", "seal"}
    return [(*list(row)[:4], {k: v for k, v in json.loads(row["data"]).items() if k not in salted}) for row in rows]


def paths(workspace: Path) -> list[str]:
    """Return every file, hidden ones included, except locks, the ledger with its heads, and the office's own folder."""
    found = (path.relative_to(workspace).as_posix() for path in workspace.rglob("*") if not path.is_dir())
    return sorted(path for path in found if not path.startswith(OURS_ALONE) and Path(path).name != ".head")


def content(path: Path) -> object:
    """Return a file's content without times: a PDF's text by page, an e-mail's parts, a checksum list's names."""
    if path.suffix == ".pdf":
        return page_texts(path.read_bytes())
    if path.suffix == ".eml":
        return _mail(path)
    if path.name == "SHA256SUMS":
        return [line.split("  ")[1] for line in path.read_text().splitlines()]
    return path.read_bytes()


def page_texts(data: bytes) -> list[str]:
    """Return the text of each page."""
    with closing(pypdfium2.PdfDocument(data)) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


def _mail(path: Path) -> object:
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    headers = sorted((name, str(value)) for name, value in message.items() if name != "Date")
    return headers, [(part.get_content_type(), part.get_filename(), _part(part)) for part in _leaves(message)]


def _leaves(message: EmailMessage) -> list[EmailMessage]:
    return [part for part in message.walk() if not part.is_multipart()]


def _part(part: EmailMessage) -> object:
    data = part.get_content()
    return page_texts(data) if part.get_content_type() == "application/pdf" else data


def must_be_sound(workspace: Path) -> None:
    """Check the invariants that hold however the last command ended: an intact ledger, and every file it names."""
    with ledger(workspace) as books:
        assert [tuple(row) for row in books.execute("PRAGMA integrity_check")] == [("ok",)]
        assert not books.execute("PRAGMA foreign_key_check").fetchall()
        if not _tables(books):
            return
        _numbers_without_gap_or_double(books)
        for (batch,) in books.execute("SELECT name FROM batches").fetchall():
            assert list((workspace / "batches" / batch / "list").iterdir())
        for (frozen,) in books.execute("SELECT frozen FROM approvals").fetchall():
            assert _names(workspace / frozen / "templates") == _names(workspace / "templates")
        for file, sha256 in books.execute("SELECT file, sha256 FROM shards").fetchall():
            assert sha256_of(workspace / file) == sha256, file
        _mails_as_recorded(workspace, books)
        _jobs_as_recorded(workspace, books)
    _whole_under_their_names(workspace)


def must_be_finished(workspace: Path) -> None:
    """Check the invariants after a killed command was finished: no open command, no partial files."""
    must_be_sound(workspace)
    with ledger(workspace) as books:
        assert not [tuple(row) for row in books.execute("SELECT * FROM commands WHERE finished_at IS NULL")]
    hidden = [path for path in paths(workspace) if any(part.startswith(".") for part in Path(path).parts)]
    hidden = [path for path in hidden if path != ".ledger.lock"]  # empty, and kept for the next command
    # A command that is killed after its last record leaves its mark half written; the next one replaces it.
    hidden = [path for path in hidden if not path.endswith("head.partial")]
    assert not hidden
    assert not [path for path in workspace.rglob("*") if path.name.endswith((".partial", ".replaced"))]


def _numbers_without_gap_or_double(books: sqlite3.Connection) -> None:
    given = [row[0] for row in books.execute("SELECT number FROM notices WHERE approval_id IS NOT NULL")]
    expected = [
        pattern.format(seq=value)
        for pattern, following in books.execute("SELECT pattern, next_value FROM series")
        for value in range(1, following)
    ]
    assert sorted(given) == sorted(expected)


def _mails_as_recorded(workspace: Path, books: sqlite3.Connection) -> None:
    for number, sha256 in books.execute(SPOOLED).fetchall():
        for folder in (workspace / "output" / BATCH / "outbox", workspace / "batches" / BATCH / "sent"):
            assert sha256_of(folder / f"{number}.eml") == sha256, number


def _jobs_as_recorded(workspace: Path, books: sqlite3.Connection) -> None:
    for job, files, letters in books.execute("SELECT number, files, letters FROM jobs").fetchall():
        made = workspace / "output" / BATCH / "print" / job
        for name, sha256 in json.loads(files).items():
            assert sha256_of(made / name) == sha256 == sha256_of(workspace / "batches" / BATCH / "sent" / job / name)
        with (made / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
            assert len(list(csv.reader(file))) == letters + 1


def _whole_under_their_names(workspace: Path) -> None:
    """Check that every file with a final name is complete, whether or not the ledger knows it yet."""
    for path in (workspace / "output").rglob("*"):
        if path.is_dir() or any(part.startswith(".") for part in path.relative_to(workspace).parts):
            continue
        if path.suffix == ".eml":
            assert path.read_bytes().rstrip().endswith(b"_0--"), f"{path} is cut off"
        content(path)
        if path.name == "SHA256SUMS":
            for line in path.read_text().splitlines():
                sha256, name = line.split("  ")
                assert sha256_of(path.with_name(name)) == sha256, path


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
