"""Folder of what was uploaded to the page, and of the reports that it offers for download; both go after some days."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from time import time

from notices.flow.workspace import Workspace

UPLOADS = ".uploads"  # below batches/, as private as the ledger
KEPT_SECONDS = 7 * 24 * 3600


def uploads_folder(workspace: Workspace) -> Path:
    """Return the folder, made if it is missing; whatever is too old in it is deleted."""
    folder = workspace.batches / UPLOADS
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # an errand has deleted it just now
            if path.is_file() and path.stat().st_mtime < time() - KEPT_SECONDS:
                path.unlink()
    return folder
