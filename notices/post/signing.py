"""DKIM signing, so that receivers can tell our mail from mail forged in the sender's domain."""

from __future__ import annotations

from pathlib import Path

from notices.errors import SettingsMistake, Unusable
from notices.messages import say
from notices.settings import Route

# The headers a mail program shows or replies to; unsigned headers could be changed in transit.
SIGNED = (b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"mime-version", b"content-type")


def signed(content: bytes, route: Route) -> bytes:
    """Return the message with a DKIM-Signature prepended (RFC 6376), or unchanged if the settings name no key.

    The key file is PEM, RSA or Ed25519. Raises Unusable if dkimpy or the file is missing, SettingsMistake if the key
    is invalid.
    """
    if not route.dkim_key:
        return content
    try:
        import dkim  # noqa: PLC0415 - optional dependency
    except ImportError as error:
        raise Unusable(
            say("DKIM signing needs dkimpy, which is not installed."), say("Install it: pip install dkimpy")
        ) from error
    domain = route.dkim_domain or route.sender.rpartition("@")[2]
    try:
        key = Path(route.dkim_key).read_bytes()
    except OSError as error:
        raise Unusable(
            say("The DKIM key {file} cannot be read: {mistake}.", file=route.dkim_key, mistake=error.strerror),
            say("Check [mail] dkim_key and the file's permissions."),
        ) from error
    try:
        headers = [name for name in SIGNED if name + b":" in content.partition(b"\r\n\r\n")[0].lower()]
        signature: bytes = dkim.sign(
            content,
            route.dkim_selector.encode("idna"),
            domain.encode("idna"),
            key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=headers,
        )
    except (dkim.DKIMException, UnicodeError, ValueError) as error:
        raise SettingsMistake(
            say("The DKIM key {file} cannot be used ({why}).", file=route.dkim_key, why=type(error).__name__),
            say("It must be a private key in PEM form; check dkim_selector and dkim_domain too."),
        ) from error
    return signature + content
