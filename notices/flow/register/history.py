"""history import: notices sent before this program was used."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from notices.errors import UsageMistake
from notices.flow.register.accounts import unknown_estates
from notices.flow.workspace import Workspace
from notices.intake import (
    HistoricNotice,
    read_history,
)
from notices.intake.results import ImportResult
from notices.ledger import ImportedNotice, Ledger, Outcome
from notices.messages import NOTHING, Message, say
from notices.settings import Settings


def import_history(
    workspace: Workspace, ledger: Ledger, path: Path, *, estate: str | None, sheet: str | None, by: str, at: datetime
) -> ImportResult:
    """Import notices sent before this program was used; a notice imported again is recognised."""
    settings = workspace.settings
    known = tuple(known.name for known in settings.estates)
    policies = [settings.policy, *(settings.policy_of(name) for name in known)]
    tiers = {name: tier.name for policy in policies for tier in policy.tiers for name in (tier.name, tier.title)}
    table = read_history(path, tiers=tiers, known_estates=known, estate=estate, sheet=sheet)
    good = [notice for notice in table.notices if notice.party.estate in known]
    with ledger.begin() as books:
        outcomes = books.imports.add([_imported(settings, notice) for notice in good], by=by, at=at)
    left_out = [_left_out(notice, outcome) for notice, outcome in zip(good, outcomes, strict=True)]
    return ImportResult(
        new=outcomes.count("new"),
        changed=outcomes.count("changed"),
        same=outcomes.count("same"),
        problems=table.problems,
        attention=(
            *unknown_estates([notice.party for notice in table.notices], known),
            *(message for message in left_out if message.text),
        ),
    )


def _left_out(notice: HistoricNotice, outcome: Outcome) -> Message:
    if outcome == "taken":
        return say(
            "Number {number} already belongs to another notice; the row was left out. "
            "Correct the number in the table and import it again.",
            number=notice.number,
        )
    if outcome == "own":
        return say("{number} is a notice made by this program; the row was left out.", number=notice.number)
    return NOTHING


def _imported(settings: Settings, notice: HistoricNotice) -> ImportedNotice:
    policy = settings.policy_of(notice.party.estate)
    if notice.tier not in {tier.name for tier in policy.tiers}:
        raise UsageMistake(
            say("{estate}: its policy has no tier “{tier}”.", estate=notice.party.estate, tier=notice.tier),
            say("Add it to [[policy.tiers]], or correct the table."),
        )
    return ImportedNotice(
        case=notice.party.case,
        owner="、".join(notice.party.owners),
        tier=notice.tier,
        tier_rank=policy.rank(notice.tier),
        date=notice.date,
        deliveries=notice.deliveries,
        number=notice.number,
    )
