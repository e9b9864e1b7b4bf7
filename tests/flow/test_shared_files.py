"""Files that other machines have kept of a batch: only its own are written here, and nobody else can read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from notices.errors import Refused
from notices.flow.batch.shared_files import BatchFiles
from notices.flow.workspace import Workspace
from notices.ledger import Head, HeadEntry, HeadFile, Ledger, StoredFile, Turn

CONTENT = b"kept"
TURN = Turn("b", 1)


class Elsewhere(Workspace):
    """A workspace whose batches' files are kept in the ledger."""

    @property
    def shared_files(self) -> Path | None:
        return None


@pytest.fixture
def files(tmp_path: Path) -> Iterator[BatchFiles]:
    root = tmp_path / "machine" / "workspace"
    root.mkdir(parents=True)
    with closing(Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")) as ledger:
        yield BatchFiles(Elsewhere(root), ledger, "b")


def keep(files: BatchFiles, path: str) -> None:
    source = files.workspace.root.parent / "source"
    source.write_bytes(CONTENT)
    with files.ledger.begin() as books:
        books.files.keep("b", StoredFile(path, sha256(CONTENT).hexdigest(), len(CONTENT)), source)


@pytest.mark.parametrize(
    "path",
    [
        "../stolen",
        "batches/b/../../../stolen",
        "{outside}/stolen",
        "notices.toml",
        "batches/.page.key",
        "batches/b",
        "batches/other/list.xlsx",
        "batches/b/.lock",
        "batches/b//list.xlsx",
        "output/b/.office/forms/x.json",
        "output/b/letters/.1.pdf.partial",
    ],
)
def test_a_path_that_is_no_file_of_the_batch_is_refused_and_nothing_is_written(files: BatchFiles, path: str) -> None:
    keep(files, "batches/b/list.xlsx")
    keep(files, path.format(outside=files.workspace.root.parent))
    before = sorted(files.workspace.root.parent.rglob("*"))
    with pytest.raises(Refused, match="no files of it"):
        files.bring(TURN, interrupted_here=False)
    assert sorted(files.workspace.root.parent.rglob("*")) == before


def test_files_of_the_batch_are_brought_for_nobody_else_to_read(files: BatchFiles) -> None:
    paths = ["batches/b/approval-01/templates/.hidden/seal.png", "batches/b/list.xlsx", "output/b/letters/1.pdf"]
    for path in paths:
        keep(files, path)
    files.bring(TURN, interrupted_here=False)
    root = files.workspace.root
    assert all((root / path).read_bytes() == CONTENT for path in paths)
    made = [each for each in root.rglob("*") if each.name != ".b.files"]
    assert {each.stat().st_mode & 0o777 for each in made if each.is_dir()} == {0o700}
    assert {each.stat().st_mode & 0o777 for each in made if each.is_file()} == {0o600}


@pytest.mark.parametrize("known", [True, False])
def test_what_an_earlier_version_brought_is_removed_only_by_a_ledger_that_is_not_older(
    files: BatchFiles, *, known: bool
) -> None:
    made = files.workspace.root / "batches" / "b" / "sent" / "N-1.eml"
    made.parent.mkdir(parents=True)
    made.write_bytes(CONTENT)
    seen = made.stat()
    told = {"batches/b/sent/N-1.eml": [sha256(CONTENT).hexdigest(), seen.st_size, seen.st_mtime_ns]}
    (files.workspace.batches / ".b.files").write_text(json.dumps(told))
    with files.ledger.read() as books:
        head = books.events.head() if known else Head(7, "of a newer ledger")
    HeadFile(files.workspace.heads).append(HeadEntry(head, datetime(2026, 11, 30, tzinfo=UTC)))
    files.bring(TURN, interrupted_here=False)
    assert made.exists() is not known


def test_an_older_ledger_brings_what_is_missing_and_replaces_nothing(files: BatchFiles) -> None:
    changed, missing = "output/b/letters/1.pdf", "batches/b/list.xlsx"
    for path in (changed, missing):
        keep(files, path)
    here = files.workspace.root / changed
    here.parent.mkdir(parents=True)
    here.write_bytes(b"made since")
    HeadFile(files.workspace.heads).append(HeadEntry(Head(7, "of a newer ledger"), datetime(2026, 11, 30, tzinfo=UTC)))
    files.bring(TURN, interrupted_here=False)
    assert here.read_bytes() == b"made since"
    assert (files.workspace.root / missing).read_bytes() == CONTENT
