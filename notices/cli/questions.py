"""Questions before something is done to a whole batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import click

from notices.cli.display import table
from notices.cli.door import Door
from notices.messages import Message, say
from notices.model import State


def count_question(door: Door, question: Message, what: Message, *, yes: bool) -> Callable[[Mapping[State, int]], bool]:
    """Return a function that shows how many of `what` are in each state, and asks once, unless `yes`."""

    def agreed(counts: Mapping[State, int]) -> bool:
        if yes:
            return True
        rows = [(door.word(state.value), count) for state, count in sorted(counts.items())]
        if rows and not door.as_json:
            table([*door.headings(say("state")), door.text(what)], rows, right=(1,))
        return click.confirm(door.text(question), err=True)

    return agreed
