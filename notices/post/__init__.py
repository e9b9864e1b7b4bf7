"""E-mail: the message as it leaves, where it waits to leave, and the one attempt to hand it to a server."""

from notices.post.answers import Answer, Dropped, Envelope, ServerStops, Verdict
from notices.post.message import MailContent, as_bytes, build_message, check_addresses, envelope_of
from notices.post.names import file_stem
from notices.post.outbox import spool
from notices.post.signing import signed

__all__ = [
    "Answer",
    "Dropped",
    "Envelope",
    "MailContent",
    "ServerStops",
    "Verdict",
    "as_bytes",
    "build_message",
    "check_addresses",
    "envelope_of",
    "file_stem",
    "signed",
    "spool",
]
