"""Print job as a single zip archive, optionally encrypted."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pyzipper

from notices.pdf import atomic_file


def archive(folder: Path, password: str) -> Path:
    """Write a job's folder to a zip archive beside it, under the same name; return its path.

    With a password every file is encrypted with AES-256 (AE-2, readable by 7-Zip, WinZip and WPS); file names stay
    readable but contain no personal data. Raises Unusable if the disk is full.
    """
    target = folder.with_name(f"{folder.name}.zip")
    with (
        atomic_file(target) as unfinished,
        pyzipper.AESZipFile(unfinished, "w", compression=zipfile.ZIP_DEFLATED) as made,
    ):
        if password:
            made.setpassword(password.encode("utf-8"))
            made.setencryption(pyzipper.WZ_AES, nbits=256)
        for path in sorted(folder.iterdir()):
            made.write(path, f"{folder.name}/{path.name}")
    return target
