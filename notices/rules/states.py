"""Valid transitions between the states of a delivery (explained in docs/cli.md), and named sets of states."""

from __future__ import annotations

from collections.abc import Mapping

from notices.model import Channel, State

NEXT: Mapping[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.APPROVED, State.WITHDRAWN}),
    # If the ledger is an old copy that was put back, a delivery that waits may turn out to have been sent or printed;
    # what became of it is unknown until a person settles it.
    State.APPROVED: frozenset({State.RENDERED, State.SET_ASIDE, State.WITHDRAWN, State.UNKNOWN, State.SPOOLED}),
    State.SET_ASIDE: frozenset({State.RENDERED, State.SET_ASIDE, State.WITHDRAWN, State.UNKNOWN, State.SPOOLED}),
    State.RENDERED: frozenset({State.SET_ASIDE, State.SENDING, State.SPOOLED, State.WITHDRAWN, State.UNKNOWN}),
    State.SENDING: frozenset({State.SENT, State.DEFERRED, State.REFUSED, State.UNKNOWN, State.RENDERED}),
    State.DEFERRED: frozenset({State.SENDING, State.REFUSED, State.SET_ASIDE, State.WITHDRAWN, State.UNKNOWN}),
    # Set aside, not rendered: it did not leave, and such a copy of the ledger has no letter of it.
    State.UNKNOWN: frozenset({State.SENT, State.RENDERED, State.SET_ASIDE, State.DELIVERED, State.BOUNCED}),
    State.SPOOLED: frozenset({State.SENT, State.HANDED_OVER, State.RENDERED, State.SET_ASIDE, State.WITHDRAWN}),
    # Refused by a later server because of the sender, not the address: a person settles it.
    State.SENT: frozenset({State.DELIVERED, State.BOUNCED, State.RETURNED, State.UNKNOWN}),
    State.HANDED_OVER: frozenset({State.DELIVERED, State.RETURNED}),
    # The first report of the carrier or mail server may turn out to be wrong, or the day that a person typed.
    State.DELIVERED: frozenset({State.DELIVERED, State.BOUNCED, State.RETURNED}),
    State.BOUNCED: frozenset({State.BOUNCED, State.DELIVERED, State.RETURNED}),
    State.RETURNED: frozenset({State.RETURNED, State.DELIVERED, State.BOUNCED}),
    State.REFUSED: frozenset(),
    # Only the carrier can tell that a withdrawn letter went all the same.
    State.WITHDRAWN: frozenset({State.HANDED_OVER}),
}

ONLY_EMAIL = frozenset({State.SENDING, State.DEFERRED, State.UNKNOWN, State.SENT, State.REFUSED, State.BOUNCED})
ONLY_PAPER = frozenset({State.HANDED_OVER})


def may_follow(channel: Channel, now: State, following: State) -> bool:
    """Return whether a delivery by `channel` may change from state `now` to `following`."""
    if following in (ONLY_PAPER if channel is Channel.EMAIL else ONLY_EMAIL):
        return False
    return following in NEXT[now]


# Named sets of states; `model.FAILED` is another.

# Approved, and the letter is not rendered yet or must be rendered again.
RENDERABLE = frozenset({State.APPROVED, State.SET_ASIDE})
# Rendered and waiting to leave; the mail server put a deferred e-mail off.
READY_TO_LEAVE: Mapping[Channel, frozenset[State]] = {
    Channel.EMAIL: frozenset({State.RENDERED, State.DEFERRED}),
    Channel.PRINT: frozenset({State.RENDERED}),
}
# An e-mail that was tried and is in one of these states will be sent again.
SENT_AGAIN_LATER = frozenset({State.RENDERED, State.SET_ASIDE, State.DEFERRED})
# Nothing has left: can be withdrawn.
NOT_LEFT = frozenset({State.PLANNED, State.APPROVED, State.RENDERED, State.SET_ASIDE, State.DEFERRED})
# Lies in the outbox or a print job, or has left, perhaps: all other states except withdrawn.
MAY_HAVE_LEFT = frozenset(NEXT) - NOT_LEFT - {State.WITHDRAWN}
# A server or a person is in the middle of sending it, or was interrupted: the outcome is unknown.
OUTCOME_UNKNOWN = frozenset({State.SENDING, State.UNKNOWN})
# In a print job that has not been handed over, or is on its way with no report yet: can be printed again.
REPRINTABLE = frozenset({State.SPOOLED, State.HANDED_OVER})
# On paper: handed over for certain.
LEFT_ON_PAPER = frozenset({State.HANDED_OVER, State.DELIVERED, State.RETURNED})
# On paper: in a print job, handed over or not.
IN_PRINT_JOB = LEFT_ON_PAPER | {State.SPOOLED}
# By e-mail: left for certain.
LEFT_BY_EMAIL = frozenset({State.SENT, State.DELIVERED, State.BOUNCED})
# A person may say what became of it: it has left for certain, or a server was asked and did not answer. What lies in
# the outbox or is being sent is settled first, by `mail confirm` or `mail settle`; what was refused never left.
RESULT_BY_HAND: Mapping[Channel, frozenset[State]] = {
    Channel.EMAIL: LEFT_BY_EMAIL | {State.UNKNOWN},
    Channel.PRINT: IN_PRINT_JOB,
}
# Left, and no report has come back.
NO_REPORT_YET = frozenset({State.SENT, State.HANDED_OVER})
# Left, and nothing is known to have gone wrong: the owner is taken to have it.
WENT_OUT = NO_REPORT_YET | {State.DELIVERED}
# Approved, and may still go out.
OPEN = frozenset(
    {
        State.APPROVED,
        State.RENDERED,
        State.SET_ASIDE,
        State.SPOOLED,
        State.SENDING,
        State.DEFERRED,
        State.UNKNOWN,
    }
)
# A notice with no other states does not count in its case: nobody has approved it, or it was taken back.
PLANNED_OR_WITHDRAWN = frozenset({State.PLANNED, State.WITHDRAWN})
