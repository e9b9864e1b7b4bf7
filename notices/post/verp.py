"""Variable envelope return paths (VERP): each notice's e-mail has its own bounce address, which names the notice.

`bounces@example.com` becomes `bounces+YGHY-2026-000123.0123456789abcdef0123@example.com`. A server sends its report
there, whatever the report itself says (RFC 5321, 4.4 and 6.1; D. J. Bernstein, "Variable Envelope Return Paths", 1997).
"""

from __future__ import annotations

import re

from notices.addresses import MOST_LOCAL, AddressMistake, ascii_address
from notices.messages import say
from notices.post.names import token

SEPARATOR = "+"  # RFC 5233; the subaddress separator of Postfix, Exim, Exchange and the big providers

_NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*\.[0-9a-f]{20}"
_RETURN_PATH = re.compile(rf"[^@\s]+?\{SEPARATOR}({_NAME})@[^@\s]+")
_MESSAGE_ID = re.compile(rf"<?({_NAME})@[^@\s<>]+>?")


def return_path(bounce_address: str, number: str, secret: str = "") -> str:
    """Return the envelope sender for a notice's e-mail.

    Raises AddressMistake if `bounce_address` is not one plain address or leaves no room for the token (RFC 5321,
    4.5.3.1.1: 64 characters before the @).
    """
    local, _, domain = ascii_address(bounce_address).rpartition("@")
    long = f"{local}{SEPARATOR}{token(number, secret)}"
    if len(long) > MOST_LOCAL:
        raise AddressMistake(say("the part of the e-mail address before the @ is too long to add a notice number"))
    return f"{long}@{domain}"


def token_of_return_path(address: str) -> str | None:
    """Extract the `names.token`, in lower case, from an address made by `return_path`; None for any other address.

    Lower case because servers may change letter case; the caller compares lower case too. The part before the token is
    ignored: the setting may have changed since the message was sent, and the ledger decides which tokens are ours.
    """
    found = _RETURN_PATH.fullmatch(address.strip().strip("<>").lower())
    return found[1] if found else None


def token_of_message_id(message_id: str) -> str | None:
    """Extract the `names.token`, in lower case, from a Message-ID made by `message.message_id`; None for any other."""
    found = _MESSAGE_ID.fullmatch(message_id.strip().lower())
    return found[1] if found else None


def token_of_envelope_id(text: str) -> str | None:
    """Extract the `names.token`, in lower case, from the ENVID we set (RFC 3461, 4.4); None for any other."""
    found = re.fullmatch(_NAME, text.strip().lower())
    return found[0] if found else None
