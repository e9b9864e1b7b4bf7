"""Open SMTP connections of one run, one per route."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Self

from notices.post.server import Connection, connect
from notices.settings import Route

Passwords = Callable[[str], str | None]  # looks up a password by the name of its environment variable


class SmtpConnections:
    """Logged-in SMTP connections, one per route; closed on exit from the context.

    `before_waiting` is called before each new connection, because connecting may block for a long time; that is done
    inside `while_waiting`.
    """

    def __init__(
        self,
        password: Passwords,
        before_waiting: Callable[[], None] = lambda: None,
        while_waiting: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._password = password
        self._before_waiting = before_waiting
        self._while_waiting = while_waiting
        self._open: dict[Route, Connection] = {}

    def connection_for(self, route: Route) -> Connection:
        """Return a usable connection for the route, reconnecting if needed; raises Unusable."""
        line = self._open.pop(route, None)
        if line is None or not line.usable:
            self._before_waiting()
            if line is not None:
                line.close()
            with self._while_waiting():
                line = connect(route, self._password_for(route))
        self._open[route] = line
        return self._open[route]

    def _password_for(self, route: Route) -> str | None:
        return self._password(route.password_variable) if route.password_variable else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        for line in self._open.values():
            line.close()
