"""Days too far ahead to write a letter for: until then, too much will be paid and disputed."""

from __future__ import annotations

from datetime import date, timedelta

from notices.errors import UsageMistake
from notices.flow.workspace import Workspace
from notices.messages import Message, say


def is_too_far(workspace: Workspace, day: date, today: date) -> bool:
    """Return whether a day is further ahead than the settings allow."""
    return day > today + timedelta(days=workspace.settings.policy.plan_ahead_days)


def days_allowed(workspace: Workspace) -> Message:
    """Return how far ahead a day may be."""
    return say(
        "Check the year. [policy] plan_ahead_days allows {days} days from today.",
        days=workspace.settings.policy.plan_ahead_days,
    )


def refuse_letter_ahead(workspace: Workspace, day: date, today: date) -> None:
    """Raise UsageMistake if a letter would bear a day too far ahead."""
    if is_too_far(workspace, day, today):
        raise UsageMistake(
            say("{day} is too far in the future for a letter.", day=day.isoformat()), days_allowed(workspace)
        )
