"""Accounts as a person names them: parsed, and refused where the estate is unknown."""

from __future__ import annotations

from collections.abc import Sequence

from notices.flow.workspace import Workspace, unknown_estate
from notices.intake import (
    Party,
    parse_account,
)
from notices.messages import Message, say


def known_party(workspace: Workspace, account: str) -> Party:
    """The owner that an account names; raises UsageMistake for an unknown estate or what is no account."""
    party = parse_account(account)
    if workspace.settings.estate(party.estate) is None:
        raise unknown_estate(party.estate, tuple(estate.name for estate in workspace.settings.estates))
    return party


def never_seen(party: Party) -> Message:
    """A word of caution: nothing has shown this account yet."""
    return say("Registered; but no list or history has shown {account} yet: check its spelling.", account=party.key)


def _unknown_estates(parties: Sequence[Party], known: Sequence[str]) -> tuple[Message, ...]:
    return tuple(
        say(
            "The settings know no estate “{estate}”: its rows were left out. "
            "Correct the name in the table, or add [[estates]] to notices.toml, then import it again.",
            estate=name,
        )
        for name in sorted({party.estate for party in parties} - set(known))
    )
