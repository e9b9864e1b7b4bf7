"""The person behind a request: a user who logged in, or, where there are no users, who said once who they are."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe

from flask import Flask, g, session
from flask_login import LoginManager, login_user, logout_user

from notices.ledger import UserRecord
from notices.model import Role
from notices.web.site import Site, the_site

BY = "by"  # key of a session: who acts where there are no users
SESSION = "id"  # key of a session: its own random name, under which things are kept for it


@dataclass(frozen=True)
class Person:
    """Person who acts. One who is `alone` cannot be told from a second person, and releases nothing that needs two."""

    name: str
    role: Role
    sees_names: bool
    alone: bool
    key: str = ""

    # What Flask-Login asks of a user.
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """Return the key that stands in the session."""
        return self.key


def set_up_log_in(app: Flask) -> None:
    """Have Flask-Login read the user of a session; a new password, or a disabled user, ends all their sessions."""
    manager = LoginManager(app)
    manager.session_protection = None  # its check of the address would log out who changes networks

    @manager.user_loader
    def load(key: str) -> Person | None:
        number, _, stamp = key.partition(".")
        with the_site().ledger.read() as books:
            user = books.users.with_id(int(number)) if number.isdecimal() and len(number) < 10 else None
        return person_of(user) if user and not user.disabled and stamp == _stamp(user) else None


def person_of(user: UserRecord) -> Person:
    """Return a user as a person who acts; only an approver is a second person."""
    alone = user.role in {Role.VIEWER, Role.CLERK}
    return Person(user.name, user.role, user.names, alone, f"{user.id}.{_stamp(user)}")


def log_in(user: UserRecord) -> None:
    """Begin a new session for a user: nothing of the one before is kept, so that nobody can have planted it."""
    begin_session()
    login_user(person_of(user))


def act_as(name: str) -> None:
    """Begin a session for the one person of a page without users."""
    begin_session()
    session[BY] = name


def begin_session() -> None:
    """Forget the present session and begin a new one; the chosen language stays."""
    language = session.get("language")
    session.clear()
    session.permanent = True
    session[SESSION] = token_urlsafe(16)
    if language:
        session["language"] = language


def log_out() -> None:
    """End the session, here and for everyone who has a copy of its cookie."""
    site = the_site()
    if SESSION in session:
        site.kept.forget(session[SESSION])
        site.ended.add(session[SESSION])
    logout_user()
    session.clear()


def find_person(site: Site) -> Person | None:
    """Return who acts in this request, None if they have to log in or to say who they are first."""
    from flask_login import current_user  # noqa: PLC0415 - a proxy that needs the request

    if session.get(SESSION) in site.ended:
        return None
    if has_users(site):
        return current_user._get_current_object() if current_user.is_authenticated else None
    name = session.get(BY)
    return Person(name, Role.ADMIN, sees_names=True, alone=True) if name and site.address.loopback else None


def has_users(site: Site) -> bool:
    """Return whether somebody may log in, so that everybody has to."""
    with site.ledger.read() as books:
        return books.users.any()


def the_person() -> Person:
    """Return who acts; the check before each request has seen to it that there is somebody."""
    person: Person = g.person
    return person


def session_name() -> str:
    """Return the name under which things are kept for this session."""
    return str(session[SESSION])


def _stamp(user: UserRecord) -> str:
    return sha256(user.password.encode()).hexdigest()[:16]
