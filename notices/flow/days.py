"""Days that people type: refused where only a mistyped year explains them, before a letter or a record bears them."""

from __future__ import annotations

from datetime import date, timedelta

from notices.errors import UsageMistake
from notices.flow.workspace import Workspace
from notices.messages import Message, say


def is_too_far(workspace: Workspace, day: date, today: date) -> bool:
    """Return whether a day is further ahead than the settings allow."""
    return day > latest_day(workspace, today)


def latest_day(workspace: Workspace, today: date) -> date:
    """Return the last day for which a letter may be written: until then, too much will be paid and disputed."""
    return today + timedelta(days=workspace.settings.policy.plan_ahead_days)


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


def refuse_letter_before(day: date, earliest: date, number: str) -> None:
    """Raise UsageMistake if a letter would bear a day before what it tells of, which `number` names."""
    if day < earliest:
        raise UsageMistake(
            say(
                "{day} is before {earliest}, the day of what the letter about {number} tells of.",
                day=day.isoformat(),
                earliest=earliest.isoformat(),
                number=number,
            ),
            say("Check the year; without --date the letter bears the day of today."),
        )
