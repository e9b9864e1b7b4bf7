"""E-mail: building messages, spooling them in the outbox, and handing each to an SMTP server once."""

from notices.post.kept import KeptMessage, read_kept
from notices.post.message import MailContent, as_bytes, build_message, check_addresses, envelope_of
from notices.post.names import file_stem
from notices.post.outbox import as_spooled, spool
from notices.post.signing import signed
from notices.post.smtp_dialogue import ConnectionLost, MailEnvelope, SenderRefused, SmtpReply, Verdict

__all__ = [
    "ConnectionLost",
    "KeptMessage",
    "MailContent",
    "MailEnvelope",
    "SenderRefused",
    "SmtpReply",
    "Verdict",
    "as_bytes",
    "as_spooled",
    "build_message",
    "check_addresses",
    "envelope_of",
    "file_stem",
    "read_kept",
    "signed",
    "spool",
]
