"""The profile folders of offices: one an office, locked while it lives, swept when its run was cut off."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notices.messages import say
from notices.office.faults import OfficeBroken

PREFIX = "office-"
LOCK = "lock"
SOCKETS = "sockets"

SETTINGS = {
    # Belt and braces beside the options a document is loaded with: no macro, no Java, nothing fetched or saved aside.
    "org.openoffice.Office.Common/Security/Scripting": {
        "BlockUntrustedRefererLinks": "true",
        "DisableMacrosExecution": "true",
        "MacroSecurityLevel": "3",
    },
    "org.openoffice.Office.Java/VirtualMachine": {"Enable": "false"},
    "org.openoffice.Office.Recovery/AutoSave": {"Enabled": "false"},
    "org.openoffice.Setup/Office": {"FirstStartWizardCompleted": "true"},
    # Bytes; of 20 MB of texts laid out earlier none comes back in other letters: looking through them costs 2 %.
    "org.openoffice.Office.Common/Cache/Font": {"GlyphsCacheSize": "1000000"},
    # Help for whoever types, who is not there: learning the words of a letter took a tenth of its time in 7.4,
    # looking for its mistakes in spelling a fifth in 25.2.
    "org.openoffice.Office.Linguistic/GrammarChecking": {"IsAutoCheck": "false"},
    "org.openoffice.Office.Linguistic/SpellChecking": {"IsSpellAuto": "false"},
    "org.openoffice.Office.Writer/AutoFunction/Completion": {"CollectWords": "false", "Enable": "false"},
}


class Profile:
    """A new profile folder under `folder` (0700), locked until `remove`.

    Making one also deletes those whose owner is dead, as a killed run leaves them.
    Raises OfficeBroken where none can be made.
    """

    def __init__(self, folder: Path) -> None:
        try:
            with _guarded(folder):
                _sweep(folder)
                self.name = PREFIX + secrets.token_hex(6)
                self.path = folder.resolve() / self.name
                self.path.mkdir(mode=0o700)
                self.lock = os.open(self.path / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
                fcntl.flock(self.lock, fcntl.LOCK_EX)
            (self.path / "tmp").mkdir()
            _write_settings(self.path / "user" / "user")
        except OSError as error:
            raise OfficeBroken(
                say("LibreOffice has nowhere to keep its profile: {folder}: {mistake}.", folder=folder, mistake=error),
                say("Make room there, or make the folder writable."),
            ) from error

    def remove(self) -> None:
        """Delete the folder and the office's sockets outside it, then give the lock back."""
        _delete(self.path)
        os.close(self.lock)


@contextmanager
def _guarded(folder: Path) -> Iterator[None]:
    # A profile is not yet locked in the moment after it was made: nobody may sweep then.
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_uid != os.getuid():  # in a shared temporary folder somebody else may have been first
        raise PermissionError(errno.EPERM, "it belongs to somebody else")
    guard = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield
    finally:
        os.close(guard)


def _sweep(folder: Path) -> None:
    for path in folder.glob(PREFIX + "*"):
        _delete_if_ownerless(path)


def _delete_if_ownerless(path: Path) -> None:
    try:
        lock = os.open(path / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:  # its owner is just removing it
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _delete(path)
    except BlockingIOError:
        return  # its owner lives
    finally:
        os.close(lock)


def _delete(path: Path) -> None:
    for socket in _sockets(path):
        if socket.is_socket() and socket.stat().st_uid == os.getuid():
            socket.unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)


def _sockets(path: Path) -> list[Path]:
    try:
        return [Path(line) for line in (path / SOCKETS).read_text(encoding="utf-8").splitlines()]
    except OSError:  # the office never came as far as making any
        return []


def _write_settings(folder: Path) -> None:
    folder.mkdir(parents=True)
    items = "".join(
        f'<item oor:path="/{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, values in SETTINGS.items()
        for name, value in values.items()
    )
    registry = folder / "registrymodifications.xcu"
    registry.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>',
        encoding="utf-8",
    )
    registry.chmod(stat.S_IRUSR | stat.S_IWUSR)
