"""Users of the page: their roles and the hashes of their passwords. Events name the user, never the hash."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from notices.errors import Refused, UsageMistake
from notices.ledger import schema
from notices.ledger.base import Book, NewEvent
from notices.ledger.inputs import NewUser
from notices.ledger.records import UserRecord
from notices.messages import say
from notices.model import Role
from notices.spelling import comparable_person


class UsersBook(Book):
    """Ledger operations for the users of the page."""

    def add(self, user: NewUser, *, by: str, at: datetime) -> UserRecord:
        """Add a user; raises Refused if there is one of that name, however it is spelt."""
        if self.find(user.name) is not None:
            raise Refused(
                say("There is a user {name} already.", name=user.name),
                say(
                    "`notices user list` shows all users; `notices user passwd {name}` sets a password.", name=user.name
                ),
            )
        row = insert(schema.users).values(
            name=user.name,
            login=comparable_person(user.name),
            role=user.role,
            names=user.names,
            password=user.password,
            disabled=False,
            by=by,
            entered_at=at,
        )
        key: int = self.connection.execute(row.returning(schema.users.c.id)).scalar_one()
        told = {"name": user.name, "role": user.role.value, "names": user.names}
        self._record([NewEvent("user-added", "user", key, told)], by=by, at=at)
        return self._one(key)

    def set_password(self, name: str, password: str, *, by: str, at: datetime) -> UserRecord:
        """Replace the hash of a user's password, and let a disabled one in again; raises UsageMistake."""
        return self._change(name, "user-password", {"password": password, "disabled": False}, {}, by=by, at=at)

    def disable(self, name: str, *, by: str, at: datetime) -> UserRecord:
        """Lock a user out; raises UsageMistake for a stranger."""
        return self._change(name, "user-disabled", {"disabled": True}, {}, by=by, at=at)

    def change(self, name: str, role: Role, *, names: bool, by: str, at: datetime) -> UserRecord:
        """Give a user another role, and let a viewer see names or not; raises UsageMistake for a stranger."""
        told = {"role": role.value, "names": names}
        return self._change(name, "user-changed", {"role": role, "names": names}, told, by=by, at=at)

    def all(self) -> list[UserRecord]:
        """Return all users in the order in which they were added."""
        return [_user(row) for row in self.connection.execute(select(schema.users).order_by(schema.users.c.id))]

    def any(self) -> bool:
        """Return whether there is a user, be it a disabled one: then nobody may act without logging in."""
        return self.connection.execute(select(func.count()).select_from(schema.users)).scalar_one() > 0

    def find(self, name: str) -> UserRecord | None:
        """Return the user of that name, however it is spelt, or None."""
        wanted = select(schema.users).where(schema.users.c.login == comparable_person(name))
        row = self.connection.execute(wanted).first()
        return None if row is None else _user(row)

    def with_id(self, key: int) -> UserRecord | None:
        """Return the user of that id, or None."""
        row = self.connection.execute(select(schema.users).where(schema.users.c.id == key)).first()
        return None if row is None else _user(row)

    def _one(self, key: int) -> UserRecord:
        return _user(self.connection.execute(select(schema.users).where(schema.users.c.id == key)).one())

    def _change(
        self, name: str, kind: str, values: dict[str, Any], told: dict[str, Any], *, by: str, at: datetime
    ) -> UserRecord:
        user = self.find(name)
        if user is None:
            raise UsageMistake(say("There is no user {name}.", name=name), say("`notices user list` shows all users."))
        self.connection.execute(update(schema.users).where(schema.users.c.id == user.id).values(**values))
        self._record([NewEvent(kind, "user", user.id, {"name": user.name, **told})], by=by, at=at)
        return self._one(user.id)


def _user(row: Any) -> UserRecord:
    return UserRecord(row.id, row.name, row.role, row.names, row.password, row.disabled, row.by, row.entered_at)
