"""E-mail: the message as it leaves, and where it waits to leave."""

from notices.post.message import MailContent, build_message
from notices.post.names import file_stem
from notices.post.outbox import spool

__all__ = ["MailContent", "build_message", "file_stem", "spool"]
