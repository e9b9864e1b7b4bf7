"""Data of a notice about to be approved: number series, deadline, and the earlier notice it continues."""

from __future__ import annotations

from datetime import date

from notices.flow.workspace import Workspace
from notices.ledger import DecisionRecord, Release
from notices.model import History
from notices.rules.cases import case_notices
from notices.settings import series


def as_release(
    workspace: Workspace, entry: DecisionRecord, history: History, letter_date: date, as_of: date
) -> Release:
    """Return the release of a notice, given its case's history; its deadline counts from the letter's date."""
    policy = workspace.policy(entry.account.estate)
    tier = policy.tier(entry.decision.tier or "")
    estate = workspace.settings.estate(entry.account.estate)
    claimable = [standing for standing in entry.decision.standings if standing.claimable]
    letters = case_notices(history, claimable, as_of, policy)
    code = estate.code if estate else ""
    assert entry.notice is not None  # noqa: S101 - callers pass decisions with a notice only
    return Release(
        notice_id=entry.notice.id,
        series=series(tier.number, code, letter_date.year),
        first=workspace.settings.numbers.first(tier.number, code, letter_date.year),
        deadline=workspace.working_days.deadline(letter_date, tier.respond_within_days),
        tier_rank=policy.rank(tier.name),
        continues=letters[-1].id if letters else None,
    )
