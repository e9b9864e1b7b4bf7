"""A notice as a complete e-mail: the same content always gives the same bytes."""

from __future__ import annotations

import re
import unicodedata
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
from notices.post.answers import Envelope
from notices.post.names import attachment_name, digest, token
from notices.post.verp import return_path
from notices.settings import Route

CONTENT_LANGUAGES: dict[Language, str] = {"zh": "zh-CN", "en": "en"}


@dataclass(frozen=True, slots=True, repr=False)  # no repr: it would carry an owner's data into a log or a traceback
class MailContent:
    """What one e-mail is made of; texts come rendered, `html` with every value escaped, `date` with its time zone.

    `secret` is what the house alone knows: who has one notice cannot work out by which names reports tell of others.
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
    """A sender whose long name keeps its spaces: Python 3.11 loses them where it folds a name (CPython gh-92081)."""

    def fold(self, *, policy: Policy) -> str:
        """The header as it goes out, its name in words of at most 75 characters (RFC 2047)."""
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
    """Build the message: text and HTML as alternatives, the letter attached; RFC 5322, 2045–2047, 2231, 3834.

    Raises DataNeedsPerson where the recipient is not one plain address, SettingsMistake where the sender is not.
    """
    sender = _of_settings("mail.sender", content.sender)
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(_one_line(content.sender_name), addr_spec=sender)
    message["To"] = Address(addr_spec=_of_owner(content))
    if content.reply_to:
        message["Reply-To"] = Address(addr_spec=_of_settings("mail.reply_to", content.reply_to))
    message["Subject"] = _one_line(content.subject)
    message["Date"] = content.date
    message["Message-ID"] = message_id(content.number, sender, content.secret)
    message["Auto-Submitted"] = "auto-generated"
    _add_parts(message, content)
    message["Content-Language"] = CONTENT_LANGUAGES[content.language]  # last: adding parts takes content headers away
    return message


class _InOneGo(BytesGenerator):
    """Writes a part at once: line by line, as the library does, takes longer than all the rest of a message."""

    def _write_lines(self, lines: str) -> None:
        if "\r" in lines:
            super()._write_lines(lines)  # type: ignore[misc]  # typeshed does not know it
        else:
            self.write(lines.replace("\n", "\r\n"))


def as_bytes(message: EmailMessage) -> bytes:
    """The message as it goes out: what its own `as_bytes` gives, sooner."""
    written = BytesIO()
    _InOneGo(written, mangle_from_=False, policy=message.policy).flatten(message)
    return written.getvalue()


def message_id(number: str, sender: str, secret: str = "") -> str:
    """The Message-ID of a notice's e-mail: ASCII, one for each number, always the same; `sender` as `ascii_address`."""
    return f"<{token(number, secret)}@{sender.rpartition('@')[2]}>"


def envelope_of(content: MailContent, bounce_address: str) -> Envelope:
    """To whom the message goes, and where reports about it go: to an address of its own, where there is one for them.

    Raises what `build_message` does.
    """
    if bounce_address:
        try:
            sender = return_path(bounce_address, content.number, content.secret)
        except AddressMistake as mistake:
            raise _unfit("mail.bounce_address", mistake) from mistake
    else:
        sender = _of_settings("mail.sender", content.sender)
    mark = token(content.number, content.secret)
    return Envelope(sender, _of_owner(content), mark, tells_success=bool(bounce_address))


def check_addresses(route: Route) -> None:
    """Raise SettingsMistake for an address of the settings that cannot stand in a message, before the first is sent."""
    _of_settings("mail.sender", route.sender)
    for key in ("reply_to", "bounce_address"):
        if given := getattr(route, key):
            _of_settings(f"mail.{key}", given)


def _add_parts(message: EmailMessage, content: MailContent) -> None:
    # Base64 throughout: no line of a part can then be taken for a boundary, whatever an owner's name holds.
    boundary = f"=_{digest(content.number)}"  # else Python would draw one at random
    message.set_content(_lines(content.text), cte="base64")
    message.make_alternative(f"{boundary}_1")
    message.add_alternative(_lines(content.html), subtype="html", cte="base64")
    message.make_mixed(f"{boundary}_0")
    message.add_attachment(
        content.attachment,
        maintype="application",
        subtype="pdf",
        filename=attachment_name(content.attachment_name),
        # For mail programs that do not read RFC 2231, which names the file in its own script.
        params={"name": f"{token(content.number)}.pdf"},
    )


def _of_owner(content: MailContent) -> str:
    try:
        return ascii_address(content.recipient)
    except AddressMistake as mistake:
        raise DataNeedsPerson(
            say("{notice} cannot go by e-mail: {problem}.", notice=content.number, problem=mistake.problem),
            say("Correct the address in the list, or withdraw the notice and let it go on paper."),
        ) from mistake


def _of_settings(key: str, address: str) -> str:
    try:
        return ascii_address(address)
    except AddressMistake as mistake:
        raise _unfit(key, mistake) from mistake


def _unfit(key: str, mistake: AddressMistake) -> SettingsMistake:
    return SettingsMistake(
        say("The setting {key} cannot be used: {problem}.", key=key, problem=mistake.problem),
        say("Put one plain address there, such as notices@example.com."),
    )


def _one_line(text: str) -> str:
    """The text as a header can hold it: on one line, and with nothing that `email` would decode.

    Its parser reads "=?utf-8?q?=0D=0ABcc:…?=" as the line break and the header that it stands for, and writes them so.
    """
    printable = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
    return " ".join(printable.split()).replace("=?", "= ?")


def _lines(text: str) -> str:
    return re.sub(r"\r\n?", "\n", text).strip("\n") + "\n"
