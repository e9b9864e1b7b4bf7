"""Not more messages a minute and an hour than a server wants."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from notices.settings import Route

HOUR = timedelta(hours=1)

Earlier = Callable[[datetime], list[datetime]]


class Pace:
    """When each server had its last messages, those of earlier runs too; `pause` waits for so many seconds."""

    def __init__(self, pause: Callable[[float], None]) -> None:
        self._pause = pause
        self._past: dict[tuple[str, int], deque[datetime]] = {}

    def wait(self, route: Route, now: Callable[[], datetime], earlier: Earlier) -> None:
        """Wait until the route may take one more, and count it; `earlier` tells of attempts since a moment."""
        limits = [(route.per_minute, timedelta(minutes=1)), (route.per_hour, HOUR)]
        limits = [(most, span) for most, span in limits if most]
        if not limits:
            return
        server = (route.host, route.usual_port)  # whoever's name stands on a message, it counts
        if server not in self._past:
            self._past[server] = deque(earlier(now() - HOUR))
        past = self._past[server]
        for most, span in limits:
            while len(past) >= most and (left := past[-most] + span - now()) > timedelta():
                self._pause(left.total_seconds())
        past.append(now())
        while past[0] < now() - HOUR:
            past.popleft()
