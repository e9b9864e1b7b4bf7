"""Commands that `resume` finishes one after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notices.flow import run
from notices.flow.approval.approve import Approved
from notices.flow.batch.session import InterruptedCommand, Order
from notices.flow.caller import Caller

START = datetime(2026, 11, 23, 16, tzinfo=UTC)


def test_each_command_bears_the_time_at_which_its_turn_came(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job made after an hour of rendering, past midnight, must not bear yesterday's date."""
    hours = iter(range(1, 10))

    def now() -> datetime:
        return START + timedelta(hours=next(hours))

    began: list[datetime] = []

    def finish(command: InterruptedCommand) -> Approved:
        began.append(command.order.at)
        return Approved("b", (), ())

    unused: Any = None
    caller = Caller(now=now, local_time=now, secret=lambda _: None, translate=str)
    command = InterruptedCommand(unused, unused, caller, Order("b", "Clerk", START), {})
    monkeypatch.setattr(run, "RESUME", {"render": finish, "print": finish})
    run._finish({"render": command, "print": command}, run.RunResult("b"))
    assert began == [START + timedelta(hours=1), START + timedelta(hours=2)]
