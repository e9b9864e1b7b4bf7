"""Log-ins slowed after failures: each one makes the next wait longer, by name and by address."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil
from threading import Lock

FREE_FAILURES = 3
LONGEST_WAIT = 60.0  # seconds: a stranger who tries a clerk's name must not lock the clerk out for long
FORGET_AFTER = 3600.0
MOST_KEYS = 10_000


@dataclass
class Throttle:
    """Failures by key, such as a name or an address; `clock` gives seconds."""

    clock: Callable[[], float] = time.monotonic
    _failures: OrderedDict[str, tuple[int, float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def wait(self, keys: Sequence[str]) -> int:
        """Return the seconds until one with these keys may try again, 0 if at once."""
        with self._lock:
            return max(ceil(self._left(key)) for key in keys)

    def failed(self, keys: Sequence[str]) -> None:
        """Note a failure."""
        with self._lock:
            now = self.clock()
            for key in keys:
                count, last = self._failures.pop(key, (0, now))
                self._failures[key] = (1 if now - last > FORGET_AFTER else count + 1, now)
            while len(self._failures) > MOST_KEYS:
                self._failures.popitem(last=False)

    def succeeded(self, keys: Sequence[str]) -> None:
        """Forget the failures of these keys."""
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)

    def _left(self, key: str) -> float:
        count, last = self._failures.get(key, (0, 0.0))
        if count < FREE_FAILURES:
            return 0.0
        return max(0.0, last + min(2.0 ** (count - FREE_FAILURES + 1), LONGEST_WAIT) - self.clock())
