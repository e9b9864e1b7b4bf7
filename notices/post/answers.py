"""One attempt to hand a message to a server, word by word, and what each answer means (RFC 5321).

SMTP cannot promise exactly once (RFC 1047). So this keeps apart what is certain from what is not: before the first
byte of the content nothing can have been accepted; with the answer to its last byte the server has taken it or has not;
in between, nobody can know.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from dataclasses import dataclass
from enum import StrEnum

from notices.messages import Message, say

GOES_AHEAD = 354
CLOSING = 421  # "service not available, closing transmission channel"
MOST_TEXT = 500


class Verdict(StrEnum):
    """What became of a message."""

    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said to a message, at which of its words; code None where it said nothing."""

    verdict: Verdict
    stage: str
    code: int | None
    text: str
    ends_connection: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Envelope:
    """From whom and to whom, both plain addresses; `mark` is the notice as an ASCII word, for reports (RFC 3461).

    `tells_success`: the sender's address is one for reports, so that of a delivery may be told too.
    """

    sender: str
    recipient: str
    mark: str
    tells_success: bool = False


class Dropped(Exception):  # noqa: N818 - says what happened
    """The connection ended, or the server spoke out of turn, before the first byte of the content."""


class ServerStops(Exception):  # noqa: N818 - says what happened
    """The server wants no mail from this sender at all (5xx to MAIL); `what` is the sentence for it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code)
        self.what: Message = say("{code} {answer}", code=code, answer=text)


def attempt(smtp: smtplib.SMTP, envelope: Envelope, content: bytes, *, answer_seconds: float) -> Answer:
    """MAIL, RCPT, DATA and the content, once each. `content` has lines that end in CR LF, the last one too.

    Raises Dropped and ServerStops; after neither has anything of the message been taken.
    """
    try:
        early = _introduce(smtp, envelope, len(content))
    except (smtplib.SMTPException, OSError) as error:
        raise Dropped from error
    return early or _hand_over(smtp, content, answer_seconds)


def _introduce(smtp: smtplib.SMTP, envelope: Envelope, size: int) -> Answer | None:
    """Everything before the content; None where the server waits for it, else its answer."""
    code, text = smtp.mail(envelope.sender, _mail_options(smtp, envelope, size))
    if code // 100 == 5:
        raise ServerStops(code, readable(text))
    if code // 100 != 2:
        return _early(smtp, "MAIL", code, text)
    code, text = smtp.rcpt(envelope.recipient, _rcpt_options(smtp, envelope))
    if code // 100 != 2:
        return _early(smtp, "RCPT", code, text)
    code, text = smtp.docmd("DATA")
    if code != GOES_AHEAD:
        return _early(smtp, "DATA", code, text)
    if not silent(smtp):
        raise Dropped
    return None


def _early(smtp: smtplib.SMTP, stage: str, code: int, text: bytes) -> Answer:
    if code // 100 not in {4, 5}:
        raise Dropped  # no answer that RFC 5321 knows here: better a fresh connection than a guess
    return Answer(_verdict(code), stage, code, readable(text), ends_connection=code == CLOSING or not _start_over(smtp))


def _start_over(smtp: smtplib.SMTP) -> bool:
    try:
        return smtp.docmd("RSET")[0] // 100 == 2
    except (smtplib.SMTPException, OSError):
        return False


def _hand_over(smtp: smtplib.SMTP, content: bytes, answer_seconds: float) -> Answer:
    """The content and the answer to it. Whatever goes wrong here, the message may have been taken."""
    try:
        assert smtp.sock is not None  # noqa: S101 - it has just answered
        before = smtp.sock.gettimeout()
        smtp.sock.settimeout(answer_seconds)
        smtp.send(dotted(content))
        code, text = smtp.getreply()
        if smtp.sock is not None:
            smtp.sock.settimeout(before)
    except (smtplib.SMTPException, OSError) as error:
        return Answer(Verdict.UNKNOWN, "content", None, type(error).__name__, ends_connection=True)
    if code // 100 not in {2, 4, 5}:
        return Answer(Verdict.UNKNOWN, "content", None, readable(text), ends_connection=True)
    return Answer(_verdict(code), "content", code, readable(text), ends_connection=code == CLOSING)


def _verdict(code: int) -> Verdict:
    return {2: Verdict.SENT, 4: Verdict.DEFERRED, 5: Verdict.REFUSED}[code // 100]


def silent(smtp: smtplib.SMTP) -> bool:
    """Whether the server has sent nothing that was not asked for, such as that it will close for idleness (421).

    A reply that nobody waited for would be taken for the answer to the next command.
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


def dotted(content: bytes) -> bytes:
    """The content as it goes over the line: a dot more where a line begins with one, and a dot to end it (4.5.2)."""
    body = content.replace(b"\r\n.", b"\r\n..")
    if body.startswith(b"."):
        body = b"." + body
    return body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n")


def readable(text: bytes | str) -> str:
    """A server's words on one line, without what no terminal should get, and not without end."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return "".join(c if c.isprintable() else " " for c in words)[:MOST_TEXT].strip()


def _mail_options(smtp: smtplib.SMTP, envelope: Envelope, size: int) -> list[str]:
    options = [f"SIZE={size}"] if smtp.has_extn("size") else []
    # Reports with the headers alone: the letter need not travel back through everybody's mailboxes.
    return [*options, "RET=HDRS", f"ENVID={xtext(envelope.mark)}"] if smtp.has_extn("dsn") else options


def _rcpt_options(smtp: smtplib.SMTP, envelope: Envelope) -> list[str]:
    if not smtp.has_extn("dsn"):
        return []
    wanted = "SUCCESS,FAILURE,DELAY" if envelope.tells_success else "FAILURE,DELAY"
    return [f"NOTIFY={wanted}", f"ORCPT=rfc822;{xtext(envelope.recipient)}"]


def xtext(text: str) -> str:
    """ASCII as a parameter of MAIL and RCPT can hold it (RFC 3461, 4)."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text)
