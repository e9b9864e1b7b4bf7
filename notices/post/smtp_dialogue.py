"""A single SMTP delivery attempt, command by command, and the meaning of each reply (RFC 5321).

SMTP cannot guarantee exactly-once delivery (RFC 1047), so certain and uncertain outcomes are kept apart. Before the
first byte of the content nothing can have been accepted; once the final reply arrives, the message was accepted or
not; in between, the outcome is unknown.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from dataclasses import dataclass
from enum import StrEnum

from notices.messages import Message, say
from notices.post.sender_limits import limits_sender

GOES_AHEAD = 354
CLOSING = 421  # "service not available, closing transmission channel"
MOST_TEXT = 500


class Verdict(StrEnum):
    """Outcome of a delivery attempt."""

    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """Server's reply to a message and the command (`stage`) that drew it; `code` is None if there was no reply."""

    verdict: Verdict
    stage: str
    code: int | None
    text: str
    ends_connection: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class MailEnvelope:
    """SMTP envelope: sender and recipient, both plain addresses; `mark` is the notice's ENVID (RFC 3461).

    `tells_success` also requests reports of successful delivery; set if the sender is a bounce address.
    """

    sender: str
    recipient: str
    mark: str
    tells_success: bool = False


class ConnectionLost(Exception):  # noqa: N818 - names what happened
    """The connection was lost, or a reply was unexpected, before the first byte of the content."""


class SenderRefused(Exception):  # noqa: N818 - names what happened
    """The server refuses all mail from this sender, by a 5xx to MAIL or to anything else; `what` is its reply.

    `limits` if its words say that it limits or distrusts the sender: it may take more later.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code)
        self.limits = limits_sender(code, text)
        self.what: Message = say("{code} {answer}", code=code, answer=text)


def attempt(smtp: smtplib.SMTP, envelope: MailEnvelope, content: bytes, *, answer_seconds: float) -> SmtpReply:
    """Send MAIL, RCPT, DATA and the content once each. Every line of `content` ends in CR LF.

    Raises ConnectionLost or SenderRefused; in both cases the server has not accepted the message.
    """
    try:
        early = _introduce(smtp, envelope, len(content))
    except (smtplib.SMTPException, OSError) as error:
        raise ConnectionLost from error
    return early or _hand_over(smtp, content, answer_seconds)


def _introduce(smtp: smtplib.SMTP, envelope: MailEnvelope, size: int) -> SmtpReply | None:
    """Send every command before the content; return None if the server awaits it, else its answer."""
    code, text = smtp.mail(envelope.sender, _mail_options(smtp, envelope, size))
    if code // 100 == 5:
        raise SenderRefused(code, printable_reply(text))
    if code // 100 != 2:
        return _early(smtp, "MAIL", code, text)
    code, text = smtp.rcpt(envelope.recipient, _rcpt_options(smtp, envelope))
    if code // 100 != 2:
        return _early(smtp, "RCPT", code, text)
    code, text = smtp.docmd("DATA")
    if code != GOES_AHEAD:
        return _early(smtp, "DATA", code, text)
    if not no_pending_reply(smtp):
        raise ConnectionLost
    return None


def _early(smtp: smtplib.SMTP, stage: str, code: int, text: bytes) -> SmtpReply:
    if code // 100 not in {4, 5}:
        raise ConnectionLost  # not a reply RFC 5321 allows here; reconnect rather than guess
    _refuse_limited(code, text)
    return SmtpReply(
        _verdict(code), stage, code, printable_reply(text), ends_connection=code == CLOSING or not _start_over(smtp)
    )


def _refuse_limited(code: int, text: bytes) -> None:
    """Raise SenderRefused if a refusal of this message is about its sender, and so about all that follow."""
    if limits_sender(code, printable_reply(text)):
        raise SenderRefused(code, printable_reply(text))


def _start_over(smtp: smtplib.SMTP) -> bool:
    try:
        return smtp.docmd("RSET")[0] // 100 == 2
    except (smtplib.SMTPException, OSError):
        return False


def _hand_over(smtp: smtplib.SMTP, content: bytes, answer_seconds: float) -> SmtpReply:
    """Send the content and read the final reply; on any failure the message may have been accepted."""
    try:
        assert smtp.sock is not None  # noqa: S101 - it has just replied
        before = smtp.sock.gettimeout()
        smtp.sock.settimeout(answer_seconds)
        smtp.send(dot_stuffed(content))
        code, text = smtp.getreply()
        if smtp.sock is not None:
            smtp.sock.settimeout(before)
    except (smtplib.SMTPException, OSError) as error:
        return SmtpReply(Verdict.UNKNOWN, "content", None, type(error).__name__, ends_connection=True)
    if code // 100 not in {2, 4, 5}:
        return SmtpReply(Verdict.UNKNOWN, "content", None, printable_reply(text), ends_connection=True)
    _refuse_limited(code, text)
    return SmtpReply(_verdict(code), "content", code, printable_reply(text), ends_connection=code == CLOSING)


def _verdict(code: int) -> Verdict:
    return {2: Verdict.SENT, 4: Verdict.DEFERRED, 5: Verdict.REFUSED}[code // 100]


def no_pending_reply(smtp: smtplib.SMTP) -> bool:
    """Check that the server has sent nothing unsolicited, such as a 421 before it closes an idle connection.

    An unread reply would be mistaken for the reply to the next command.
    """
    if smtp.sock is None or smtp.file is None:
        return smtp.sock is not None
    before = smtp.sock.gettimeout()
    try:
        smtp.sock.settimeout(0)
        return not smtp.file.peek(1)
    except ssl.SSLWantReadError:
        return True
    except (OSError, ValueError):
        return False
    finally:
        with contextlib.suppress(OSError):
            smtp.sock.settimeout(before)


def dot_stuffed(content: bytes) -> bytes:
    """Dot-stuff the content and append the terminating dot (RFC 5321, 4.5.2)."""
    body = content.replace(b"\r\n.", b"\r\n..")
    if body.startswith(b"."):
        body = b"." + body
    return body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n")


def printable_reply(text: bytes | str) -> str:
    """Return a server's text on one line, printable and at most MOST_TEXT characters."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return "".join(c if c.isprintable() else " " for c in words)[:MOST_TEXT].strip()


def _mail_options(smtp: smtplib.SMTP, envelope: MailEnvelope, size: int) -> list[str]:
    options = [f"SIZE={size}"] if smtp.has_extn("size") else []
    # Ask for the headers only in reports: the letter itself should not be mailed back.
    return [*options, "RET=HDRS", f"ENVID={xtext(envelope.mark)}"] if smtp.has_extn("dsn") else options


def _rcpt_options(smtp: smtplib.SMTP, envelope: MailEnvelope) -> list[str]:
    if not smtp.has_extn("dsn"):
        return []
    wanted = "SUCCESS,FAILURE,DELAY" if envelope.tells_success else "FAILURE,DELAY"
    return [f"NOTIFY={wanted}", f"ORCPT=rfc822;{xtext(envelope.recipient)}"]


def xtext(text: str) -> str:
    """Encode ASCII text as an xtext parameter of MAIL or RCPT (RFC 3461, 4)."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text)
