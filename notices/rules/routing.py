"""Routing: an account to its handler by the age of its debt, an objection to a person by its group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from notices.model import CaseKey
from notices.settings import Handler, Work

CURRENT = "current-year"


def handler_for(handlers: Iterable[Handler], building: str, scope: str | None) -> str | None:
    """Return the first of an estate's handlers who takes accounts of that building and scope, or None."""
    for handler in handlers:
        if (not handler.buildings or building in handler.buildings) and (not handler.scopes or scope in handler.scopes):
            return handler.name
    return None


def keeper(case: CaseKey, scope: str | None, handler: str | None, work: Work) -> str:
    """Return who looks after an account: its handler, else by the age of its debt.

    Earlier years go to the manager; the current year's accounts are shared evenly between the supervisor and the
    assistants, each always to the same person.
    """
    if handler:
        return handler
    if scope not in {None, CURRENT}:
        return work.manager
    return _share(case, (work.supervisor, *work.assistants))


def keeper_of_hard_case(case: CaseKey, scope: str | None, handler: str | None, work: Work, *, notices: int) -> str:
    """Return who takes what letters have not settled: the manager, once there have been `hard_after` notices."""
    return work.manager if notices >= work.hard_after else keeper(case, scope, handler, work)


def acting(who: str, keeps: str, work: Work) -> str:
    """Return the person behind the word that answers.toml uses; `keeps` looks after the account."""
    match work.roles.get(who):
        case "handler":
            return keeps
        case "supervisor":
            return work.supervisor
        case "manager":
            return work.manager
        case "technicians":
            return work.technicians
        case _:
            return who


def _share(case: CaseKey, people: Sequence[str]) -> str:
    """Return one of several people, the same for the same account whatever the list's order or the machine."""
    return people[int.from_bytes(sha256(case.key.encode()).digest()[:8]) % len(people)]
