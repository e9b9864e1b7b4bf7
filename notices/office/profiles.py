"""LibreOffice profile folders: one for each process, locked while it lives, deleted after a crash."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notices.files import lock, locked
from notices.messages import say
from notices.office.faults import OfficeBroken

PREFIX = "office-"
LOCK = "lock"
SOCKETS = "sockets"

SETTINGS = {
    # In addition to the options for loading a document: no macros, no Java, nothing fetched, no auto-save.
    "org.openoffice.Office.Common/Security/Scripting": {
        "BlockUntrustedRefererLinks": "true",
        "DisableMacrosExecution": "true",
        "MacroSecurityLevel": "3",
    },
    "org.openoffice.Office.Java/VirtualMachine": {"Enable": "false"},
    "org.openoffice.Office.Recovery/AutoSave": {"Enabled": "false"},
    "org.openoffice.Setup/Office": {"FirstStartWizardCompleted": "true"},
    # Bytes. Letters do not repeat each other's text layouts, and searching the default cache of 20 MB costs 2 %.
    "org.openoffice.Office.Common/Cache/Font": {"GlyphsCacheSize": "1000000"},
    # Aids for typing, useless here: collecting words for completion took a tenth of a letter's time in 7.4,
    # spell checking a fifth in 25.2.
    "org.openoffice.Office.Linguistic/GrammarChecking": {"IsAutoCheck": "false"},
    "org.openoffice.Office.Linguistic/SpellChecking": {"IsSpellAuto": "false"},
    "org.openoffice.Office.Writer/AutoFunction/Completion": {"CollectWords": "false", "Enable": "false"},
}


class Profile:
    """A new profile folder under `folder` (0700), locked until `remove`.

    `build` is that of a LibreOffice without extensions: one that finds its own build in a fresh profile does not look
    for extensions, after which it would end and ask to be started a second time (exit status 81). Creating a profile
    also deletes those of killed runs. Raises OfficeBroken if it cannot be created.
    """

    def __init__(self, folder: Path, build: str = "") -> None:
        try:
            with _locked_folder(folder):
                _sweep(folder)
                self.name = PREFIX + secrets.token_hex(6)
                self.path = folder.resolve() / self.name
                self.path.mkdir(mode=0o700)
                self.lock = lock(self.path / LOCK)
            (self.path / "tmp").mkdir()
            _write_settings(self.path / "user" / "user")
            if build:
                extensions = self.path / "user" / "user" / "extensions"
                extensions.mkdir()
                (extensions / "buildid").write_text(build, "utf-8")
        except OSError as error:
            raise OfficeBroken(
                say("LibreOffice cannot keep its profile in {folder}: {mistake}.", folder=folder, mistake=error),
                say("Free some space there, or make the folder writable."),
            ) from error

    def remove(self) -> None:
        """Delete the folder and LibreOffice's sockets outside it, then release the lock."""
        _delete(self.path)
        os.close(self.lock)


@contextmanager
def _locked_folder(folder: Path) -> Iterator[None]:
    # A profile just created is not locked yet: no other process may sweep at that moment.
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_uid != os.getuid():  # in a shared temporary folder another user may have created it
        raise PermissionError(errno.EPERM, "it belongs to another user")
    with locked(folder / LOCK):
        yield


def _sweep(folder: Path) -> None:
    for path in folder.glob(PREFIX + "*"):
        _delete_if_ownerless(path)


def _delete_if_ownerless(path: Path) -> None:
    try:
        held = lock(path / LOCK, wait=False)
    except OSError:  # its owner is alive, or is removing it
        return
    try:
        _delete(path)
    finally:
        os.close(held)


def _delete(path: Path) -> None:
    for socket in _sockets(path):
        if socket.is_socket() and socket.stat().st_uid == os.getuid():
            socket.unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)


def _sockets(path: Path) -> list[Path]:
    try:
        return [Path(line) for line in (path / SOCKETS).read_text(encoding="utf-8").splitlines()]
    except OSError:  # LibreOffice ended before creating any
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
