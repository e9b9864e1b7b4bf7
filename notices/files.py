"""Files and folders that appear under their final name whole or not at all, readable by their owner only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from notices.errors import Unusable
from notices.messages import say


def write_whole(target: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file under a temporary name beside it, then rename; mode 0600. Raises OSError.

    Not `durable`: it outlives this program, but a power cut only once `make_durable` has been called for it.
    """
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        if durable:
            os.fsync(file.fileno())
    partial.replace(target)
    if durable:
        sync_folder(target.parent)


def make_durable(paths: Iterable[Path]) -> None:
    """Make files and their names survive a power cut."""
    folders = set()
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())
        folders.add(path.parent)
    for folder in folders:
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def built_aside(parent: Path, name: str) -> Iterator[Path]:
    """A private folder to fill; when the block ends well it takes the name `name`, else nothing of it is left.

    What a killed run left half done is removed first; a folder that already has the name is replaced.
    Raises Unusable where the disk does not take it.
    """
    partial, replaced, final = parent / f".{name}.partial", parent / f".{name}.replaced", parent / name
    try:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left_over in (partial, replaced):
            if left_over.exists():
                shutil.rmtree(left_over)
        partial.mkdir(mode=0o700)
        yield partial
        _make_private_and_durable(partial)
        if final.exists():
            final.rename(replaced)  # removing it in place could leave half of it under the final name
        partial.rename(final)
        sync_folder(parent)
        shutil.rmtree(replaced, ignore_errors=True)
    except OSError as error:
        raise Unusable(
            say("{folder} cannot be written: {mistake}.", folder=final, mistake=error.strerror or str(error)),
            say("Make room on the disk and see that the folder can be written to; then resume."),
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _make_private_and_durable(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            path.chmod(0o700)
            _make_private_and_durable(path)
            continue
        path.chmod(0o600)
        with path.open("rb") as file:
            os.fsync(file.fileno())
    sync_folder(folder)


def keep(source: Path, folder: Path) -> Path:
    """Keep a copy of a file that leaves the house as evidence, untouched by what happens to the first one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / source.name
    write_whole(target, source.read_bytes())
    return target
