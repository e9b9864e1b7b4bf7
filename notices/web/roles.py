"""Roles: each view names those that it serves, and one check before every request lets nobody else in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from notices.model import Role

View = TypeVar("View", bound=Callable[..., Any])

EVERYBODY = (Role.VIEWER, Role.CLERK, Role.APPROVER, Role.ADMIN)
FROM_CLERK = (Role.CLERK, Role.APPROVER, Role.ADMIN)
ONLY_ADMIN = (Role.ADMIN,)

_SERVED = "__served_roles__"


def serves(*roles: Role, names: bool = False) -> Callable[[View], View]:
    """Name the roles that a view serves; with `names` only users who may see names and amounts."""

    def mark(view: View) -> View:
        setattr(view, _SERVED, (frozenset(roles), names))
        return view

    return mark


def open_to_all(view: View) -> View:
    """Mark a view that serves also who has not logged in: the log-in itself, the style sheet."""
    setattr(view, _SERVED, None)
    return view


def is_open(view: Callable[..., Any]) -> bool:
    """Return whether a view serves everybody, logged in or not."""
    return getattr(view, _SERVED, ()) is None


def served_roles(view: Callable[..., Any]) -> frozenset[Role]:
    """Return the roles that a view names; none if it names none, so that it serves nobody."""
    served = getattr(view, _SERVED, None)
    return served[0] if served else frozenset()


def needs_names(view: Callable[..., Any]) -> bool:
    """Return whether a view serves only users who may see names and amounts."""
    served = getattr(view, _SERVED, None)
    return bool(served and served[1])
