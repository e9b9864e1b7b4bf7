"""Hot folder: a job appears in it atomically, under its own name."""

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
    """Folder that the print shop watches, possibly on a network share."""

    folder: Path

    def refuse_unfit(self) -> None:
        """Raise Unusable if the folder is missing or not writable; never create it: it may be an unmounted share."""
        if not self.folder.is_dir():
            raise Unusable(
                say("Folder {folder} does not exist.", folder=self.folder),
                say("Create it, or mount the share it is on; nothing was handed over."),
            )
        if not os.access(self.folder, os.R_OK | os.W_OK | os.X_OK):
            raise Unusable(
                say("Folder {folder} is not writable.", folder=self.folder),
                say("Give yourself write permission; nothing was handed over."),
            )

    def has(self, job: str, files: Mapping[str, str]) -> bool:
        """Check whether this job is there under its final name, and not another workspace's job of that name."""
        return _holds_job(self.folder / job, files)

    def has_copy(self, job: str, files: Mapping[str, str]) -> bool:
        """Check whether this job is there under its temporary hidden name."""
        return _holds_job(self._aside(job), files)

    def copy_in(self, source: Path, job: str, files: Mapping[str, str]) -> None:
        """Copy a job's folder under a temporary hidden name beside its final place, and verify the copy.

        `files` maps the expected files to their SHA-256. Raises Refused if the final name is taken, Unusable if the
        copy fails; the partial copy is then removed.
        """
        if (self.folder / job).exists():
            raise Refused(
                say(
                    "{folder} already contains a {job} that this command did not put there.",
                    job=job,
                    folder=self.folder,
                ),
                say("Find out whose it is; move it away if it must not be printed."),
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
                say("The copy of {files} in {folder} is damaged.", files=", ".join(wrong), folder=self.folder),
                say("Check the disk; then run `notices resume BATCH`."),
            )

    def publish(self, job: str) -> None:
        """Rename the temporary copy to its final name atomically. Raises Unusable."""
        try:
            self._aside(job).rename(self.folder / job)
            sync_folder(self.folder)
        except OSError as error:
            raise self._full(error) from error

    def clear(self, job: str) -> None:
        """Remove a job's temporary copy."""
        shutil.rmtree(self._aside(job), ignore_errors=True)

    def _aside(self, job: str) -> Path:
        return self.folder / f".{job}.partial"

    def _full(self, error: OSError) -> Unusable:
        return Unusable(
            say("{folder} cannot be written: {mistake}.", folder=self.folder, mistake=error.strerror or str(error)),
            say("Free some space there and check that it is writable; then run `notices resume BATCH`."),
        )


def _holds_job(folder: Path, files: Mapping[str, str]) -> bool:
    """Check for a folder with these checksums; without a checksum file (the shop may move files) it counts too."""
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
