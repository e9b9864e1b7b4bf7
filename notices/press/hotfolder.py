"""A hot folder: a job appears in it whole, under its own name, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from notices.errors import Refused, Unusable
from notices.files import sync_folder
from notices.messages import say
from notices.pdf import sha256_of
from notices.press.job import CHECKSUMS


@dataclass(frozen=True, slots=True)
class HotFolder:
    """A folder that the print shop watches, perhaps on another machine."""

    folder: Path

    def refuse_unfit(self) -> None:
        """Raise Unusable where nothing can be put there; it is never made: it may be a share that is not there."""
        if not self.folder.is_dir():
            raise Unusable(
                say("There is no folder {folder}.", folder=self.folder),
                say("Make it, or connect the share it lies on; nothing was handed over."),
            )
        if not os.access(self.folder, os.R_OK | os.W_OK | os.X_OK):
            raise Unusable(
                say("Nothing can be put into {folder}.", folder=self.folder),
                say("Make the folder yours to write; nothing was handed over."),
            )

    def has(self, job: str, files: Mapping[str, str]) -> bool:
        """Whether the job lies there under its name, and is not another workspace's job of that name."""
        return _is_that(self.folder / job, files)

    def has_aside(self, job: str, files: Mapping[str, str]) -> bool:
        """The same under its hidden name."""
        return _is_that(self._aside(job), files)

    def lay_aside(self, source: Path, job: str, files: Mapping[str, str]) -> None:
        """Copy a job's folder beside its final place, under a hidden name.

        `files` are the hashes of what must be in it. Raises Refused where the name is taken, Unusable where the disk
        does not take it; nothing is left there then.
        """
        if (self.folder / job).exists():
            raise Refused(
                say(
                    "There is a {job} in {folder} that was not put there by this command.", job=job, folder=self.folder
                ),
                say("See whose it is; move it away if it is not to be printed."),
            )
        aside = self._aside(job)
        try:
            self.clear(job)
            aside.mkdir(mode=0o700)
            for path in sorted(source.iterdir()):
                if path.is_file() and not path.name.startswith("."):
                    _copy(path, aside / path.name)
            sync_folder(aside)
            wrong = [name for name, sha256 in files.items() if sha256_of(aside / name) != sha256]
        except OSError as error:
            self.clear(job)
            raise self._full(error) from error
        except BaseException:
            self.clear(job)
            raise
        if wrong:
            self.clear(job)
            raise Unusable(
                say("{files} did not arrive whole in {folder}.", files=", ".join(wrong), folder=self.folder),
                say("See that the disk is sound; then `notices resume BATCH` goes on."),
            )

    def put_in_place(self, job: str) -> None:
        """Give what lies aside its final name, in one step. Raises Unusable."""
        try:
            self._aside(job).rename(self.folder / job)
            sync_folder(self.folder)
        except OSError as error:
            raise self._full(error) from error

    def clear(self, job: str) -> None:
        """Remove what lies aside of a job."""
        shutil.rmtree(self._aside(job), ignore_errors=True)

    def _aside(self, job: str) -> Path:
        return self.folder / f".{job}.partial"

    def _full(self, error: OSError) -> Unusable:
        return Unusable(
            say("{folder} cannot be written: {mistake}.", folder=self.folder, mistake=error.strerror or str(error)),
            say("Make room there and see that it can be written to; then `notices resume BATCH` goes on."),
        )


def _is_that(folder: Path, files: Mapping[str, str]) -> bool:
    """Whether a folder is there whose checksums are those of these files; a shop may have begun to take it apart."""
    sums = folder / CHECKSUMS
    if not sums.is_file():
        return folder.exists()
    told = sums.read_text("utf-8", errors="replace").splitlines()
    return set(told) == {f"{sha256}  {name}" for name, sha256 in files.items()}


def _copy(source: Path, target: Path) -> None:
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with source.open("rb") as reading, os.fdopen(descriptor, "wb") as writing:
        shutil.copyfileobj(reading, writing)
        writing.flush()
        os.fsync(writing.fileno())
