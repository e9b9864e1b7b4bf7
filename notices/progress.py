"""Progress of a long step, told to whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int], None]  # how much is done, of how much: letters, rows, lines or files


def no_progress(_done: int, _total: int) -> None:
    """Tell nobody."""
