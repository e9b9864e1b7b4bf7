"""E-mail: building messages, spooling them in the outbox, and handing each to an SMTP server once."""

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
