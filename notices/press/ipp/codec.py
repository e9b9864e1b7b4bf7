"""IPP requests and answers as bytes (RFC 8010); the only module that knows the library."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyipp.enums import IppOperation as Operation
from pyipp.enums import IppStatus as Status
from pyipp.enums import IppTag
from pyipp.exceptions import IPPParseError
from pyipp.parser import parse
from pyipp.serializer import construct_attribute
from pyipp.tags import ATTRIBUTE_TAG_MAP

__all__ = ["Answer", "Garbled", "Operation", "Status", "Value", "decode", "encode", "keyword"]

Value = str | int | bool | Sequence[str]

VERSION = (1, 1)  # what every printer must understand (RFC 8011, 4.1.8); nothing here needs a later one
REQUEST_ID = 1  # one request a connection
# What the library has no tag for, from the IANA registry: leaving it out silently would print something else.
MORE_TAGS: Mapping[str, IppTag] = {
    "media": IppTag.KEYWORD,
    "job-sheets": IppTag.KEYWORD,
    "print-color-mode": IppTag.KEYWORD,
    "print-scaling": IppTag.KEYWORD,
}


class Garbled(Exception):  # noqa: N818 - says of the answer what it is
    """Bytes that are no IPP answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A printer's answer: its status, what it says of it, and the attributes by group."""

    status: int
    message: str
    jobs: tuple[Mapping[str, Any], ...]
    printer: Mapping[str, Any]
    unsupported: Mapping[str, Any]

    @property
    def fine(self) -> bool:
        """Whether the request was carried out (RFC 8011, appendix B.1.2)."""
        return 0 <= self.status < 0x0100


def encode(operation: Operation, asked: Mapping[str, Value], job: Mapping[str, Value] | None = None) -> bytes:
    """A request, ready for a document to follow; raises KeyError for an attribute whose tag is not known."""
    groups = [struct.pack(">bbhi", *VERSION, operation, REQUEST_ID), bytes([IppTag.OPERATION])]
    always = {"attributes-charset": "utf-8", "attributes-natural-language": "en"}
    groups += [_attribute(name, value) for name, value in {**always, **asked}.items()]
    if job:
        groups.append(bytes([IppTag.JOB]))
        groups += [_attribute(name, value) for name, value in job.items()]
    return b"".join([*groups, bytes([IppTag.END])])


def _attribute(name: str, value: Value) -> bytes:
    tag = MORE_TAGS.get(name) or ATTRIBUTE_TAG_MAP[name]
    return construct_attribute(name, value if isinstance(value, str | int) else list(value), tag)


def decode(content: bytes) -> Answer:
    """What a printer answered; raises Garbled."""
    try:
        parsed = parse(content)
        asked = parsed["operation-attributes"]
    except (IPPParseError, struct.error, ValueError, KeyError, IndexError, TypeError) as error:
        raise Garbled from error
    return Answer(
        status=parsed["status-code"],
        message=str(asked.get("status-message", "")) if isinstance(asked, dict) else "",
        jobs=tuple(job for job in parsed["jobs"] if job),
        printer=_first(parsed["printers"]),
        unsupported=_first(parsed["unsupported-attributes"]),
    )


def _first(groups: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return groups[0] if groups else {}


def keyword(status: int) -> str:
    """A status code as the standard writes it, for people who know printers."""
    try:
        return Status(status).name.lower().replace("_", "-")
    except ValueError:
        return f"0x{status:04x}"
