"""DKIM: the sender's domain signs what leaves, so that receivers can tell it from what others send in its name."""

from __future__ import annotations

from pathlib import Path

from notices.errors import SettingsMistake, Unusable
from notices.messages import say
from notices.settings import Route

# What a receiver shows or answers to; a header that is not here could be changed on the way.
SIGNED = (b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"mime-version", b"content-type")


def signed(content: bytes, route: Route) -> bytes:
    """The message with a DKIM-Signature in front (RFC 6376), or as it is where the settings name no key.

    The key file is PEM, RSA or Ed25519. Raises Unusable without dkimpy or the file, SettingsMistake for a key that
    is none.
    """
    if not route.dkim_key:
        return content
    try:
        import dkim  # noqa: PLC0415 - an extra that few need
    except ImportError as error:
        raise Unusable(
            say("Signing with DKIM needs dkimpy, which is missing."), say("Install it: pip install 'notices[dkim]'")
        ) from error
    domain = route.dkim_domain or route.sender.rpartition("@")[2]
    try:
        key = Path(route.dkim_key).read_bytes()
    except OSError as error:
        raise Unusable(
            say("The DKIM key {file} cannot be read: {mistake}.", file=route.dkim_key, mistake=error.strerror),
            say("Check [mail] dkim_key and who may read the file."),
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
