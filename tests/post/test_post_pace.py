"""The pace of e-mail: a server gets no more than it wants, whoever's name stands on a message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from notices.post.pace import Pace
from notices.settings import Route


def test_messages_in_several_names_through_one_server_count_together() -> None:
    now = [datetime(2026, 11, 23, 9, tzinfo=UTC)]
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += timedelta(seconds=seconds)

    pace = Pace(pause)
    names = (Route(host="mx.example.com", per_minute=2, sender=f"{name}@example.com") for name in "abcd")
    for route in names:
        pace.wait(route, lambda: now[0], lambda _: [])
    assert pauses == [60.0]
