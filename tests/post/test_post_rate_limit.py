"""Rate limit of e-mail: counted per server, whichever sender name a message has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from notices.post.rate_limit import RateLimiter
from notices.settings import Route


def test_messages_from_several_senders_share_one_servers_limit() -> None:
    now = [datetime(2026, 11, 23, 9, tzinfo=UTC)]
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += timedelta(seconds=seconds)

    pace = RateLimiter(pause)
    names = (Route(host="mx.example.com", per_minute=2, sender=f"{name}@example.com") for name in "abcd")
    for route in names:
        pace.wait(route, lambda: now[0], lambda _: [])
    assert pauses == [60.0]
