"""Sockets through which worker processes are started: a system's limit on their path is refused in words."""

from __future__ import annotations

import os
import tempfile

from notices.errors import Unusable
from notices.messages import say

LONGEST_PATH = 107  # bytes, on Linux (unix(7)); macOS has fewer
BELOW = len("/pymp-12345678/listener-12345678")  # as Python's multiprocessing names them


def refuse_long_folder() -> None:
    """Raise Unusable if the temporary folder's path leaves no room for a socket's name."""
    folder = tempfile.gettempdir()
    if len(os.fsencode(folder)) + BELOW > LONGEST_PATH:
        raise Unusable(
            say("The path of the temporary folder {folder} is too long to start processes there.", folder=folder),
            say("Set TMPDIR to a folder with a path of at most {most} bytes.", most=LONGEST_PATH - BELOW),
        )
