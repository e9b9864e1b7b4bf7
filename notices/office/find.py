"""Find LibreOffice and a Python that can import `uno` (most virtual environments cannot)."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from notices.messages import say
from notices.office.faults import OfficeBroken, OfficeMissing

INSTALL = "sudo apt install libreoffice-writer-nogui python3-uno"
PROBE_SECONDS = 30
# Install folders outside the search path: Debian's, and those of The Document Foundation's own packages.
FOLDERS = ("/usr/lib/libreoffice/program", "/usr/lib64/libreoffice/program", "/opt/libreoffice*/program")


@dataclass(frozen=True, slots=True)
class Office:
    """A LibreOffice program and the Python that can import its `uno`."""

    program: Path
    python: Path


def find(program: Path | None = None, python: Path | None = None) -> Office:
    """Return the LibreOffice of this machine, or the one given; raise OfficeMissing with the remedy."""
    found = program or next(_programs(), None)
    if found is None or not found.is_file():
        raise OfficeMissing(
            say("LibreOffice was not found on this machine."),
            say("Install it: {command}", command=INSTALL),
        )
    speaking = next((each for each in _pythons(found, python) if _imports_uno(each)), None)
    if speaking is None:
        raise OfficeMissing(
            say("LibreOffice is installed, but no Python that has its module `uno`."),
            say("Install it: {command}", command=INSTALL),
        )
    return Office(_binary(found), speaking)


def version(office: Office) -> str:
    """Return the program's version line, such as `LibreOffice 7.4.7.2 40(Build:2)`; raise OfficeBroken."""
    try:
        answer = subprocess.run(
            [office.program, "--version"], capture_output=True, text=True, timeout=PROBE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise OfficeBroken(
            say("LibreOffice does not run: {program}.", program=office.program),
            say("Install it again: {command}", command=INSTALL),
        ) from error
    return answer.stdout.strip()


def plain_build(program: Path) -> str:
    """Return the build id of a LibreOffice that came without extensions; empty if it has some, or names no build."""
    names = configparser.RawConfigParser(strict=False)
    try:
        names.read_string((program.parent / "versionrc").read_text("utf-8"))
        extended = any((program.parent.parent / "share" / "extensions").iterdir())
    except (OSError, ValueError, configparser.Error):
        return ""
    return "" if extended else names.get("Version", "buildid", fallback="")


def _programs() -> Iterator[Path]:
    for name in ("soffice", "libreoffice"):
        if on_path := shutil.which(name):
            yield Path(on_path).resolve()
    for pattern in FOLDERS:
        for folder in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            if (folder / "soffice").is_file():
                yield folder / "soffice"


def _binary(program: Path) -> Path:
    # The launcher `soffice` starts soffice.bin as a child, which would survive when the launcher is killed.
    binary = program.with_name("soffice.bin")
    return binary if binary.is_file() else program


def _pythons(program: Path, named: Path | None) -> Iterator[Path]:
    if named is not None:
        yield named
        return
    for candidate in (program.with_name("python"), Path("/usr/bin/python3")):
        if candidate.is_file():
            yield candidate
    if on_path := shutil.which("python3"):
        yield Path(on_path)


def _imports_uno(python: Path) -> bool:
    try:
        # In a folder of root's: with -c, Python looks for modules in the current one first.
        probe = subprocess.run(
            [python.absolute(), "-c", "import uno"],
            cwd="/",
            capture_output=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return probe.returncode == 0
