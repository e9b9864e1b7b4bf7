"""Rate limits of mail servers: messages per minute and per hour."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from notices.settings import Route

HOUR = timedelta(hours=1)

Earlier = Callable[[datetime], list[datetime]]


class RateLimiter:
    """Rate limiter that tracks recent messages per server, including earlier runs; `pause` sleeps some seconds."""

    def __init__(self, pause: Callable[[float], None]) -> None:
        self._pause = pause
        self._past: dict[tuple[str, int], deque[datetime]] = {}

    def wait(self, route: Route, now: Callable[[], datetime], earlier: Earlier) -> None:
        """Wait until the route's limits allow another message, and count it; `earlier` lists attempts since a time."""
        limits = [(route.per_minute, timedelta(minutes=1)), (route.per_hour, HOUR)]
        limits = [(most, span) for most, span in limits if most]
        if not limits:
            return
        server = (route.host, route.usual_port)  # limits apply per server, whatever the sender
        if server not in self._past:
            self._past[server] = deque(earlier(now() - HOUR))
        past = self._past[server]
        for most, span in limits:
            while len(past) >= most and (left := past[-most] + span - now()) > timedelta():
                self._pause(left.total_seconds())
        past.append(now())
        while past[0] < now() - HOUR:
            past.popleft()
