"""Valid transitions between the states of a delivery (explained in docs/cli.md)."""

from __future__ import annotations

from collections.abc import Mapping

from notices.model import (
    WENT_OUT,
    Channel,
    State,
)

NEXT: Mapping[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.APPROVED, State.WITHDRAWN}),
    State.APPROVED: frozenset({State.RENDERED, State.SET_ASIDE, State.WITHDRAWN}),
    # A delivery waiting to be sent again may turn out to have been sent before: its outcome is then unknown.
    State.SET_ASIDE: frozenset({State.RENDERED, State.SET_ASIDE, State.WITHDRAWN, State.UNKNOWN}),
    State.RENDERED: frozenset({State.SET_ASIDE, State.SENDING, State.SPOOLED, State.WITHDRAWN, State.UNKNOWN}),
    State.SENDING: frozenset({State.SENT, State.DEFERRED, State.REFUSED, State.UNKNOWN, State.RENDERED}),
    State.DEFERRED: frozenset({State.SENDING, State.REFUSED, State.SET_ASIDE, State.WITHDRAWN, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.SENT, State.RENDERED, State.DELIVERED, State.BOUNCED}),
    State.SPOOLED: frozenset({State.SENT, State.HANDED_OVER, State.RENDERED, State.WITHDRAWN}),
    State.SENT: frozenset({State.DELIVERED, State.BOUNCED, State.RETURNED}),
    State.HANDED_OVER: frozenset({State.DELIVERED, State.RETURNED}),
    # The first report of the carrier or mail server may turn out to be wrong.
    State.DELIVERED: frozenset({State.BOUNCED, State.RETURNED}),
    State.BOUNCED: frozenset({State.DELIVERED, State.RETURNED}),
    State.RETURNED: frozenset({State.DELIVERED, State.BOUNCED}),
    State.REFUSED: frozenset(),
    State.WITHDRAWN: frozenset(),
}

ONLY_EMAIL = frozenset({State.SENDING, State.DEFERRED, State.UNKNOWN, State.SENT, State.REFUSED, State.BOUNCED})
ONLY_PAPER = frozenset({State.HANDED_OVER})

RENDERABLE = frozenset({State.APPROVED, State.SET_ASIDE})


def may_follow(channel: Channel, now: State, following: State) -> bool:
    """Return whether a delivery by `channel` may change from state `now` to `following`."""
    if following in (ONLY_PAPER if channel is Channel.EMAIL else ONLY_EMAIL):
        return False
    return following in NEXT[now]


NOT_LEFT = frozenset({State.PLANNED, State.APPROVED, State.RENDERED, State.SET_ASIDE, State.DEFERRED})


PRINTED = frozenset({State.SPOOLED, State.HANDED_OVER})  # what a supplement prints again


GONE_FOR_CERTAIN = frozenset({State.HANDED_OVER, State.DELIVERED, State.RETURNED})


NO_LETTER = frozenset({State.APPROVED, State.SET_ASIDE})


NOT_OUT = frozenset({State.PLANNED, State.APPROVED, State.RENDERED, State.SET_ASIDE, State.DEFERRED, State.WITHDRAWN})


IN_A_JOB = frozenset({State.SPOOLED, State.HANDED_OVER, State.DELIVERED, State.RETURNED})


OUT = WENT_OUT | {State.SPOOLED, State.SENDING, State.UNKNOWN, State.BOUNCED, State.RETURNED, State.REFUSED}


NO_RESULT = frozenset({State.SENT, State.HANDED_OVER})  # sent, result unknown


NOT_RELEASED = frozenset({State.PLANNED, State.WITHDRAWN})
