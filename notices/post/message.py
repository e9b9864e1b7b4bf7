"""The e-mail of a notice, built deterministically: the same content gives the same bytes."""

from __future__ import annotations

import re
import unicodedata
from binascii import b2a_base64
from dataclasses import dataclass
from datetime import datetime
from email.generator import BytesGenerator
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueSingleAddressHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from io import BytesIO

from notices.addresses import AddressMistake, ascii_address
from notices.errors import DataNeedsPerson, SettingsMistake
from notices.messages import Language, say
from notices.post.names import attachment_name, digest, token
from notices.post.smtp_dialogue import MailEnvelope
from notices.post.verp import return_path
from notices.settings import Route

LINE = 76  # characters of an encoded line, the most that RFC 2045, 6.8, allows
CONTENT_LANGUAGES: dict[Language, str] = {"zh": "zh-CN", "en": "en"}


@dataclass(frozen=True, slots=True, repr=False)  # no repr: it would leak an owner's data into logs and tracebacks
class MailContent:
    """Content of one e-mail: rendered texts, `html` already escaped, `date` with a time zone.

    `secret` keys the tokens in Message-IDs and return paths, so that a recipient cannot guess another notice's.
    """

    number: str
    sender: str
    sender_name: str
    recipient: str
    reply_to: str
    subject: str
    text: str
    html: str
    attachment: bytes
    attachment_name: str
    date: datetime
    language: Language = "zh"
    secret: str = ""


# The registry joins these two bases itself; typeshed gives them signatures that do not match.
class _SenderHeader(UniqueSingleAddressHeader, BaseHeader):  # type: ignore[misc]
    """From header that keeps the spaces in a long name; Python 3.11 loses them when folding (CPython gh-92081)."""

    def fold(self, *, policy: Policy) -> str:
        """Fold the header, encoding the name in words of at most 75 characters (RFC 2047)."""
        name, address = self.address.display_name, self.address.addr_spec
        if name.isascii():
            return super().fold(policy=policy)
        words = Header(name, "utf-8", header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {words}{policy.linesep} <{address}>{policy.linesep}"


def _policy() -> Policy:
    headers = HeaderRegistry()
    headers.map_to_type("from", _SenderHeader)
    return SMTP.clone(header_factory=headers)


POLICY = _policy()


def build_message(content: MailContent) -> EmailMessage:
    """Build the message: text and HTML as alternatives, the letter attached (RFC 5322, 2045–2047, 2231, 3834).

    Raises DataNeedsPerson if the recipient is not one plain address, SettingsMistake if the sender is not.
    """
    sender = _settings_address("mail.sender", content.sender)
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(_one_line(content.sender_name), addr_spec=sender)
    message["To"] = Address(addr_spec=_recipient_address(content))
    if content.reply_to:
        message["Reply-To"] = Address(addr_spec=_settings_address("mail.reply_to", content.reply_to))
    message["Subject"] = _one_line(content.subject)
    message["Date"] = content.date
    message["Message-ID"] = message_id(content.number, sender, content.secret)
    message["Auto-Submitted"] = "auto-generated"
    _add_parts(message, content)
    message["Content-Language"] = CONTENT_LANGUAGES[content.language]  # last: adding parts removes content headers
    return message


class _FastGenerator(BytesGenerator):
    """Generator that writes a part in one call; the library's line-by-line writing dominated the build time."""

    def _write_lines(self, lines: str) -> None:
        if "\r" in lines:
            super()._write_lines(lines)  # type: ignore[misc]  # missing in typeshed
        else:
            self.write(lines.replace("\n", "\r\n"))


def as_bytes(message: EmailMessage) -> bytes:
    """Serialize the message; same result as its own `as_bytes`, but faster."""
    written = BytesIO()
    _FastGenerator(written, mangle_from_=False, policy=message.policy).flatten(message)
    return written.getvalue()


def message_id(number: str, sender: str, secret: str = "") -> str:
    """Return the Message-ID for a notice: ASCII, unique per number and stable; `sender` as from `ascii_address`."""
    return f"<{token(number, secret)}@{sender.rpartition('@')[2]}>"


def envelope_of(content: MailContent, bounce_address: str) -> MailEnvelope:
    """Return the SMTP envelope; with a bounce address, the sender is the notice's own return path.

    Raises the same errors as `build_message`.
    """
    if bounce_address:
        try:
            sender = return_path(bounce_address, content.number, content.secret)
        except AddressMistake as mistake:
            raise _unfit("mail.bounce_address", mistake) from mistake
    else:
        sender = _settings_address("mail.sender", content.sender)
    mark = token(content.number, content.secret)
    return MailEnvelope(sender, _recipient_address(content), mark, tells_success=bool(bounce_address))


def check_addresses(route: Route) -> None:
    """Raise SettingsMistake if a mail address in the settings is invalid; called before the first message is sent."""
    _settings_address("mail.sender", route.sender)
    for key in ("reply_to", "bounce_address"):
        if given := getattr(route, key):
            _settings_address(f"mail.{key}", given)


def _add_parts(message: EmailMessage, content: MailContent) -> None:
    # Base64 throughout, so that no line of a part can be mistaken for a boundary, whatever an owner's name contains.
    boundary = f"=_{digest(content.number)}"  # otherwise Python picks a random one
    message.set_content(_lines(content.text), cte="base64")
    message.make_alternative(f"{boundary}_1")
    message.add_alternative(_lines(content.html), subtype="html", cte="base64")
    message.make_mixed(f"{boundary}_0")
    message.add_attachment(
        b"",
        maintype="application",
        subtype="pdf",
        filename=attachment_name(content.attachment_name),
        # ASCII fallback for mail programs that do not understand RFC 2231 file names.
        params={"name": f"{token(content.number)}.pdf"},
    )
    # The library encodes line by line, which takes ten times as long.
    *_, attached = message.iter_attachments()
    attached.set_payload(_base64(content.attachment))


def _base64(content: bytes) -> str:
    encoded = b2a_base64(content, newline=False).decode("ascii")
    return "".join(f"{encoded[start : start + LINE]}\n" for start in range(0, len(encoded), LINE))


def _recipient_address(content: MailContent) -> str:
    try:
        return ascii_address(content.recipient)
    except AddressMistake as mistake:
        raise DataNeedsPerson(
            say("{notice} cannot be sent by e-mail: {problem}.", notice=content.number, problem=mistake.problem),
            say("Correct the address in the list, or withdraw the notice and send it on paper."),
        ) from mistake


def _settings_address(key: str, address: str) -> str:
    try:
        return ascii_address(address)
    except AddressMistake as mistake:
        raise _unfit(key, mistake) from mistake


def _unfit(key: str, mistake: AddressMistake) -> SettingsMistake:
    return SettingsMistake(
        say("Setting {key} is invalid: {problem}.", key=key, problem=mistake.problem),
        say("Enter one plain address, such as notices@example.com."),
    )


def _one_line(text: str) -> str:
    """Make text safe for a header: one line, no control characters, no RFC 2047 encoded words.

    Otherwise `email` would decode "=?utf-8?q?=0D=0ABcc:…?=" and write it out as a line break and a Bcc header.
    """
    printable = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
    return " ".join(printable.split()).replace("=?", "= ?")


def _lines(text: str) -> str:
    return re.sub(r"\r\n?", "\n", text).strip("\n") + "\n"
