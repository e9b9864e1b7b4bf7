"""Who may act: the names of [people], and whether two names are one person's."""

from __future__ import annotations

import unicodedata

from notices.errors import Refused
from notices.flow.workspace import Workspace
from notices.messages import say


def refuse_strangers(workspace: Workspace, by: str) -> None:
    """Raise Refused for a name that [people] does not list, where it lists any."""
    names = workspace.settings.people.names
    if names and not any(same_person(by, name) for name in names):
        raise Refused(
            say("{name} is not among the people who may act.", name=by),
            say("Give a name that stands in [people] of notices.toml: {names}.", names=", ".join(names)),
        )


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's, however they are spaced, cased or full-width."""
    first, second = ("".join(unicodedata.normalize("NFKC", name).casefold().split()) for name in (one, other))
    return first == second
