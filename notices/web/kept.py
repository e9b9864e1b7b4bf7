"""Things kept in the server's memory: what must not stand in a URL or cookie, and what was counted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from secrets import token_urlsafe
from threading import Lock
from typing import Generic, TypeVar

MOST_A_SESSION = 200
MOST_SESSIONS = 500

MOST_RECENT = 60
SECONDS_TO_WAIT = 0.1  # for what is counted beside a request; the page shows the rest when it is there
COUNTERS = 2
Value = TypeVar("Value")


class Recent(Generic[Value]):
    """The results of the last calls, by a key that names everything they depend on."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the known result for a key, or make it; two that ask at once may both make it."""
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        made = make()
        with self._lock:
            self._known[key] = made
            while len(self._known) > MOST_RECENT:
                self._known.popitem(last=False)
        return made


class Counted(Generic[Value]):
    """The newest figures of each thing; big ones are counted beside the requests, which never wait long for them."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[Hashable, Value]] = {}
        self._pending: dict[Hashable, Future[None]] = {}
        self._lock = Lock()
        self._workers = ThreadPoolExecutor(COUNTERS, "counting")

    def newest(
        self, thing: Hashable, stamp: Hashable, make: Callable[[], Value], *, big: bool
    ) -> tuple[Hashable, Value] | None:
        """Return the figures of a thing as of `stamp`, with this stamp, counted now unless they are known.

        `big` ones are counted by a thread, at most one for a thing, and are there for one of the next requests: until
        then older ones are returned with their own stamp, or None.
        """
        known = self._known.get(thing)
        if known is not None and known[0] == stamp:
            return known
        if not big:
            self._known[thing] = known = stamp, make()
            return known
        with self._lock:
            pending = self._pending.get(thing)
            if pending is None:
                pending = self._pending[thing] = self._workers.submit(self._count, thing, stamp, make)
        with suppress(NotYet):
            pending.result(SECONDS_TO_WAIT)
        return self._known.get(thing)

    def close(self) -> None:
        """Wait for what is being counted, and begin nothing more."""
        self._workers.shutdown(cancel_futures=True)

    def _count(self, thing: Hashable, stamp: Hashable, make: Callable[[], Value]) -> None:
        try:
            made = make()
        finally:
            with self._lock:
                self._pending.pop(thing, None)
        self._known[thing] = stamp, made


class KeptForSessions:
    """For each session, by a random key, the values kept for it; the oldest give way to new ones."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, OrderedDict[str, object]] = OrderedDict()
        self._lock = Lock()

    def keep(self, session: str, value: object) -> str:
        """Keep a value for a session; return the key, the same one for an equal value."""
        with self._lock:
            own = self._own(session)
            for key, known in own.items():
                if type(known) is type(value) and known == value:
                    return key
            key = token_urlsafe(9)
            own[key] = value
            if len(own) > MOST_A_SESSION:
                own.popitem(last=False)
            return key

    def get(self, session: str, key: str) -> object | None:
        """Return the value of that key if it belongs to this session, else None."""
        with self._lock:
            return self._sessions.get(session, OrderedDict[str, object]()).get(key)

    def take(self, session: str, key: str) -> object | None:
        """Return a value as `get` does, and forget it."""
        with self._lock:
            return self._sessions.get(session, OrderedDict[str, object]()).pop(key, None)

    def forget(self, session: str) -> None:
        """Forget everything that was kept for a session."""
        with self._lock:
            self._sessions.pop(session, None)

    def _own(self, session: str) -> OrderedDict[str, object]:
        own = self._sessions.setdefault(session, OrderedDict())
        self._sessions.move_to_end(session)
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return own
