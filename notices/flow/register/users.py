"""user: who may log in to the page, with which role."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from notices.errors import Refused, UsageMistake
from notices.ledger import Ledger, NewUser, UserRecord
from notices.messages import say
from notices.model import Role
from notices.passwords import hashed, verified
from notices.spelling import comparable_person

LEAST_CHARACTERS = 10
MOST_CHARACTERS = 1000  # hashing a longer one would only cost time


@dataclass(frozen=True)
class UserRequest:
    """User to add or change, by whom and when; `password` is as typed."""

    name: str
    by: str
    at: datetime
    password: str = field(default="", repr=False)
    role: Role = Role.VIEWER
    names: bool = False


def add_user(ledger: Ledger, request: UserRequest) -> UserRecord:
    """Add a user with a role; raises UsageMistake for a weak password, Refused if the name is taken."""
    _refuse_weak(request)
    user = NewUser(
        request.name, request.role, request.names or request.role is not Role.VIEWER, hashed(request.password)
    )
    with ledger.begin() as books:
        return books.users.add(user, by=request.by, at=request.at)


def list_users(ledger: Ledger) -> list[UserRecord]:
    """Return all users in the order in which they were added."""
    with ledger.read() as books:
        return books.users.all()


def set_password(ledger: Ledger, request: UserRequest) -> UserRecord:
    """Set a user's password, which ends their sessions and lets a disabled user in again; raises UsageMistake."""
    _refuse_weak(request)
    password = hashed(request.password)
    with ledger.begin() as books:
        return books.users.set_password(request.name, password, by=request.by, at=request.at)


def change_user(ledger: Ledger, request: UserRequest) -> UserRecord:
    """Give a user another role; a viewer sees names or not. Raises UsageMistake for a stranger, Refused for oneself."""
    _refuse_oneself(request)
    names = request.names or request.role is not Role.VIEWER
    with ledger.begin() as books:
        return books.users.change(request.name, request.role, names=names, by=request.by, at=request.at)


def disable_user(ledger: Ledger, request: UserRequest) -> UserRecord:
    """Lock a user out at once; raises UsageMistake if there is none of that name, Refused for oneself."""
    _refuse_oneself(request)
    with ledger.begin() as books:
        return books.users.disable(request.name, by=request.by, at=request.at)


def check_login(ledger: Ledger, name: str, password: str) -> UserRecord | None:
    """Return the user of this name and password, None if there is none or they are disabled.

    A stranger's name takes as long as a wrong password, so that nobody learns the names by the time.
    """
    with ledger.read() as books:
        user = books.users.find(name[:MOST_CHARACTERS])
    known = user.password if user is not None and not user.disabled else None
    return user if verified(password[:MOST_CHARACTERS], known) else None


def _refuse_oneself(request: UserRequest) -> None:
    """Raise Refused if somebody would lock out themselves: the last administrator could not be let in again."""
    if comparable_person(request.by) == comparable_person(request.name):
        raise Refused(
            say("{name} cannot take away their own role.", name=request.name),
            say("Ask another administrator, or use `notices user` on the server."),
        )


def _refuse_weak(request: UserRequest) -> None:
    password = request.password
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise UsageMistake(
            say("The password of {name} has {count} characters.", name=request.name, count=len(password)),
            say("Choose one of at least {least} characters, such as four words.", least=LEAST_CHARACTERS),
        )
    if comparable_person(password) == comparable_person(request.name) or len(set(password)) < 4:
        raise UsageMistake(
            say("The password of {name} is too easy to guess.", name=request.name),
            say("Choose one of at least {least} characters, such as four words.", least=LEAST_CHARACTERS),
        )
