"""People who may act: the names in [people], and comparison of names."""

from __future__ import annotations

from notices.errors import Refused
from notices.flow.workspace import Workspace
from notices.messages import say
from notices.spelling import comparable_person


def refuse_strangers(workspace: Workspace, by: str) -> None:
    """Raise Refused for a name that is not in [people], unless that is empty."""
    names = workspace.settings.people.names
    if names and not any(same_person(by, name) for name in names):
        raise Refused(
            say("{name} may not act: not listed in [people].", name=by),
            say("Use one of the names in [people] of notices.toml: {names}.", names=", ".join(names)),
        )


def same_person(one: str, other: str) -> bool:
    """Return whether two names are the same, ignoring spaces, case and full-width forms."""
    return comparable_person(one) == comparable_person(other)
