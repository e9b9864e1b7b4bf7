"""history import: notices sent before this program was used."""

from __future__ import annotations

from collections.abc import Iterable
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
from notices.settings import Settings, series_of


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
        counted = [it.number for it, outcome in zip(good, outcomes, strict=True) if it.number and outcome != "taken"]
        following = books.imports.move_numbers_on(_used(settings, counted))
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
        note=say("The numbers go on after the imported ones: {numbers}.", numbers=", ".join(following))
        if following
        else NOTHING,
    )


def _used(settings: Settings, numbers: Iterable[str]) -> dict[str, int]:
    """Return the highest running number of each series that these numbers belong to."""
    codes = [estate.code for estate in settings.estates]
    used: dict[str, int] = {}
    for number in numbers:
        if found := series_of(number, settings.number_patterns, codes):
            used[found[0]] = max(used.get(found[0], 0), found[1])
    return used


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
