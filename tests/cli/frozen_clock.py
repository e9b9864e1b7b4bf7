"""The office's day, for tests whose dates would be out of bounds on another day."""

from __future__ import annotations

from datetime import datetime

import pytest

import notices.cli.door


def today_is(monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    """Let the commands that follow in this process be run at noon of a day in Shanghai."""

    class Noon(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime.fromisoformat(f"{day}T04:00:00+00:00").astimezone(tz)  # type: ignore[arg-type]

    monkeypatch.setattr(notices.cli.door, "datetime", Noon)
