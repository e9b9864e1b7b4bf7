"""A print job as one file: a zip archive, encrypted where a password is given."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pyzipper

from notices.pdf import whole_file


def archive(folder: Path, password: str) -> Path:
    """Put a job's folder into an archive of its name beside it; gives its path.

    With a password every file is encrypted with AES-256 (the scheme AE-2, which 7-Zip, WinZip and WPS open); the
    names of the files stay readable, and say nothing. Raises Unusable where the disk is full.
    """
    target = folder.with_name(f"{folder.name}.zip")
    with (
        whole_file(target) as unfinished,
        pyzipper.AESZipFile(unfinished, "w", compression=zipfile.ZIP_DEFLATED) as made,
    ):
        if password:
            made.setpassword(password.encode("utf-8"))
            made.setencryption(pyzipper.WZ_AES, nbits=256)
        for path in sorted(folder.iterdir()):
            made.write(path, f"{folder.name}/{path.name}")
    return target
