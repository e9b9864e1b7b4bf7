"""An incoming message parsed into texts, report parts and the returned message, all bounded in size."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parseaddr
from html.parser import HTMLParser
from itertools import islice
from urllib.parse import unquote

MOST_BYTES = 256 * 1024  # of one message; a report comes before the message it returns
MOST_BRIEF = 48 * 1024
MOST_TEXT = 64 * 1024  # of one text, in characters
MOST_LINE = 998  # RFC 5322, 2.1.1; regular expressions never see a longer line
MOST_PARTS = 50
MOST_HEADER = 4_000  # of one header, in characters
# Python codecs that are not charsets; some are slow.
NOT_OF_MAIL = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "unicode-escape"})
BLOCKS = frozenset({"p", "br", "div", "tr", "li", "h1", "h2", "h3", "table", "td", "pre", "blockquote"})
UNSEEN = frozenset({"style", "script", "head", "title"})
RETURNED = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})
STATUSES = frozenset({"message/delivery-status", "message/global-delivery-status"})


@dataclass(frozen=True, slots=True)
class Mail:
    """Parsed head of a message and its parts, without those of a returned message."""

    message: Message
    parts: tuple[Message, ...]
    head: bytes = b""

    @property
    def brief(self) -> Message:
        """Shortened copy with bounded line length, for parsers that read the whole text many times."""
        lines = self.head[:MOST_BRIEF].split(b"\n")
        return email.message_from_bytes(b"\n".join(line[:MOST_LINE] for line in lines))

    def header(self, name: str) -> str:
        """Return a header as text, decoded (RFC 2047) and on one line; empty if absent."""
        return decoded_header(self.message, name)

    def headers(self, *names: str) -> list[str]:
        """Return the values of all headers with these names."""
        found = (value for name in names for value in raw_values(self.message, name))
        return [text_of_header(value) for value in islice(found, MOST_PARTS)]

    def part(self, *types: str) -> Message | None:
        """Return the first part of one of these types."""
        return next((part for part in self.parts if part.get_content_type() in types), None)

    @property
    def is_report(self) -> bool:
        """True if its content type is multipart/report (RFC 6522)."""
        return self.message.get_content_type() == "multipart/report"

    @property
    def text(self) -> str:
        """Readable text: the plain text parts, or else the HTML parts as plain text."""
        plain = [text_of(part) for part in self.parts if _is_plain(part)]
        html = [plain_of_html(text_of(part)) for part in self.parts if part.get_content_type() == "text/html"]
        texts = plain if any(text.strip() for text in plain) else html
        text = "\n".join(texts)[:MOST_TEXT].replace('\\"', '"')  # JSON inside JSON, as notification services send it
        return "\n".join(line[:MOST_LINE] for line in text.splitlines())


def _is_plain(part: Message) -> bool:
    """Check for plain text, or a multipart whose broken boundaries left it without parts."""
    return part.get_content_type() == "text/plain" or (
        part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), str)
    )


def read_mail(raw: bytes) -> Mail:
    """Parse a message; anything beyond the bounds is dropped, and no input makes it raise."""
    head = raw[:MOST_BYTES].replace(b"\0", b"").lstrip(b"\r\n")
    try:
        message: Message = email.message_from_bytes(head)
        return Mail(message, tuple(_parts(message)), head)
    except (RecursionError, ValueError, LookupError, AssertionError):
        # Nested too deeply, or broken in a way `email` does not handle: keep the headers only.
        message = email.message_from_bytes(head.split(b"\n\n", 1)[0].split(b"\r\n\r\n", 1)[0])
        return Mail(message, (), head)


def _parts(message: Message) -> Iterator[Message]:
    """Yield the leaf parts in order, without descending into a returned message."""
    ahead, seen = [message], 0
    while ahead and seen < MOST_PARTS:
        part = ahead.pop(0)
        seen += 1
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            ahead[:0] = subparts(part)[:MOST_PARTS]
        else:
            yield part


def subparts(part: Message) -> list[Message]:
    """Return the messages or blocks of fields inside a part; empty for a leaf."""
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def fields_of(part: Message) -> str:
    """Return the fields of a part as text; needed because `email` parses every message/* as a message."""
    blocks = subparts(part)
    if blocks:
        return "\n".join(f"{name}: {text_of_header(str(value))}" for each in blocks for name, value in each.raw_items())
    return text_of(part)


def raw_values(message: Message, name: str) -> Iterator[str]:
    """Yield the raw values of a header; non-ASCII bytes as surrogates."""
    return (str(value) for key, value in message.raw_items() if key.lower() == name)


def decoded_header(message: Message, name: str) -> str:
    """Return a header as text, decoded and on one line; empty if absent. `name` is in lower case."""
    return text_of_header(next(raw_values(message, name), ""))


def text_of_header(value: str) -> str:
    """Decode a header value (RFC 2047 or raw non-ASCII bytes) into one printable line."""
    raw = " ".join(value[:MOST_HEADER].split())
    if not raw.isascii():
        raw = decoded(raw.encode("utf-8", "surrogateescape"), None)
    if "=?" not in raw:
        return printable(raw)
    try:
        return printable("".join(_decoded(piece, charset) for piece, charset in decode_header(raw)))
    except (HeaderParseError, ValueError):
        return printable(raw)


def printable(text: str) -> str:
    """Replace unprintable characters, such as terminal escapes and bidirectional controls, with spaces."""
    return "".join(character if character.isprintable() else " " for character in text)


def _decoded(piece: bytes | str, charset: str | None) -> str:
    return piece if isinstance(piece, str) else decoded(piece, charset)


def decoded(content: bytes, charset: str | None) -> str:
    """Decode bytes with the given charset if Python knows it, else UTF-8, GB 18030 or Latin-1."""
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
        return "gb18030"  # text labelled GB 2312 often contains other GBK characters
    if name in NOT_OF_MAIL or not name.isascii() or not name or "\0" in name:
        return None
    try:
        b"a".decode(name)
    except (LookupError, ValueError):
        return None
    return name


def text_of(part: Message) -> str:
    """Return the text of a part, with transfer encoding and charset decoded."""
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
        self.linked = ""  # the address of the link around the text

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            target = next((value or "" for name, value in attrs if name == "href"), "")
            self.linked = unquote(target[7:200].partition("?")[0]) if target[:7].lower() == "mailto:" else ""
        if tag in UNSEEN:
            self.unseen += 1
        elif tag in BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.linked = ""
        if tag in UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        elif tag in BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            if self.linked and "@" not in data and data.strip():
                self.pieces.append(f" {self.linked} ")
                self.linked = ""
            self.pieces.append(" ".join(data.split(" ")))


def plain_of_html(html: str) -> str:
    """Convert HTML to plain text, one line per block element."""
    stripper = _Stripper()
    try:
        stripper.feed(html[:MOST_TEXT])
    except (ValueError, AssertionError):
        return re.sub(r"<[^<>]{0,500}>", " ", html[:MOST_TEXT])
    return "".join(stripper.pieces)


def addresses_in(values: list[str]) -> list[str]:
    """Return the addresses in these header values, in lower case."""
    try:
        found = [address.lower() for _, address in getaddresses([value[:MOST_HEADER] for value in values])]
    except RecursionError:  # deeply nested comments
        return []
    return [address for address in found if "@" in address]


def name_and_address(value: str) -> tuple[str, str]:
    """Parse a header with a single mailbox into name and address."""
    try:
        return parseaddr(value)
    except RecursionError:
        return "", ""
