"""The lines that one run keeps open, one for each route."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from notices.post.server import Connection, connect
from notices.settings import Route

Passwords = Callable[[str], str | None]  # by the name of the environment variable


class Lines:
    """Connections that were let in; as a context manager it takes leave of all servers at the end.

    `before_waiting` is called whenever a server has to be called first, which may take as long as it likes.
    """

    def __init__(self, password: Passwords, before_waiting: Callable[[], None] = lambda: None) -> None:
        self._password = password
        self._before_waiting = before_waiting
        self._open: dict[Route, Connection] = {}

    def to(self, route: Route) -> Connection:
        """A connection that may take a message, the one that is open if it still may; raises Unusable."""
        line = self._open.pop(route, None)
        if line is None or not line.usable:
            self._before_waiting()
            if line is not None:
                line.close()
            line = connect(route, self._known(route))
        self._open[route] = line
        return self._open[route]

    def _known(self, route: Route) -> str | None:
        return self._password(route.password_variable) if route.password_variable else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        for line in self._open.values():
            line.close()
