"""Passwords of the page's users: hashed with Argon2id, and verified one at a time."""

from __future__ import annotations

from functools import cache
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()  # the library's defaults follow RFC 9106
_ONE_AT_A_TIME = Lock()  # a verification takes 64 MiB: a flood of log-ins must not take all memory


def hashed(password: str) -> str:
    """Return the hash of a password, with its salt and parameters."""
    with _ONE_AT_A_TIME:
        return _HASHER.hash(password)


def verified(password: str, known: str | None) -> bool:
    """Return whether a password belongs to a hash; for None it is False, after as much work as for a real hash."""
    try:
        with _ONE_AT_A_TIME:
            return _HASHER.verify(known or _nobodys(), password) and known is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")
