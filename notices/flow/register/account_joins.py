"""account join: a person's word that two accounts of one name are one owner's, or are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notices.errors import Refused, UsageMistake
from notices.flow.people import refuse_strangers
from notices.flow.register.accounts import known_party, refuse_unseen
from notices.flow.workspace import Workspace
from notices.ledger import Books, Ledger
from notices.messages import Message, say
from notices.model import CaseKey
from notices.rules.states import OPEN


@dataclass(frozen=True)
class JoinRequest:
    """Two accounts to join, or (not `together`) to keep apart, by whom."""

    one: str
    other: str
    by: str
    at: datetime
    together: bool = True


@dataclass(frozen=True)
class JoinedAccounts:
    """Result of `account join`: the accounts as they are known, and what to say."""

    one: str
    other: str
    done: Message


def join_accounts(workspace: Workspace, ledger: Ledger, request: JoinRequest) -> JoinedAccounts:
    """Record that two accounts are one owner's, so that their notices go in one letter; the last word counts.

    Raises UsageMistake if they are one and the same, Refused if their estates or owners' names differ, or if no list or
    history has one of them.
    """
    refuse_strangers(workspace, request.by)
    one, other = known_party(workspace, request.one), known_party(workspace, request.other)
    with ledger.begin() as books:
        for party in (one, other):
            if not books.histories.knows(party.case):
                refuse_unseen(books, party)
        first, second = books.renames.today(one.case), books.renames.today(other.case)
        if first == second:
            raise UsageMistake(
                say("{account} is named twice.", account=one.key), say("Name two different units of the owner.")
            )
        if (first.estate, first.owners) != (second.estate, second.owners):
            raise Refused(
                say(
                    "{account} and {other} cannot be joined: a letter goes to people who own all its units.",
                    account=one.key,
                    other=other.key,
                ),
                say(
                    "The estates and all owners' names must be the same. If one of the names is misspelt: "
                    "`notices account rename OLD NEW`."
                ),
            )
        books.joins.add(first, second, together=request.together, by=request.by, at=request.at)
        waiting = () if request.together else _in_one_letter(books, first, second)
    if waiting:
        return JoinedAccounts(one.key, other.key, _still_here(one.key, other.key, waiting))
    return JoinedAccounts(one.key, other.key, _done(one.key, other.key, together=request.together))


def _in_one_letter(books: Books, one: CaseKey, other: CaseKey) -> tuple[str, ...]:
    """Return the notices to the two that are in one letter which has not left."""
    found = {
        (way.letter_id, case): notice.number or ""
        for case in (one, other)
        for notice in books.notices.of_case(case)
        for way in notice.deliveries
        if way.letter_id is not None and way.state in OPEN
    }
    shared = {letter for letter, _ in found if (letter, one) in found and (letter, other) in found}
    return tuple(dict.fromkeys(found[letter, case] for letter in sorted(shared) for case in (one, other)))


def _still_here(one: str, other: str, notices: Sequence[str]) -> Message:
    return say(
        "{account} and {other} are kept apart. {notices} are in one letter that has not left: it stays here until one "
        "of them is withdrawn and the letter is rendered again; if it is in the outbox or a print job, take it out.",
        account=one,
        other=other,
        notices=", ".join(notices),
    )


def _done(one: str, other: str, *, together: bool) -> Message:
    if together:
        return say(
            "{account} and {other} are one owner's: from the next approval on, their notices go in one letter where "
            "the settings combine letters.",
            account=one,
            other=other,
        )
    return say(
        "{account} and {other} are kept apart: their notices go in letters of their own.", account=one, other=other
    )
