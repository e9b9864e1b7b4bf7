"""Files kept of returned slips: where they lie in a batch's folder, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from notices.flow.workspace import Workspace
from notices.post import file_stem

_DIGITS = 8  # of the SHA-256 of the file that came in


def slips_folder(workspace: Workspace, batch: str) -> Path:
    """Return the folder of what a batch's slips were read from."""
    return workspace.batch(batch) / "slips"


def slip_name(number: str, sha256: str) -> str:
    """Return the name of a slip that an owner filled in and sent back as a file."""
    return f"{file_stem(number)}-{sha256[:_DIGITS]}.pdf"


def beginning_of_digest(path: Path) -> str:
    """Return the first digits of the SHA-256 of such a slip, as its name has them; "" if that is no such name."""
    found = re.fullmatch(rf".+-([0-9a-f]{{{_DIGITS}}})\.pdf", path.name)
    return found[1] if found else ""


def files_of_slips(workspace: Workspace, batch: str, number: str) -> Iterator[Path]:
    """Yield the files kept of the slips of a notice: files that came back, and pictures of scans."""
    folder = slips_folder(workspace, batch)
    own = re.compile(rf"{re.escape(file_stem(number))}-[0-9a-f]{{{_DIGITS}}}(\.pdf|-p\d+[^/]*)")
    if folder.is_dir():
        yield from (path for path in sorted(folder.iterdir()) if own.fullmatch(path.name))
