"""A message taken apart: its own texts, the reports inside it, and the message that it returns; all of it bounded."""

from __future__ import annotations

import codecs
import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message
from email.utils import getaddresses
from html.parser import HTMLParser

MOST_BYTES = 512 * 1024  # of one message; a report stands before the message that it returns
MOST_TEXT = 64 * 1024  # of one text, in characters
MOST_PARTS = 50
MOST_HEADER = 4_000  # of one header, in characters
BLOCKS = frozenset({"p", "br", "div", "tr", "li", "h1", "h2", "h3", "table", "td", "pre", "blockquote"})
UNSEEN = frozenset({"style", "script", "head", "title"})
RETURNED = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})
STATUSES = frozenset({"message/delivery-status", "message/global-delivery-status"})


@dataclass(frozen=True, slots=True)
class Mail:
    """A message of which only the head was kept, and its parts, those of a returned message left out."""

    message: Message
    parts: tuple[Message, ...]

    def header(self, name: str) -> str:
        """A header as text, decoded (RFC 2047) and on one line; empty where there is none."""
        return text_of_header(self.message.get(name, ""))

    def headers(self, *names: str) -> list[str]:
        """All headers of these names."""
        return [text_of_header(value) for name in names for value in self.message.get_all(name, [])[:MOST_PARTS]]

    def part(self, *types: str) -> Message | None:
        """The first part of one of these types."""
        return next((part for part in self.parts if part.get_content_type() in types), None)

    @property
    def is_report(self) -> bool:
        """Whether it calls itself a report (RFC 6522)."""
        return self.message.get_content_type() == "multipart/report"

    @property
    def text(self) -> str:
        """What a person would read of it, line by line."""
        plain = [text_of(part) for part in self.parts if _is_plain(part)]
        html = [plain_of_html(text_of(part)) for part in self.parts if part.get_content_type() == "text/html"]
        texts = plain if any(text.strip() for text in plain) else html
        return "\n".join(texts)[:MOST_TEXT]


def _is_plain(part: Message) -> bool:
    """Plain text, or what should have had parts and has none because its boundaries are broken."""
    return part.get_content_type() == "text/plain" or (
        part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), str)
    )


def read_mail(raw: bytes) -> Mail:
    """Take a message apart; what is beyond bounds is left out, and nothing in it can raise."""
    head = raw[:MOST_BYTES].replace(b"\0", b"").lstrip(b"\r\n")
    try:
        message: Message = email.message_from_bytes(head)
        return Mail(message, tuple(_parts(message)))
    except (RecursionError, ValueError, LookupError, AssertionError):
        # Nested deeper than Python goes, or broken in a way that `email` does not foresee: its headers are enough.
        message = email.message_from_bytes(head.split(b"\n\n", 1)[0].split(b"\r\n\r\n", 1)[0])
        return Mail(message, ())


def _parts(message: Message) -> Iterator[Message]:
    """The parts in their order, without going into a message that is returned."""
    ahead, seen = [message], 0
    while ahead and seen < MOST_PARTS:
        part = ahead.pop(0)
        seen += 1
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            ahead[:0] = inside(part)[:MOST_PARTS]
        else:
            yield part


def inside(part: Message) -> list[Message]:
    """The messages or blocks of fields that a part holds; none where it is a leaf."""
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def fields_of(part: Message) -> str:
    """The fields of a part that is neither text nor message: `email` takes every message/* for a message."""
    blocks = inside(part)
    if blocks:
        return "\n".join(f"{name}: {text_of_header(value)}" for each in blocks for name, value in each.items())
    return text_of(part)


def text_of_header(value: object) -> str:
    """A header's value, decoded and on one line; what cannot be decoded stays as it is."""
    raw = " ".join(str(value)[:MOST_HEADER].split())
    if isinstance(value, Header) or "=?" not in raw:
        return raw
    try:
        return "".join(_decoded(piece, charset) for piece, charset in decode_header(raw))
    except (HeaderParseError, ValueError):
        return raw


def _decoded(piece: bytes | str, charset: str | None) -> str:
    return piece if isinstance(piece, str) else decoded(piece, charset)


def decoded(content: bytes, charset: str | None) -> str:
    """Bytes as text; the charset named, if Python knows it, else UTF-8 or Chinese."""
    for name in (_known(charset), "utf-8", "gb18030"):
        if name is not None:
            try:
                return content.decode(name)
            except (UnicodeDecodeError, ValueError):
                continue
    return content.decode("latin-1")


def _known(charset: str | None) -> str | None:
    name = (charset or "").strip("\"' ").lower()
    if name in {"gb2312", "gbk", "x-gbk", "gb_2312-80", "cn-gb", "euc-cn"}:
        return "gb18030"  # what says GB 2312 is seldom only that
    try:
        return codecs.lookup(name).name if name.isascii() and name and "\0" not in name else None
    except LookupError:
        return None


def text_of(part: Message) -> str:
    """The text of a part, its transfer encoding and charset undone."""
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        return ""
    if not isinstance(content, bytes):
        return ""
    charset = part.get_param("charset")
    named = charset[2] if isinstance(charset, tuple) else charset
    return decoded(content[: MOST_TEXT * 2], str(named) if named else None)[:MOST_TEXT].replace("\r\n", "\n")


class _Stripper(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as declared
        if tag in UNSEEN:
            self.unseen += 1
        elif tag in BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        elif tag in BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.pieces.append(" ".join(data.split(" ")))


def plain_of_html(html: str) -> str:
    """The words of an HTML text, a line for each block."""
    stripper = _Stripper()
    try:
        stripper.feed(html[:MOST_TEXT])
    except (ValueError, AssertionError):
        return re.sub(r"<[^<>]{0,500}>", " ", html[:MOST_TEXT])
    return "".join(stripper.pieces)


def addresses_in(values: list[str]) -> list[str]:
    """The addresses in headers that hold addresses, in lower case."""
    found = [address.lower() for _, address in getaddresses([value[:MOST_HEADER] for value in values])]
    return [address for address in found if "@" in address]
