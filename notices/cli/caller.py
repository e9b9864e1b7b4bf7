"""Services that the command line hands down to the flows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from notices.cli.door import Door
from notices.messages import Message

if TYPE_CHECKING:
    from notices.flow.caller import Caller


def caller_of(door: Door, *, any_hour: bool = False) -> Caller:
    """Return the services of a call, without progress bars or questions; hand-overs report to a terminal only."""
    from notices.flow.caller import Caller

    def tell(message: Message) -> None:
        if sys.stderr.isatty():
            door.say(message)

    return Caller(
        now=door.now,
        local_time=door.local_time,
        secret=door.secret,
        translate=door.translate,
        tell=tell,
        any_hour=any_hour,
    )
