"""The archive that `ledger backup` writes and `ledger restore` reads: a zip with a manifest of SHA-256."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, Any

from notices.errors import Unusable
from notices.files import sync_folder
from notices.ledger import Head
from notices.messages import say

MANIFEST = "manifest.json"
LEDGER_FILE = "ledger.db"
FORM = 1
BLOCK = 2**20


@dataclass(frozen=True)
class Manifest:
    """Contents of an archive: its time, the ledger's last event, and the SHA-256 of each file."""

    made_at: datetime
    head: Head
    files: dict[str, str]


@dataclass
class ArchiveWriter:
    """An archive that is being written; `files` are the checksums so far."""

    archive: zipfile.ZipFile
    files: dict[str, str] = field(default_factory=dict)

    def add(self, path: Path, name: str) -> None:
        """Add a file, read once for both its content and its checksum."""
        entry = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with path.open("rb") as source, self.archive.open(entry, "w", force_zip64=True) as target:
            self.files[name] = _copy(source, target)

    def finish(self, made_at: datetime, head: Head) -> Manifest:
        """Add the manifest."""
        made = {"form": FORM, "made_at": made_at.isoformat(), "head": head._asdict(), "files": self.files}
        self.archive.writestr(MANIFEST, json.dumps(made, ensure_ascii=False, indent=1))
        return Manifest(made_at, head, self.files)


@contextmanager
def written_aside(target: Path) -> Iterator[ArchiveWriter]:
    """Write an archive with mode 0600; it gets its name when it is complete and reads back as written."""
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", allowZip64=True) as archive:
                yield ArchiveWriter(archive)
            file.flush()
            os.fsync(file.fileno())
        read_archive(partial)
        partial.replace(target)
        sync_folder(target.parent)
    finally:
        partial.unlink(missing_ok=True)


def read_archive(path: Path, into: Path | None = None) -> Manifest:
    """Check every file of an archive against its manifest, and unpack them into a folder if one is given.

    Raises Unusable if the archive is damaged, not complete, or not one of ours.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _checked(archive, into)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, NotImplementedError) as error:
        raise Unusable(
            say("{file} is not a complete backup of a ledger.", file=path),
            say("Use another backup; `notices ledger backup FILE` makes one."),
        ) from error


def _checked(archive: zipfile.ZipFile, into: Path | None) -> Manifest:
    manifest = _manifest(json.loads(archive.read(MANIFEST)))
    if {*archive.namelist()} != {MANIFEST, *manifest.files} or LEDGER_FILE not in manifest.files:
        raise ValueError
    for name, expected in manifest.files.items():
        if _unpack(archive, name, into) != expected:
            raise ValueError(name)
    return manifest


def _unpack(archive: zipfile.ZipFile, name: str, into: Path | None) -> str:
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts or "\\" in name:
        raise ValueError(name)
    with archive.open(name) as source:
        if into is None:
            return _copy(source, None)
        target = into / place
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            return _copy(source, file)


def _manifest(data: dict[str, Any]) -> Manifest:
    if data["form"] != FORM:
        raise ValueError
    head = Head(int(data["head"]["id"]), str(data["head"]["link"]))
    return Manifest(datetime.fromisoformat(data["made_at"]), head, dict(data["files"]))


def _copy(source: IO[bytes], target: IO[bytes] | None) -> str:
    """Copy a stream, if there is a target; return the SHA-256 of what was read."""
    seen = sha256()
    while block := source.read(BLOCK):
        seen.update(block)
        if target is not None:
            target.write(block)
    return seen.hexdigest()
