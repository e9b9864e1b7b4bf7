"""Variable envelope return paths: each notice's e-mail has a bounce address of its own, which names the notice.

`bounces@example.com` becomes `bounces+YGHY-2026-000123.0123456789abcdef0123@example.com`: whatever a server
writes into its report, it sends it there (RFC 5321, 4.4 and 6.1; D. J. Bernstein, "Variable Envelope Return
Paths", 1997).
"""

from __future__ import annotations

import re

from notices.addresses import MOST_LOCAL, AddressMistake, ascii_address
from notices.messages import say
from notices.post.names import token

SEPARATOR = "+"  # RFC 5233; what Postfix, Exim, Exchange and the big providers take for a subaddress

_NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*\.[0-9a-f]{20}"
_RETURN_PATH = re.compile(rf"[^@\s]+?\{SEPARATOR}({_NAME})@[^@\s]+")
_MESSAGE_ID = re.compile(rf"<?({_NAME})@[^@\s<>]+>?")


def return_path(bounce_address: str, number: str, secret: str = "") -> str:
    """The envelope sender of a notice's e-mail.

    Raises AddressMistake where `bounce_address` is not one plain address, or leaves no room for the number (RFC 5321,
    4.5.3.1.1: 64 characters before the @).
    """
    local, _, domain = ascii_address(bounce_address).rpartition("@")
    long = f"{local}{SEPARATOR}{token(number, secret)}"
    if len(long) > MOST_LOCAL:
        raise AddressMistake(say("the e-mail address is too long before its @ for a notice number to be added"))
    return f"{long}@{domain}"


def token_of_return_path(address: str) -> str | None:
    """The `names.token` that an address made by `return_path` holds, in lower case; None for any other address.

    In lower case because servers on the way may change letter case; the caller compares it so. The part before the
    token is not looked at: the setting may have changed since the message left, and the ledger decides what is ours.
    """
    found = _RETURN_PATH.fullmatch(address.strip().strip("<>").lower())
    return found[1] if found else None


def token_of_message_id(message_id: str) -> str | None:
    """The `names.token` that a Message-ID made by `message.message_id` holds, in lower case; None for any other."""
    found = _MESSAGE_ID.fullmatch(message_id.strip().lower())
    return found[1] if found else None


def token_of_envelope_id(text: str) -> str | None:
    """The `names.token` that we gave as ENVID (RFC 3461, 4.4), in lower case; None for any other."""
    found = re.fullmatch(_NAME, text.strip().lower())
    return found[0] if found else None
