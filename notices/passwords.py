"""Passwords of the page's users: hashed with Argon2id, and verified one at a time."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_ONE_AT_A_TIME = Lock()  # a verification takes 64 MiB: a flood of log-ins must not take all memory


def hashed(password: str) -> str:
    """Return the hash of a password, with its salt and parameters."""
    with _ONE_AT_A_TIME:
        return _hasher().hash(password)


def verified(password: str, known: str | None) -> bool:
    """Return whether a password belongs to a hash; for None it is False, after as much work as for a real hash."""
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - only a log-in needs it

    try:
        with _ONE_AT_A_TIME:
            return _hasher().verify(known or _nobodys(), password) and known is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - only a log-in needs it

    return PasswordHasher()  # the library's defaults follow RFC 9106


@cache
def _nobodys() -> str:
    return _hasher().hash("nobody has this password")
