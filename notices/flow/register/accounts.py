"""Accounts as a person writes them: parse them, and refuse unknown estates."""

from __future__ import annotations

from collections.abc import Sequence

from notices.flow.workspace import Workspace, unknown_estate
from notices.intake import (
    Party,
    parse_account,
)
from notices.messages import Message, say


def known_party(workspace: Workspace, account: str) -> Party:
    """Return the owner of an account. Raises UsageMistake for an unknown estate or an unreadable account."""
    party = parse_account(account)
    if workspace.settings.estate(party.estate) is None:
        raise unknown_estate(party.estate, tuple(estate.name for estate in workspace.settings.estates))
    return party


def never_seen(party: Party) -> Message:
    """Return the warning that no list or history has this account."""
    return say("Registered, but no list or history has {account}: check its spelling.", account=party.key)


def unknown_estates(parties: Sequence[Party], known: Sequence[str]) -> tuple[Message, ...]:
    """Return a message for each unknown estate, whose rows were left out."""
    return tuple(
        say(
            "There is no estate “{estate}” in the settings: its rows were left out. "
            "Correct the name in the table, or add [[estates]] to notices.toml, then import it again.",
            estate=name,
        )
        for name in sorted({party.estate for party in parties} - set(known))
    )
