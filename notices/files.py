"""Atomic writes of private files and folders, and file locks."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from tempfile import mkstemp

from notices.errors import Unusable, UsageMistake
from notices.messages import Message, say

KEY_BYTES = 32
LONGEST_NAME = 255  # bytes, on every file system in use
OPEN_MARKERS = ("~$", ".~lock.")


def is_marker_of_open_file(path: Path) -> bool:
    """Return whether this is no document but the marker that an office program keeps beside an open one."""
    return path.name.startswith(OPEN_MARKERS)


def refuse_other_ending(target: Path, ending: str) -> None:
    """Raise UsageMistake unless a file is named as what it will be."""
    if target.suffix.lower() != ending:
        raise UsageMistake(
            say("{file} does not end in {ending}.", file=target.name, ending=ending),
            say("Give a name ending in {ending}.", ending=ending),
        )


def lock(path: Path, *, wait: bool = True, shared: bool = False) -> int:
    """Lock a file, created if missing; return its descriptor. Closing that, or the process ending, releases the lock.

    With `shared`, any number of processes may hold it so at once. Raises BlockingIOError with `wait=False` if another
    process holds the lock, and OSError.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock on a file during the block; see `lock`."""
    descriptor = lock(path, wait=wait)
    try:
        yield
    finally:
        os.close(descriptor)


def beside(target: Path, suffix: str) -> Path:
    """Return the hidden file or folder beside `target` that it is made in; its name is never longer than allowed."""
    name = f".{target.name}.{suffix}"
    if len(os.fsencode(name)) > LONGEST_NAME:
        name = f".{sha256(os.fsencode(target.name)).hexdigest()[:32]}.{suffix}"
    return target.with_name(name)


def write_whole(target: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file atomically (temporary name, then rename) with mode 0600. Raises OSError, and leaves nothing then.

    With `durable=False` it survives a crash of this program, but not a power cut until `make_durable` is called.
    """
    partial = beside(target, "partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(target.parent)


def private_key(path: Path) -> bytes:
    """Return the secret key in a file, made at random if there is none, or others could have read or replaced it.

    Nothing is lost with a key but what was authenticated with it. Raises OSError.
    """
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            state, key = os.fstat(descriptor), file.read(KEY_BYTES + 1)
        if stat.S_IMODE(state.st_mode) == 0o600 and state.st_uid == os.geteuid() and len(key) == KEY_BYTES:
            return key
    key = token_bytes(KEY_BYTES)
    descriptor, made = mkstemp(dir=path.parent, prefix=f"{path.name}.")  # two commands may be making one
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
    os.replace(made, path)  # noqa: PTH105 - mkstemp returns a string
    return key


def private_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, with mode 0700. Raises OSError.

    `Path.mkdir` would give the mode to the last one only.
    """
    if not path.parent.is_dir():
        private_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)


def make_durable(paths: Iterable[Path]) -> None:
    """Fsync files and the folders they are in, so that they survive a power cut."""
    folders = set()
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())
        folders.add(path.parent)
    for folder in folders:
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Fsync a folder, so that the names in it survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def built_aside(parent: Path, name: str, *, remedy: Message | None = None) -> Iterator[Path]:
    """Yield a private temporary folder; rename it to `name` when the block succeeds, remove it when it fails.

    Leftovers of a killed run are removed first; an existing folder of that name is replaced.
    Raises Unusable, with `remedy`, if the disk cannot be written.
    """
    final = parent / name
    partial, replaced = beside(final, "partial"), beside(final, "replaced")
    try:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left_over in (partial, replaced):
            if left_over.exists():
                shutil.rmtree(left_over)
        partial.mkdir(mode=0o700)
        yield partial
        _make_private_and_durable(partial)
        if final.exists():
            final.rename(replaced)  # removing it in place could leave part of it under the final name
        partial.rename(final)
        sync_folder(parent)
        shutil.rmtree(replaced, ignore_errors=True)
    except OSError as error:
        raise Unusable(
            say("{folder} cannot be written: {mistake}.", folder=final, mistake=error.strerror or str(error)),
            remedy
            or say("Free some disk space and check that the folder is writable, then run `notices resume BATCH`."),
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


def copy_as_evidence(source: Path, folder: Path) -> Path:
    """Copy a file that is about to be sent into an evidence folder; return the copy's path."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / source.name
    write_whole(target, source.read_bytes())
    return target


def remove_folder(folder: Path) -> None:
    """Rename a folder to a hidden name, then delete it; does nothing if it is missing.

    An interrupted removal leaves no half folder under its name, and the next one removes the hidden rest.
    """
    hidden = folder if folder.name.startswith(".") else folder.with_name(f".{folder.name}.replaced")
    if hidden != folder and folder.exists():
        shutil.rmtree(hidden, ignore_errors=True)
        folder.rename(hidden)
    shutil.rmtree(hidden, ignore_errors=True)
